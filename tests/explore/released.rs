//! The authors' released SVHN net, where it is at hand: digits that change smoothly.

use dcgan::explore::interpolate::{Interpolation, interpolate};
use dcgan::explore::{Content, Net};
use dcgan::track::progress::Silent;

use super::place::{Place, read, stderr};
use crate::needs;

const SVHN: &str = "svhn_unsup_all_conv_dcgan_100z_gaussian_lr_0.0005_64mb";

#[test]
fn released_digits_change_smoothly_and_are_drawn_again() {
    let Some(path) = needs::weights("released_digits_change_smoothly_and_are_drawn_again", SVHN)
    else {
        return;
    };
    let net = Net::open(&path).unwrap();
    let drawing = interpolate(&net, 0, &[0, 1, 2, 3, 4], 8, Interpolation::Linear).unwrap();
    let z: Vec<Vec<f32>> = drawing.rows[0][0]
        .tiles
        .iter()
        .map(|t| match &t.content {
            Content::Z(z) => z.clone(),
            Content::Pixels(_) => panic!("an interpolation has no sum of pixels"),
        })
        .collect();
    let images = net.generate(&z, &Silent).unwrap();
    let images: Vec<&[f32]> = images.iter().collect();
    let apart = |a: &[f32], b: &[f32]| {
        let sum: f32 = a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum();
        sum / a.len() as f32
    };
    for row in images.chunks(9) {
        let whole = apart(row[0], row[8]);
        let steps: Vec<f32> = row.windows(2).map(|w| apart(w[0], w[1])).collect();
        assert!(whole > 0.1, "both ends look the same: {whole}");
        assert!(
            steps.iter().all(|s| *s < 0.5 * whole),
            "a jump: {steps:?} of {whole}"
        );
        // Every image has something on it.
        for image in row {
            let mean = image.iter().sum::<f32>() / image.len() as f32;
            assert!(apart(image, &vec![mean; image.len()]) > 0.02);
        }
    }
    let place = Place::new();
    let folder = path.display().to_string();
    place.good(&["interpolate", &folder, "--points", "3", "--out", "one"]);
    place.good(&["draw", "one/interpolation.json", "--out", "two"]);
    for file in ["interpolation.png", "interpolation.gif"] {
        let both = ["one", "two"].map(|folder| read(&place.path(folder).join(file)));
        assert!(both[0] == both[1], "{file} is another");
    }
}

#[test]
fn a_released_net_without_a_generator_says_so() {
    let name = "imagenet_gan_pretrain_128f_relu_lrelu_7l_3x3_256z";
    let Some(path) = needs::weights("a_released_net_without_a_generator_says_so", name) else {
        return;
    };
    let place = Place::new();
    let out = place.run(&["browse", &path.display().to_string(), "--out", "never"]);
    assert_eq!(out.status.code(), Some(2));
    let said = stderr(&out);
    assert!(
        said.contains("has no generator: its arrays [1, 4, 7] are missing"),
        "{said}"
    );
}

/// Edges change sign within two pixels; random filters repeat the grid of their strides at any distance.
#[test]
fn trained_filters_show_strokes_and_random_ones_a_grid() {
    let Some(path) = needs::weights("trained_filters_show_strokes_and_random_ones_a_grid", SVHN)
    else {
        return;
    };
    let place = Place::new();
    let folder = path.display().to_string();
    place.good(&["guided", &folder, "--images", "600", "--out", "one"]);
    let page = image::open(place.path("one/guided.png")).unwrap().to_rgb8();
    // Six rows of eight images of 32 pixels, three times as large, below a caption; the random ones on the right.
    let along = |left: u32, step: u32| -> f64 {
        let (mut together, mut square) = (0.0, 0.0);
        for tile in 0..6 * 8 {
            let (x0, y0) = (left + tile % 8 * 98, 14 + 19 + tile / 8 * 98);
            let at = |x: u32, y: u32| -> f64 {
                let colours = page.get_pixel(x0 + 3 * x, y0 + 3 * y).0.map(f64::from);
                colours.iter().sum::<f64>() / 3.0 - 128.0
            };
            for y in 0..32 - step {
                for x in 0..32 - step {
                    together += at(x, y) * (at(x + step, y) + at(x, y + step));
                    square += 2.0 * at(x, y).powi(2);
                }
            }
        }
        together / square
    };
    let (trained, random) = (14, 14 + 8 * 98 + 14);
    let falls = |left: u32| along(left, 1) - along(left, 2);
    assert!(
        falls(trained) > 0.3,
        "{} {}",
        along(trained, 1),
        along(trained, 2)
    );
    assert!(
        falls(random) < 0.15,
        "{} {}",
        along(random, 1),
        along(random, 2)
    );
}
