//! Fetching from sources that do not give what the card says: nothing wrong lands, and the error tells all.

use std::time::Instant;

use dcgan::data::{DataError, SourceError, fetch};
use dcgan::track::progress::Silent;

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
