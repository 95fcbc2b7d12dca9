//! The authors' released SVHN net, where it is at hand: digits that change smoothly.

use std::io::Write;
use std::path::PathBuf;

use dcgan::explore::interpolate::{Mode, interpolate};
use dcgan::explore::{Content, Net};
use dcgan::track::progress::Silent;

use super::place::{Place, read, stderr};

/// By `DCGAN_WEIGHTS` or beside the checkout; `None`, said past the harness, where they are absent.
fn weights(test: &str, folder: &str) -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/weights");
    let root = std::env::var_os("DCGAN_WEIGHTS").map_or(beside, PathBuf::from);
    let path = root.join(folder);
    if path.is_dir() {
        return Some(path);
    }
    let _ = writeln!(
        std::io::stderr(),
        "SKIPPED {test}: no released weights at `{}`; set DCGAN_WEIGHTS",
        path.display()
    );
    None
}

#[test]
fn released_digits_change_smoothly_and_are_drawn_again() {
    let name = "svhn_unsup_all_conv_dcgan_100z_gaussian_lr_0.0005_64mb";
    let Some(path) = weights("released_digits_change_smoothly", name) else {
        return;
    };
    let net = Net::open(&path).unwrap();
    let drawing = interpolate(&net, 0, &[0, 1, 2, 3, 4], 8, Mode::Linear).unwrap();
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
    let Some(path) = weights("a_released_net_without_a_generator_says_so", name) else {
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
