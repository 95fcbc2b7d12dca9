//! Fetching over a real connection, through the faults that a network has.

use dcgan::data::{DataError, fetch};
use dcgan::track::progress::Silent;

use super::server::{Conduct, Server};
use super::tiny::{self, Watch, card, listing, store};

fn body() -> Vec<u8> {
    tiny::archive(&tiny::files())
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
    assert!(matches!(e, DataError::Stopped(_)), "{e}");
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
