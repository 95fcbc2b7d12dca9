//! Final files had one by one: from a server, from a folder of this machine, put there by hand; by SHA-256 or MD5.

use std::io::Write;

use dcgan::data::{Card, Checksum, DataError, FilesSource, Source, Store, Verdict, fetch, verify};
use dcgan::track::progress::Silent;
use md5::{Digest, Md5};

use super::server::{Conduct, Server};
use super::tiny::{self, card, listing, store};

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(bytes).unwrap();
    gz.finish().unwrap()
}

/// The tiny card with `b.bin` there already and `a.bin` to be had from `folder` as `there`.
fn one_file(store: &Store, folder: &str, there: &str) -> Card {
    let mut card = card(&[]);
    card.sources = vec![Source::Files(FilesSource {
        folder: folder.to_string(),
        bytes: None,
        files: [("a.bin".to_string(), there.to_string())].into(),
    })];
    tiny::write(&store.path(&card, "b.bin"), &tiny::files()[1].1);
    card
}

#[test]
fn a_gzipped_file_lands_unpacked_and_goes_on_where_it_broke_off() {
    let (_dir, store) = store();
    let server = Server::start(Conduct {
        broken: 1,
        after: 30_000,
        ..Conduct::good(&gzipped(&tiny::files()[0].1))
    });
    let folder = server.url.trim_end_matches("/tiny.tar.gz");
    let card = one_file(&store, folder, "a.bin.gz");
    let report = fetch(&card, &store, &Silent).unwrap();
    assert_eq!(report.fetched, [("a.bin".into(), folder.to_string())]);
    assert_eq!(server.asked()[1].from, Some(30_000));
    assert_eq!(listing(&store.folder(&card)), ["a.bin", "b.bin"]);
    assert_eq!(
        std::fs::read(store.path(&card, "a.bin")).unwrap(),
        tiny::files()[0].1
    );
}

#[test]
fn a_folder_of_this_machine_is_a_source() {
    let (dir, store) = store();
    let folder = dir.path().join("elsewhere");
    tiny::write(&folder.join("a.bin.gz"), &gzipped(&tiny::files()[0].1));
    let card = one_file(&store, folder.to_str().unwrap(), "a.bin.gz");
    fetch(&card, &store, &Silent).unwrap();
    assert!(folder.join("a.bin.gz").is_file());
    let card = one_file(&store, "/no/such/folder", "a.bin.gz");
    std::fs::remove_file(store.path(&card, "a.bin")).unwrap();
    let text = fetch(&card, &store, &Silent).unwrap_err().to_string();
    assert!(
        text.contains("/no/such/folder: cannot use `/no/such/folder/a.bin.gz`"),
        "{text}"
    );
    assert!(
        text.contains("or `a.bin.gz`, which holds `a.bin`"),
        "{text}"
    );
    // As that line says.
    tiny::write(
        &store.path(&card, "a.bin.gz"),
        &gzipped(&tiny::files()[0].1),
    );
    fetch(&card, &store, &Silent).unwrap();
    assert_eq!(
        listing(&store.folder(&card)),
        ["a.bin", "a.bin.gz", "b.bin"]
    );
}

#[test]
fn another_file_never_lands() {
    let (dir, store) = store();
    let folder = dir.path().join("elsewhere");
    let mut bytes = tiny::files()[0].1.clone();
    bytes[7] ^= 1;
    tiny::write(&folder.join("a.bin"), &bytes);
    let card = one_file(&store, folder.to_str().unwrap(), "a.bin");
    let e = fetch(&card, &store, &Silent).unwrap_err();
    assert!(matches!(e, DataError::Unavailable { .. }));
    assert!(e.to_string().contains("it was thrown away"), "{e}");
    assert_eq!(listing(&store.folder(&card)), ["b.bin"]);
}

#[test]
fn md5_stands_in_where_it_is_all_there_is() {
    let (_dir, store) = store();
    let mut card = card(&[]);
    for (file, (name, bytes)) in card.files.iter_mut().zip(tiny::files()) {
        let digits: String = Md5::digest(&bytes)
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        file.checksum = Checksum::Md5(digits);
        tiny::write(&store.root().join("tiny").join(name), &bytes);
    }
    let verdicts = || -> Vec<Verdict> {
        let checks = verify(&card, &store, &Silent).unwrap();
        checks.into_iter().map(|(_, v)| v).collect()
    };
    assert_eq!(verdicts(), [Verdict::Ok, Verdict::Ok]);
    let mut bytes = tiny::files()[1].1.clone();
    bytes[100] ^= 1;
    tiny::write(&store.path(&card, "b.bin"), &bytes);
    let [Verdict::Ok, Verdict::WrongHash(Checksum::Md5(found))] = &verdicts()[..] else {
        panic!("{:?}", verdicts());
    };
    assert_eq!(found.len(), 32);
}

#[test]
fn a_file_has_one_hash() {
    let yaml = |hash: &str| {
        format!(
            "name: tiny\ntitle: T\ndescription: d\nlicence: l\ncitation: c\nhomepage: h\nimage: {{channels: 1, height: 1, width: 1}}\n\
             format: cifar\nfiles:\n  - {{name: a, bytes: 1{hash}}}\nsplits: {{}}\n"
        )
    };
    let error = |hash: &str| {
        let parsed = Card::parse(&yaml(hash), "tiny.yaml", "tiny");
        parsed.unwrap_err().to_string()
    };
    insta::assert_snapshot!(error(""), @"tiny.yaml:10:5: `files.0`: a file has either `sha256` or, where that is not known, `md5`; `a` has neither");
    insta::assert_snapshot!(error(", md5: d2, sha256: ab"), @"tiny.yaml:10:5: `files.0`: a file has either `sha256` or, where that is not known, `md5`; `a` has both");
    insta::assert_snapshot!(error(", md5: XY"), @"tiny.yaml:10:30: `files.0.md5`: expected 32 lower-case hexadecimal digits, found `XY`");
}
