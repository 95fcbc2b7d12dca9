//! Fetching from sources that do not give what the card says: nothing wrong lands, and the error tells all.

use std::io::Write;
use std::time::Instant;

use dcgan::data::{
    Card, Checksum, DataError, FilesSource, Source, SourceError, Verdict, fetch, verify,
};
use dcgan::track::progress::Silent;
use sha2::Digest;

use super::server::{Conduct, Server};
use super::tiny::{self, Watch, card, listing, store};

fn body() -> Vec<u8> {
    tiny::archive(&tiny::files())
}

/// The text of an error without what differs from run to run.
fn redacted(e: &DataError, server: &Server, root: &std::path::Path) -> String {
    e.to_string()
        .replace(&root.display().to_string(), "ROOT")
        .replace(
            server.url.trim_end_matches("/files/tiny.tar.gz"),
            "http://HOST",
        )
}

fn only_reason(e: &DataError) -> &SourceError {
    match e {
        DataError::Unavailable { reasons, .. } if reasons.len() == 1 => &reasons[0].1,
        other => panic!("one failed source was expected: {other}"),
    }
}

#[test]
fn a_file_with_another_hash_never_lands() {
    let mut files = tiny::files();
    files[1].1[12345] ^= 1;
    let server = Server::start(Conduct::good(&tiny::archive(&files)));
    let (_dir, store) = store();
    let card = card(&[&server.url]);
    let e = fetch(&card, &store, &Silent).unwrap_err();
    insta::assert_snapshot!(redacted(&e, &server, store.root()), @r#"
Tiny is not complete in `ROOT/tiny`, and no source gave what is missing:
  http://HOST/files/tiny.tar.gz: its `b.bin` has SHA-256 99958d1393cd7a0d4f2bd924064a06d2497f1fc25a363f4c0c2d678b4cff4aa6, but the card says SHA-256 cf4c33aa40a52feaeea2be19881de911780e49697adb5f09af8719046aff0e0b; it was thrown away
Run the same command again with a network, or put these files into that folder:
  b.bin (49000 bytes, SHA-256 cf4c33aa40a52feaeea2be19881de911780e49697adb5f09af8719046aff0e0b): missing
  or the archive `tiny.tar.gz`, which holds them
Another place for data sets is chosen with --data-dir or DCGAN_DATA.
"#);
    assert_eq!(
        listing(&store.folder(&card)),
        ["a.bin"],
        "the good file is kept, nothing else"
    );
}

#[test]
fn a_file_of_another_size_never_lands() {
    let mut files = tiny::files();
    files[0].1.extend([0; 49]);
    files[1].1.truncate(490);
    let server = Server::start(Conduct::good(&tiny::archive(&files)));
    let (_dir, store) = store();
    let card = card(&[&server.url]);
    let e = fetch(&card, &store, &Silent).unwrap_err();
    insta::assert_snapshot!(only_reason(&e), @"its `a.bin` has more than 98000 bytes, but the card says 98000 bytes; it was thrown away");
    assert!(listing(&store.folder(&card)).is_empty());
}

#[test]
fn an_archive_cut_short_at_its_home_is_damaged() {
    let body = body();
    let server = Server::start(Conduct::good(&body[..body.len() / 2]));
    let (_dir, store) = store();
    let card = card(&[&server.url]);
    let e = fetch(&card, &store, &Silent).unwrap_err();
    assert!(
        matches!(only_reason(&e), SourceError::Damaged { .. }),
        "{e}"
    );
    assert!(listing(&store.folder(&card)).is_empty());
}

#[test]
fn an_archive_without_the_member_is_refused() {
    let server = Server::start(Conduct::good(&tiny::archive(&tiny::files()[..1])));
    let (_dir, store) = store();
    let e = fetch(&card(&[&server.url]), &store, &Silent).unwrap_err();
    insta::assert_snapshot!(only_reason(&e), @"the archive has no member `tiny/b.bin`");
}

#[test]
fn a_connection_that_always_breaks_is_given_up_and_kept() {
    let body = body();
    let server = Server::start(Conduct {
        ranges: false,
        broken: usize::MAX,
        after: 9000,
        ..Conduct::good(&body)
    });
    let (_dir, store) = store();
    let card = card(&[&server.url]);
    let e = fetch(&card, &store, &Silent).unwrap_err();
    let got = matches!(only_reason(&e), SourceError::BrokeOff { got: 9000, of: Some(n), .. } if *n == body.len() as u64);
    assert!(got, "{e}");
    assert_eq!(
        listing(&store.folder(&card)),
        ["tiny.tar.gz.part", "tiny.tar.gz.part.tag"]
    );
}

/// The tiny card with an archive source that says how long it is.
fn card_of(url: &str, bytes: Option<u64>) -> Card {
    let mut card = card(&[url]);
    match &mut card.sources[0] {
        Source::Archive(archive) => archive.bytes = bytes,
        other => panic!("{other}"),
    }
    card
}

#[test]
fn a_download_ends_at_the_size_that_its_card_states() {
    let body = body();
    let bytes = body.len() as u64;
    for length in [true, false] {
        let mut long = body.clone();
        long.extend(vec![0; 3 << 20]);
        let server = Server::start(Conduct {
            length,
            ..Conduct::good(&long)
        });
        let (_dir, store) = store();
        let card = card_of(&server.url, Some(bytes));
        let e = fetch(&card, &store, &Silent).unwrap_err();
        assert!(
            matches!(only_reason(&e), SourceError::TooLong(n) if *n == bytes),
            "{e}"
        );
        assert!(listing(&store.folder(&card)).is_empty());
    }
    // Without a length from either side there is no end; with the card's there is.
    let server = Server::start(Conduct {
        length: false,
        ..Conduct::good(&body)
    });
    let (_dir, store) = store();
    let e = fetch(&card_of(&server.url, None), &store, &Silent).unwrap_err();
    insta::assert_snapshot!(only_reason(&e), @"neither the server nor the card says how long the download is; give the source's `bytes` in the card");
    fetch(&card_of(&server.url, Some(bytes)), &store, &Silent).unwrap();
}

#[test]
fn endless_headers_are_given_up() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!(
        "http://{}/files/tiny.tar.gz",
        listener.local_addr().unwrap()
    );
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
            // Ends when the client hangs up.
            while stream.write_all(&[b'a'; 4096]).is_ok() {}
        }
    });
    let (_dir, store) = store();
    let e = fetch(&card_of(&url, Some(1000)), &store, &Silent).unwrap_err();
    assert!(
        matches!(only_reason(&e), SourceError::Unreachable(_)),
        "{e}"
    );
}

