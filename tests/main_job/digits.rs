//! Figure 9: real images and a conditional net's, as a stage of a sweep and by its command.

use dcgan::train::FINAL;

use super::bench::{Bench, json, stderr};

const SPEC: &str = "\
name: rows
data: {train: small}
model: {preset: svhn32, width: 4, latent: {size: 16}, conditional: true}
train: {epochs: 1, batch_size: 50}
explore: [{figure: digits, columns: 3}]
";
/// Bytes of a CIFAR-10 record: a label and 3x32x32 pixels.
const RECORD: usize = 3073;
/// Pixels to an image's pixel.
const ZOOM: u32 = 3;

/// Whether `page` shows the record's image somewhere near its upper left corner.
fn shows(page: &image::RgbImage, record: &[u8]) -> bool {
    let pixel = |x: u32, y: u32, c: usize| record[1 + c * 1024 + (y * 32 + x) as usize];
    let at = |left: u32, top: u32| {
        (0..32).all(|y| {
            (0..32).all(|x| {
                let found = page.get_pixel(left + ZOOM * x + 1, top + ZOOM * y + 1).0;
                (0..3).all(|c| found[c] == pixel(x, y, c))
            })
        })
    };
    (0..60).any(|top| (0..40).any(|left| at(left, top)))
}

#[test]
fn rows_of_each_class_are_drawn_after_training_and_again_beside_another_net() {
    let name = "rows_of_each_class_are_drawn_after_training_and_again_beside_another_net";
    let Some(bench) = Bench::new(name) else {
        return;
    };
    bench.write("rows.yaml", SPEC.as_bytes());
    for seed in ["seed=0", "seed=1"] {
        let out = bench.run(&["sweep", "rows.yaml", "--set", seed]);
        assert!(out.status.success(), "{}", stderr(&out));
    }
    let trials = bench.trials("rows");
    let [a, b] = trials.as_slice() else {
        panic!("{trials:?}")
    };
    let figure = a.join("figures/digits.png");
    let record = json(&a.join("figures/digits.json"));
    let real = record["real"].as_array().unwrap();
    assert_eq!(real.len(), 10);
    let train = std::fs::read(bench.path("data/small/train.bin")).unwrap();
    for (class, images) in real.iter().enumerate() {
        for image in images.as_array().unwrap() {
            let image = image.as_u64().unwrap() as usize;
            assert_eq!(usize::from(train[image * RECORD]), class);
        }
    }
    let page = image::open(&figure).unwrap().to_rgb8();
    let first = real[0][0].as_u64().unwrap() as usize;
    assert!(shows(&page, &train[first * RECORD..][..RECORD]));
    assert!(!shows(&page, &train[(first + 1) * RECORD..][..RECORD]));

    let path = |p: &std::path::Path| p.display().to_string();
    let (a, b) = (path(a), path(b));
    let beside = ["explore", "digits", &a, "--beside", &b, "--columns", "2"];
    let out = bench.run(&[&beside[..], &["--out", "both"]].concat());
    assert!(out.status.success(), "{}", stderr(&out));
    let both = json(&bench.path("both/digits.json"));
    let z = |net: usize| &both["nets"][net]["z"];
    assert_eq!(z(0).as_array().unwrap().len(), 20);
    assert_eq!(z(0), z(1), "each net gets the same z");
    let again = ["explore", "draw", "both/digits.json", "--out", "again"];
    let out = bench.run(&again);
    assert!(out.status.success(), "{}", stderr(&out));
    let bytes = |folder: &str| std::fs::read(bench.path(folder).join("digits.png")).unwrap();
    assert!(bytes("both") == bytes("again"));
    std::fs::copy(format!("{a}/{FINAL}"), format!("{b}/{FINAL}")).unwrap();
    let out = bench.run(&again);
    assert_eq!(out.status.code(), Some(2), "the net beside is another now");
    assert!(stderr(&out).contains(&b), "{}", stderr(&out));
}

#[test]
fn nets_that_see_no_labels_have_no_such_figure_and_the_trial_goes_on() {
    let name = "nets_that_see_no_labels_have_no_such_figure_and_the_trial_goes_on";
    let Some(bench) = Bench::new(name) else {
        return;
    };
    let spec = SPEC.replace("conditional: true", "conditional: false");
    bench.write("rows.yaml", spec.as_bytes());
    let out = bench.run(&["sweep", "rows.yaml"]);
    assert!(out.status.success(), "{}", stderr(&out));
    let trial = bench.trials("rows").remove(0);
    let figures = json(&trial.join("figures.json"));
    let why = figures[0]["left_out"].as_str().unwrap();
    assert!(why.contains("model.conditional"), "{why}");
    assert!(!trial.join("figures/digits.png").exists());
}
