//! Files of which a part is missing are left out and named; whole ones with oddities around them are read.

use dcgan::data::Want;
use image::{ImageFormat, Rgb, RgbImage};

use super::place::{Place, encoded};
use super::run::data;

/// A picture with something in every corner.
fn picture() -> RgbImage {
    RgbImage::from_fn(61, 47, |x, y| {
        Rgb([(x * y % 251) as u8, (x * 4) as u8, (y * 5) as u8])
    })
}

/// A progressive JPEG, which the encoder here does not make.
const PROGRESSIVE: &[u8] = include_bytes!("../fixtures/progressive.jpg");

fn whole() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("baseline.jpg", encoded(picture(), ImageFormat::Jpeg)),
        ("progressive.jpg", PROGRESSIVE.to_vec()),
        ("a.png", encoded(picture(), ImageFormat::Png)),
        ("a.bmp", encoded(picture(), ImageFormat::Bmp)),
        ("a.webp", encoded(picture(), ImageFormat::WebP)),
        (
            "lossy.webp",
            include_bytes!("../fixtures/lossy.webp").to_vec(),
        ),
        ("gif.png", encoded(picture(), ImageFormat::Gif)),
    ]
}

#[test]
fn no_cut_file_becomes_another_picture() {
    for (name, bytes) in whole() {
        let place = Place::new();
        place.write(name, &bytes);
        let read = |place: &Place| place.open(&place.root(), "all", &Want::size(16)).ok();
        let right = read(&place).expect(name).images;
        assert_eq!(right.n, 1, "{name}");
        // Enough others that the cut ones are fewer than half.
        let place = Place::new();
        let cuts: Vec<usize> = (1..=24)
            .map(|i| bytes.len() * i / 25)
            .chain((1..=8).map(|i| bytes.len() - i))
            .collect();
        for n in &cuts {
            place.write(&format!("cut/{n:06}-{name}"), &bytes[..*n]);
            place.write(&format!("whole/{n:06}-{name}"), &bytes);
        }
        let set = place.open(&place.root(), "all", &Want::size(16)).unwrap();
        for i in 0..set.images.n {
            assert_eq!(set.images.image(i), right.image(0), "{name}: image {i}");
        }
        // Some formats say after the last pixel that they end; without that the picture is whole nevertheless.
        let most = if name.ends_with("jpg") { 0 } else { 8 };
        let labels = set.labels.unwrap();
        let kept = labels.iter().filter(|&&label| label == 0).count();
        assert!(kept <= most, "{name}: {kept} cut files were read");
        assert_eq!(set.skipped.len(), cuts.len() - kept, "{name}");
    }
}

#[test]
fn cut_jpegs_are_named_and_bear_on_nothing() {
    let place = Place::new();
    for i in 0..8u8 {
        let grey = image::ImageBuffer::from_fn(40, 40, |x, y| {
            image::Luma([((x * y) as u8).wrapping_add(i)])
        });
        place.write(&format!("good{i}.jpg"), &encoded(grey, ImageFormat::Jpeg));
    }
    let colour = encoded(picture(), ImageFormat::Jpeg);
    place.write("cut.jpg", &colour[..colour.len() / 2]);
    place.write("no-end.jpg", &colour[..colour.len() - 2]);
    let set = place.open(&place.root(), "all", &Want::size(8)).unwrap();
    assert_eq!(set.images.n, 8);
    assert_eq!(set.images.c, 1, "what is left out gives the set no colour");
    let ran = data(&place, &["verify", "folder:images"]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.out
            .contains("cut.jpg: the file ends before the picture does\n"),
        "{}",
        ran.out
    );
    assert!(
        ran.out
            .contains("no-end.jpg: the file ends before the picture does\n")
    );
    assert!(ran.out.contains("8 of 10 images can be decoded"));
}
