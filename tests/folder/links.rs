//! Links in trees and archives lead to the same images.
#![cfg(unix)]

use std::os::unix::fs::symlink;
use std::path::PathBuf;

use dcgan::data::{Dataset, Want};
use image::{ImageFormat, Rgb, RgbImage};

use super::place::{Place, Watch, encoded, set};
use super::run::data;

fn tile(red: u8) -> Vec<u8> {
    encoded(
        RgbImage::from_pixel(5, 5, Rgb([red, 9, 9])),
        ImageFormat::Png,
    )
}

enum Member<'a> {
    File(&'a [u8]),
    Hard(&'a str),
    Link(&'a str),
}

/// An archive of these members in this order.
fn archive(place: &Place, name: &str, members: &[(&str, Member)]) -> PathBuf {
    let path = place.dir.path().join(name);
    let mut tar = tar::Builder::new(std::fs::File::create(&path).unwrap());
    for (name, member) in members {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        match member {
            Member::File(bytes) => {
                header.set_size(bytes.len() as u64);
                tar.append_data(&mut header, name, *bytes).unwrap();
            }
            Member::Hard(target) | Member::Link(target) => {
                header.set_size(0);
                header.set_entry_type(match member {
                    Member::Hard(_) => tar::EntryType::Link,
                    _ => tar::EntryType::Symlink,
                });
                tar.append_link(&mut header, name, target).unwrap();
            }
        }
    }
    tar.finish().unwrap();
    path
}

fn same(a: &Dataset, b: &Dataset) {
    assert_eq!(a.images, b.images);
    assert_eq!((&a.labels, &a.classes), (&b.labels, &b.classes));
    assert_eq!(a.fingerprint, b.fingerprint);
}

#[test]
fn an_archive_s_links_are_the_files_that_they_mean() {
    let place = Place::new();
    for red in 0..3 {
        place.write(&format!("a/{red}.png"), &tile(red * 80));
        place.write(&format!("b/{red}.png"), &tile(red * 80));
    }
    let tree = place.open(&place.root(), "all", &Want::size(4)).unwrap();
    let (zero, one, two) = (tile(0), tile(80), tile(160));
    use Member::{File, Hard, Link};
    let files = [
        ("x/a/0.png", File(&zero)),
        ("x/a/1.png", File(&one)),
        ("x/a/2.png", File(&two)),
    ];
    let with = |name: &str, links: Vec<(&str, Member)>, first: bool| {
        let files = files.iter().map(|(n, m)| match m {
            File(bytes) => (*n, File(bytes)),
            _ => unreachable!(),
        });
        let members: Vec<_> = match first {
            true => links.into_iter().chain(files).collect(),
            false => files.chain(links).collect(),
        };
        place
            .open(&archive(&place, name, &members), "all", &Want::size(4))
            .unwrap()
    };
    let hard = || {
        vec![
            ("x/b/0.png", Hard("x/a/0.png")),
            ("x/b/1.png", Hard("x/a/1.png")),
            ("x/b/2.png", Hard("x/a/2.png")),
        ]
    };
    same(&with("hard.tar", hard(), false), &tree);
    same(&with("hard-first.tar", hard(), true), &tree);
    let soft = || {
        vec![
            ("x/b/0.png", Link("../a/0.png")),
            // A chain, and a way round through another folder.
            ("x/b/1.png", Link("./../b/../b/2.png")),
            ("x/b/2.png", Link("../a/2.png")),
        ]
    };
    let chained = with("soft.tar", soft(), true);
    assert_eq!(
        chained.images.image(4),
        tree.images.image(5),
        "b/1.png is a/2.png"
    );
    assert_eq!(chained.images.n, 6);
    same(&with("soft-last.tar", soft(), false), &chained);
    same(&with("folder.tar", vec![("x/b", Link("a"))], true), &tree);
    // A file that only a link calls an image.
    let blob = archive(
        &place,
        "blob.tar",
        &[
            ("x/a/0.png", File(&zero)),
            ("x/a/1.png", Link("../../blobs/1")),
            ("x/a/2.png", File(&two)),
            ("x/b", Link("a")),
            ("blobs/1", File(&one)),
        ],
    );
    same(&place.open(&blob, "all", &Want::size(4)).unwrap(), &tree);
}

#[test]
fn links_that_lead_nowhere_are_counted_and_told() {
    let place = Place::new();
    for red in 0..5 {
        place.write(&format!("set/{red}.png"), &tile(red * 50));
    }
    let root = place.root();
    symlink("/nowhere/gone.png", root.join("set/gone.png")).unwrap();
    symlink("/nowhere/notes.txt", root.join("set/notes.txt")).unwrap();
    symlink("itself.png", root.join("set/itself.png")).unwrap();
    symlink("..", root.join("set/up")).unwrap();
    symlink(".", root.join("set/here")).unwrap();
    for hidden in [
        ".git",
        "__MACOSX",
        "@eaDir",
        ".ipynb_checkpoints",
        "lost+found",
    ] {
        place.write(&format!("set/{hidden}/1.png"), &tile(7));
    }
    place.write("set/Thumbs.db", b"");
    place.write("set/.DS_Store", b"");
    for path in ["images/set", "images"] {
        let watch = Watch::default();
        let got = set(&place.dir.path().join(path))
            .open("all", &Want::size(4), &place.store, &watch)
            .unwrap();
        assert_eq!((got.images.n, got.labels), (5, None), "{path}");
        let notes = watch.notes.into_inner().unwrap().join("\n");
        assert!(notes.contains("passed over: "), "{notes}");
    }
    let ran = data(&place, &["show", "folder:images/set"]);
    assert_eq!(ran.code, Some(0), "{}", ran.error);
    let line = ran.out.lines().find(|l| l.starts_with("skipped")).unwrap();
    assert!(line.contains("2 other files"), "{line}");
    assert!(line.contains("5 hidden or system folders"), "{line}");
    assert!(
        line.contains("2 links to a folder that they lie in"),
        "{line}"
    );
    assert!(line.contains("3 links to nothing"), "{line}");
    // The same in an archive.
    let zero = tile(0);
    use Member::{File, Link};
    let path = archive(
        &place,
        "litter.tar",
        &[
            ("s/0.png", File(&zero)),
            ("s/gone.png", Link("gone")),
            ("s/out.png", Link("/etc/out.png")),
            ("s/above.png", Link("../../0.png")),
            ("s/up", Link("..")),
            ("s/here", Link(".")),
            ("s/itself.png", Link("itself.png")),
            ("s/.git/1.png", File(&zero)),
            ("s/c.txt", File(b"")),
        ],
    );
    let ran = data(&place, &["show", &format!("folder:{}", path.display())]);
    let line = ran.out.lines().find(|l| l.starts_with("skipped")).unwrap();
    insta::assert_snapshot!(line, @"skipped   1 other file, 1 hidden or system folder (`s/.git`), 2 links out of the archive (`s/above.png` first), 2 links to nothing (`s/gone.png` first), 2 links to a folder that they lie in (`s/here` first)");
}

#[test]
fn folders_that_may_not_be_read_end_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    place.write("a/1.png", &tile(1));
    place.write("b/1.png", &tile(2));
    place.write("locked/1.png", &tile(3));
    let locked = place.root().join("locked");
    std::fs::set_permissions(&locked, PermissionsExt::from_mode(0o000)).unwrap();
    // Nothing is locked to the administrator.
    let may = std::fs::read_dir(&locked).is_ok();
    let got = place.open(&place.root(), "all", &Want::size(4));
    std::fs::set_permissions(&locked, PermissionsExt::from_mode(0o755)).unwrap();
    assert_eq!(got.unwrap().images.n, if may { 3 } else { 2 });
}

#[test]
fn links_that_double_and_folders_without_end_are_bounded() {
    let place = Place::new();
    let zero = tile(0);
    // Each of 60 folders has two links to the next one: 2^60 names for one file.
    let names: Vec<[String; 3]> = (0..60)
        .map(|i| {
            [
                format!("d{i:02}/x"),
                format!("d{i:02}/y"),
                format!("../d{:02}", i + 1),
            ]
        })
        .collect();
    let mut members: Vec<(&str, Member)> = Vec::new();
    for [x, y, next] in &names {
        members.push((x, Member::Link(next)));
        members.push((y, Member::Link(next)));
    }
    members.push(("d60/0.png", Member::File(&zero)));
    let deep = format!("{}1.png", "f/".repeat(5000));
    members.push((&deep, Member::File(&zero)));
    let path = archive(&place, "double.tar", &members);
    let ran = data(&place, &["show", &format!("folder:{}", path.display())]);
    assert_eq!(ran.code, Some(2), "{}", ran.out);
    assert!(
        ran.error
            .contains("its links to folders lead to ever more folders"),
        "{}",
        ran.error
    );
    assert!(ran.peak.is_none_or(|peak| peak < 200), "{:?}", ran.peak);
}
