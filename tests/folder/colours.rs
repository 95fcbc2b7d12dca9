//! Grey beside colour is compared in colour.

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

use super::place::{Place, encoded};
use super::run::program;

/// The Fréchet distance that `dcgan quality` prints for two folders.
fn distance(place: &Place, images: &str, against: &str) -> f64 {
    let (images, against) = (
        format!("folder:images/{images}"),
        format!("folder:images/{against}"),
    );
    let ran = program(
        place,
        &[
            "quality",
            "--images",
            &images,
            "--against",
            &against,
            "--size",
            "32",
        ],
    );
    assert_eq!(ran.code, Some(0), "{}", ran.error);
    let line = ran
        .out
        .lines()
        .find(|l| l.trim().starts_with("Fréchet distance"));
    line.unwrap()
        .split_whitespace()
        .last()
        .unwrap()
        .parse()
        .unwrap()
}

#[test]
fn a_grey_set_is_not_a_coloured_one() {
    let place = Place::new();
    for i in 0..24u32 {
        let colour = RgbImage::from_fn(32, 32, |x, y| {
            Rgb([
                (x * 7 + i * 9) as u8,
                (y * 5 + i) as u8,
                (255 - x * 3 - i) as u8,
            ])
        });
        // Luma as it is made here, so that nothing but the colour differs.
        let grey = image::ImageBuffer::from_fn(32, 32, |x, y| {
            let [r, g, b] = colour.get_pixel(x, y).0.map(u32::from);
            image::Luma([((2126 * r + 7152 * g + 722 * b + 5000) / 10_000) as u8])
        });
        place.write(
            &format!("grey/{i:02}.png"),
            &encoded(DynamicImage::ImageLuma8(grey), ImageFormat::Png),
        );
        place.write(
            &format!("colour/{i:02}.png"),
            &encoded(colour, ImageFormat::Png),
        );
    }
    let (one, other) = (
        distance(&place, "grey", "colour"),
        distance(&place, "colour", "grey"),
    );
    assert!(one > 1.0 && other > 1.0, "{one} {other}");
    assert!(distance(&place, "grey", "grey") < 1e-3);
}