#[test]
fn gzip_with_a_wrong_checksum_is_named() {
    let mut body = body();
    // The first byte of the CRC, before the length.
    let at = body.len() - 8;
    body[at] ^= 1;
    let server = Server::start(Conduct::good(&body));
    let (_dir, store) = store();
    let watch = Watch::new();
    // The files are what the card says, so they are kept.
    let report = fetch(&card(&[&server.url]), &store, &watch).unwrap();
    assert!(
        matches!(report.failures[0].reason, SourceError::Damaged { .. }),
        "{:?}",
        report.failures
    );

    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(&[7; 5000]).unwrap();
    let mut packed = gz.finish().unwrap();
    let verdict = |packed: &[u8]| {
        let mut card = card(&[]);
        card.files.truncate(1);
        card.files[0].bytes = packed.len() as u64;
        let hash = sha2::Sha256::digest(packed);
        let digits = hash.iter().map(|b| format!("{b:02x}")).collect();
        card.files[0].checksum = Checksum::Sha256(digits);
        tiny::write(&store.path(&card, "a.bin"), packed);
        verify(&card, &store, &Silent).unwrap().remove(0).1
    };
    assert_eq!(verdict(&packed), Verdict::Ok);
    let at = packed.len() - 8;
    packed[at] ^= 1;
    let found = verdict(&packed);
    assert!(
        found
            .to_string()
            .starts_with("damaged as the card describes it: gzip: "),
        "{found}"
    );
}

#[test]
#[cfg(unix)]
fn a_pipe_is_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(dir.path().join("a.bin"))
        .status()
        .unwrap();
    assert!(made.success());
    let (_dir, store) = store();
    let mut card = card(&[]);
    card.sources = vec![Source::Files(FilesSource {
        folder: dir.path().display().to_string(),
        bytes: None,
        files: [("a.bin".to_string(), "a.bin".to_string())].into(),
    })];
    let e = fetch(&card, &store, &Silent).unwrap_err();
    assert!(matches!(only_reason(&e), SourceError::NoFile { .. }), "{e}");
}

#[test]
fn the_next_source_stands_in() {
    let gone = Server::start(Conduct {
        status: Some(404),
        ..Conduct::good(&[])
    });
    let good = Server::start(Conduct::good(&body()));
    let (_dir, store) = store();
    let watch = Watch::new();
    let report = fetch(&card(&[&gone.url, &good.url]), &store, &watch).unwrap();
    assert_eq!(report.failures.len(), 1);
    assert_eq!(report.failures[0].source, gone.url);
    insta::assert_snapshot!(report.failures[0].reason, @"the server answered with HTTP status 404");
    assert_eq!(report.fetched[0].1, good.url);
    assert!(watch.notes().contains("404"));
}

#[test]
fn with_nobody_there_one_error_tells_what_to_put_where() {
    // A port that was free a moment ago: nobody listens.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = format!("http://127.0.0.1:{port}/files/tiny.tar.gz");
    let (_dir, store) = store();
    let card = card(&[&url]);
    let started = Instant::now();
    let e = fetch(&card, &store, &Silent).unwrap_err();
    assert!(
        started.elapsed().as_secs() < 5,
        "an absent server is left at once"
    );
    let text = e.to_string();
    assert!(
        matches!(only_reason(&e), SourceError::Unreachable(_)),
        "{text}"
    );
    assert!(
        text.contains(&store.folder(&card).display().to_string()),
        "{text}"
    );
    for file in &card.files {
        let line = format!(
            "{} ({} bytes, {}): missing",
            file.name, file.bytes, file.checksum
        );
        assert!(text.contains(&line), "{text}");
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let dir = tempfile::tempdir().unwrap();
    tiny::write(&dir.path().join("file"), b"");
    let store = dcgan::data::Store::new(dir.path().join("file/data"));
    let e = fetch(&card(&["http://127.0.0.1:9/x.tar.gz"]), &store, &Silent).unwrap_err();
    let text = e
        .to_string()
        .replace(&dir.path().display().to_string(), "ROOT");
    assert!(
        text.starts_with("cannot write `ROOT/file/data/tiny/.lock`"),
        "{text}"
    );
}
