//! Real faces and photographs, where they are at hand.

use std::io::Write;
use std::path::PathBuf;

use dcgan::data::Want;

use super::place::Place;

/// Real photographs, by `DCGAN_IMAGES` or beside the checkout; `None`, said aloud, where they are absent.
fn real(name: &str) -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let path = std::env::var_os("DCGAN_IMAGES")
        .map_or(beside, PathBuf::from)
        .join(name);
    if path.exists() {
        return Some(path);
    }
    // Past the test harness, which hides what a passing test prints.
    let _ = writeln!(
        std::io::stderr(),
        "SKIPPED: no real images at `{}`; set DCGAN_IMAGES",
        path.display()
    );
    None
}

#[test]
fn real_faces_are_read() {
    let Some(path) = real("smiles.tar.gz") else {
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
    let Some(path) = real("imagenet-sample") else {
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
