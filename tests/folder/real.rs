//! Real faces and photographs, where they are at hand; and what becomes of a test where they are not.

use std::path::Path;
use std::process::{Command, Output};

use dcgan::data::Want;

use super::place::Place;
use crate::needs;

#[test]
fn real_faces_are_read() {
    let Some(path) = needs::faces("real_faces_are_read") else {
        return;
    };
    let place = Place::new();
    let faces = place.open(&path, "all", &Want::size(64)).unwrap();
    let images = &faces.images;
    assert_eq!((images.n, images.c, images.h), (13_165, 1, 64));
    assert_eq!(faces.classes, ["neutral", "smile"]);
    let labels = faces.labels.unwrap();
    assert_eq!(labels.iter().filter(|&&l| l == 1).count(), 3690);
    assert!(faces.skipped.is_empty());
}

#[test]
fn real_photographs_are_read() {
    let Some(path) = needs::photographs("real_photographs_are_read") else {
        return;
    };
    let place = Place::new();
    // A tenth of them: they are large.
    let photographs = place.open(&path, "test", &Want::size(64)).unwrap();
    assert!((20..60).contains(&photographs.images.n));
    assert_eq!((photographs.images.c, photographs.images.w), (3, 64));
    assert!(photographs.skipped.is_empty(), "{:?}", photographs.skipped);
    // Photographs are neither black nor white on the whole.
    let pixels = &photographs.images.pixels;
    let sum: u64 = pixels.iter().map(|&p| u64::from(p)).sum();
    let mean = sum / pixels.len() as u64;
    assert!((80..160).contains(&mean), "{mean}");
}

/// This program's test of faces alone, on a machine without them.
fn without_faces(require: &str, log: &Path) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "real::real_faces_are_read"])
        .env("DCGAN_FACES", log.with_file_name("absent.tar.gz"))
        .env("DCGAN_REQUIRE", require)
        .env("DCGAN_SKIP_LOG", log)
        .output()
        .unwrap()
}

#[test]
fn an_absence_is_said_recorded_and_a_failure_where_it_is_required() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("skips");
    let skipped = without_faces("cifar10, weights", &log);
    assert!(skipped.status.success());
    let said = String::from_utf8_lossy(&skipped.stderr).into_owned();
    let said = said.replace(&folder.path().display().to_string(), "FOLDER");
    insta::assert_snapshot!(said, @"SKIPPED folder::real_faces_are_read for want of faces: `FOLDER/absent.tar.gz` does not exist");
    let records = || std::fs::read_to_string(&log).unwrap();
    assert_eq!(records(), "faces\tfolder::real_faces_are_read\n");
    without_faces("", &log);
    assert_eq!(records().lines().count(), 2);

    let required = without_faces("cifar10,faces", &log);
    assert_eq!(required.status.code(), Some(101));
    let said = String::from_utf8_lossy(&required.stdout).into_owned();
    let said = said.replace(&folder.path().display().to_string(), "FOLDER");
    assert!(
        said.contains(
            "DCGAN_REQUIRE asks for faces, which is absent: `FOLDER/absent.tar.gz` does not exist"
        ),
        "{said}"
    );
    assert_eq!(records().lines().count(), 2, "a failure is no skip");

    let misspelt = without_faces("cifar", &log);
    assert_eq!(misspelt.status.code(), Some(101));
    let said = String::from_utf8_lossy(&misspelt.stdout);
    assert!(
        said.contains("DCGAN_REQUIRE names `cifar`; expected some of cifar10, mnist, "),
        "{said}"
    );
}
