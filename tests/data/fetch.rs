//! Fetching over a real connection, with every fault that a network has.

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
fn files_land_whole_and_are_not_fetched_twice() {
    let server = Server::start(Conduct::good(&body()));
    let (_dir, store) = store();
    let card = card(&[&server.url]);
    let watch = Watch::new();
    let report = fetch(&card, &store, &watch).unwrap();
    let from = |name: &str| (name.to_string(), server.url.clone());
    assert_eq!(report.fetched, [from("a.bin"), from("b.bin")]);
    assert!(report.present.is_empty() && report.failures.is_empty());
    assert_eq!(listing(&report.folder), ["a.bin", "b.bin"]);
    for (name, bytes) in tiny::files() {
        assert_eq!(std::fs::read(store.path(&card, name)).unwrap(), bytes);
    }
    assert_eq!(
        watch.bars(),
        [
            "downloading tiny.tar.gz",
            "unpacking Tiny",
            "verifying Tiny"
        ]
    );
    assert!(store.presence(&card).is_complete());

    let again = fetch(&card, &store, &Silent).unwrap();
    assert_eq!(again.present, ["a.bin", "b.bin"]);
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_download_of_an_earlier_run_is_resumed() {
    let body = body();
    let server = Server::start(Conduct::good(&body));
    let (_dir, store) = store();
    let card = card(&[&server.url]);
    let part = store.path(&card, "tiny.tar.gz.part");
    tiny::write(&part, &body[..5000]);
    tiny::write(&part.with_added_extension("tag"), b"\"v1\"");
    fetch(&card, &store, &Silent).unwrap();
    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].from, Some(5000));
    assert_eq!(asked[0].if_range.as_deref(), Some("\"v1\""));
    assert_eq!(listing(&store.folder(&card)), ["a.bin", "b.bin"]);
}

#[test]
fn a_download_that_was_complete_is_only_unpacked() {
    let body = body();
    let server = Server::start(Conduct::good(&body));
    let (_dir, store) = store();
    let card = card(&[&server.url]);
    tiny::write(&store.path(&card, "tiny.tar.gz.part"), &body);
    let watch = Watch::new();
    fetch(&card, &store, &watch).unwrap();
    assert_eq!(watch.bars(), ["unpacking Tiny", "verifying Tiny"]);
}

#[test]
fn a_connection_that_breaks_is_taken_up_again() {
    let body = body();
    let server = Server::start(Conduct {
        broken: 3,
        after: 20_000,
        ..Conduct::good(&body)
    });
    let (_dir, store) = store();
    fetch(&card(&[&server.url]), &store, &Silent).unwrap();
    let from: Vec<_> = server.asked().iter().map(|a| a.from).collect();
    assert_eq!(from, [None, Some(20_000), Some(40_000), Some(60_000)]);
}

#[test]
fn a_server_without_ranges_starts_over() {
    let body = body();
    let server = Server::start(Conduct {
        ranges: false,
        etag: None,
        broken: 1,
        after: 9000,
        ..Conduct::good(&body)
    });
    let (_dir, store) = store();
    fetch(&card(&[&server.url]), &store, &Silent).unwrap();
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn a_new_version_is_not_mixed_with_the_old() {
    let body = body();
    let server = Server::start(Conduct {
        etag: Some("\"v2\""),
        ..Conduct::good(&body)
    });
    let (_dir, store) = store();
    let card = card(&[&server.url]);
    let part = store.path(&card, "tiny.tar.gz.part");
    tiny::write(&part, &[0; 5000]);
    tiny::write(&part.with_added_extension("tag"), b"\"v1\"");
    fetch(&card, &store, &Silent).unwrap();
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_damaged_first_half_is_downloaded_anew() {
    let body = body();
    let server = Server::start(Conduct::good(&body));
    let (_dir, store) = store();
    let card = card(&[&server.url]);
    tiny::write(&store.path(&card, "tiny.tar.gz.part"), &[7; 5000]);
    let watch = Watch::new();
    fetch(&card, &store, &watch).unwrap();
    let from: Vec<_> = server.asked().iter().map(|a| a.from).collect();
    assert_eq!(from, [Some(5000), None]);
    assert!(
        watch.notes().contains("downloading it anew"),
        "{}",
        watch.notes()
    );
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
--data-dir or DCGAN_DATA choose another folder of data sets than the one above it.
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
            "{} ({} bytes, SHA-256 {}): missing",
            file.name, file.bytes, file.sha256
        );
        assert!(text.contains(&line), "{text}");
    }
}

#[test]
fn an_archive_put_there_by_hand_spares_the_download() {
    let (_dir, store) = store();
    let card = card(&["http://127.0.0.1:9/files/tiny.tar.gz"]);
    tiny::write(&store.path(&card, "tiny.tar.gz"), &body());
    fetch(&card, &store, &Silent).unwrap();
    assert_eq!(
        listing(&store.folder(&card)),
        ["a.bin", "b.bin", "tiny.tar.gz"]
    );
}

#[test]
fn a_stopped_fetch_goes_on_later() {
    let body = body();
    let server = Server::start(Conduct::good(&body));
    let (_dir, store) = store();
    let card = card(&[&server.url]);
    let e = fetch(&card, &store, &Watch::stopping_after(1)).unwrap_err();
    assert!(matches!(e, DataError::Stopped), "{e}");
    let kept = std::fs::metadata(store.path(&card, "tiny.tar.gz.part"))
        .unwrap()
        .len();
    assert!(kept > 0 && kept < body.len() as u64, "{kept}");
    fetch(&card, &store, &Silent).unwrap();
    assert_eq!(server.asked()[1].from, Some(kept as usize));
}

#[test]
fn two_fetches_at_once_download_once() {
    let server = Server::start(Conduct {
        broken: 1,
        after: 1000,
        ..Conduct::good(&body())
    });
    let (_dir, store) = store();
    let card = card(&[&server.url]);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| fetch(&card, &store, &Silent).unwrap()))
            .collect();
        let fetched: usize = threads
            .into_iter()
            .map(|t| t.join().unwrap().fetched.len())
            .sum();
        assert_eq!(fetched, 2);
    });
    assert_eq!(
        server.asked().len(),
        2,
        "one broken request and its continuation"
    );
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
