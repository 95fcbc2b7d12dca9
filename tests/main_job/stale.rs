//! Results are found anew where what they were made from has changed under its name.

use super::bench::{Bench, json, stderr};

const SPEC: &str = "\
name: stale
data: {train: small}
model: {preset: svhn32, width: 4, latent: {size: 16}}
train: {epochs: 1, batch_size: 50}
quality: [{space: trained, samples: 20, against: 'folder:theirs'}]
";

/// Images of noise as PNGs, numbered from `from`.
fn images(bench: &Bench, from: u32, count: u32) {
    for i in from..from + count {
        let image = image::RgbImage::from_fn(32, 32, |x, y| {
            let value = (x * 7919 + y * 104_729 + i * 1_299_709) % 251;
            image::Rgb([value as u8, (value / 2) as u8, (i * 9 % 256) as u8])
        });
        let mut bytes = std::io::Cursor::new(Vec::new());
        image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        bench.write(&format!("theirs/{i}.png"), bytes.get_ref());
    }
}

#[test]
fn a_comparison_with_a_folder_is_made_again_when_its_images_change() {
    let name = "a_comparison_with_a_folder_is_made_again_when_its_images_change";
    let Some(bench) = Bench::new(name) else {
        return;
    };
    bench.write("stale.yaml", SPEC.as_bytes());
    images(&bench, 0, 20);
    let sweep = || {
        let out = bench.run(&["sweep", "stale.yaml"]);
        assert!(out.status.success(), "{}", stderr(&out));
        let found = json(&bench.trials("stale").remove(0).join("quality.json"));
        (stderr(&out), found.as_array().unwrap().clone())
    };
    let (_, first) = sweep();
    assert_eq!(first.len(), 1);
    let (said, again) = sweep();
    assert!(said.contains("skipped") && again == first, "{said}");
    images(&bench, 100, 20);
    let (said, changed) = sweep();
    assert!(!said.contains("skipped"), "{said}");
    assert_eq!(changed.len(), 1, "the old one says nothing of these images");
    assert_ne!(changed[0]["frechet"], first[0]["frechet"]);
}

#[test]
fn a_folder_of_images_under_another_path_is_the_same_data() {
    let name = "a_folder_of_images_under_another_path_is_the_same_data";
    let Some(bench) = Bench::new(name) else {
        return;
    };
    let spec = SPEC.replace("{train: small}", "{train: 'folder:theirs', split: all}");
    bench.write(
        "stale.yaml",
        spec.split("quality:").next().unwrap().as_bytes(),
    );
    images(&bench, 0, 60);
    let sweep = |path: &str| {
        let set = format!("data.train=folder:{path}");
        let out = bench.run(&["sweep", "stale.yaml", "--set", &set]);
        assert!(out.status.success(), "{}", stderr(&out));
        stderr(&out)
    };
    assert!(!sweep("theirs").contains("skipped"));
    assert!(sweep("./theirs/").contains("skipped"));
    std::fs::rename(bench.path("theirs"), bench.path("moved")).unwrap();
    let said = sweep("moved");
    assert!(said.contains("skipped"), "{said}");
    assert_eq!(bench.trials("stale").len(), 1);
}

#[test]
fn a_training_that_a_collapse_ended_has_no_later_epochs_to_look_at() {
    let name = "a_training_that_a_collapse_ended_has_no_later_epochs_to_look_at";
    let Some(bench) = Bench::new(name) else {
        return;
    };
    // A hundred times the learning rate that the paper found too high.
    let out = bench.run(&[
        "sweep",
        "small.yaml",
        "--set",
        "probe=[]",
        "--set",
        "train.adam.lr=0.1",
        "--set",
        "train.adam.beta1=0.9",
        "--set",
        "train.epochs=12",
        "--set",
        "train.monitor_every=3",
        "--set",
        "train.stop_on=filter_collapse",
        "--set",
        "memorisation={samples: 100, epochs: [1, 12]}",
    ]);
    assert!(out.status.success(), "{}", stderr(&out));
    let trial = bench.trials("small").remove(0);
    let run = json(&trial.join("run.json"));
    let reached = run["scale"]["epochs"].as_f64().unwrap();
    assert!(reached < 12.0, "{reached}");
    let found = json(&trial.join("memorisation.json"));
    let epochs: Vec<u64> = found["epochs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["epoch"].as_u64().unwrap())
        .collect();
    let expected: &[u64] = if reached >= 1.0 { &[1] } else { &[] };
    assert_eq!(epochs, expected);
}
