//! Samples chosen by what they show, and figures as stages of a sweep.

use std::path::Path;

use image::{Rgb, RgbImage};

use super::place::{Place, TRIAL, stderr};

/// 40 images of either class, told by their brightness, in `images`; without classes in `plain`.
fn labelled() -> Place {
    let place = Place::new();
    for i in 0..80u32 {
        let class = ["bright", "dark"][(i % 2) as usize];
        let base = [150, 40][(i % 2) as usize];
        let image = RgbImage::from_fn(32, 32, |x, y| {
            Rgb([
                (base + (x * i) % 60) as u8,
                (base + (y * 3 + i) % 60) as u8,
                base as u8,
            ])
        });
        let mut png = std::io::Cursor::new(Vec::new());
        image.write_to(&mut png, image::ImageFormat::Png).unwrap();
        place.write(&format!("images/{class}/{i:02}.png"), png.get_ref());
        place.write(&format!("plain/{i:02}.png"), png.get_ref());
    }
    place
}

fn error(place: &Place, args: &[&str]) -> String {
    let out = place.run(args);
    assert_eq!(out.status.code(), Some(2), "{}", stderr(&out));
    let said = stderr(&out);
    said.lines()
        .find(|l| l.starts_with("error"))
        .unwrap()
        .to_string()
}

#[test]
fn a_concept_sorts_samples_and_says_how_well_it_is_told() {
    let place = labelled();
    let browse = |more: &[&'static str]| {
        let mut args = vec!["browse", TRIAL, "--by", "probe", "--count", "40"];
        args.extend(more);
        place.good(&args);
        place.json(&format!("{TRIAL}/figures/browse.json"))
    };
    let json = browse(&[
        "--concept",
        "bright",
        "--data",
        "folder:images",
        "--split",
        "all",
    ]);
    let panel = &json["rows"][0][0];
    let caption = panel["caption"].as_str().unwrap();
    assert!(
        caption.contains("tells 100.0% of 16 images rightly"),
        "{caption}"
    );
    let sorted = |json: &serde_json::Value| -> Vec<(u64, f32)> {
        let tiles = json["rows"][0][0]["tiles"].as_array().unwrap();
        let read = |t: &serde_json::Value| {
            let label = t["label"].as_str().unwrap();
            let score = label.split(": ").nth(1).unwrap().parse().unwrap();
            (t["sample"].as_u64().unwrap(), score)
        };
        tiles.iter().map(read).collect()
    };
    let bright = sorted(&json);
    assert_eq!(bright.len(), 40);
    assert!(bright.windows(2).all(|w| w[0].1 >= w[1].1), "{bright:?}");
    // The other way round it is the same axis; labels have two digits.
    let dark = sorted(&browse(&[
        "--concept",
        "dark",
        "--data",
        "folder:images",
        "--split",
        "all",
    ]));
    for (sample, score) in &dark {
        let other = bright.iter().find(|(s, _)| s == sample).unwrap().1;
        assert!(
            (score + other).abs() < 0.05,
            "{sample}: {score} and {other}"
        );
    }
    place.good(&[
        "arithmetic",
        TRIAL,
        "--plus",
        "concept=bright,top=2,of=40",
        "--data",
        "folder:images",
        "--split",
        "all",
        "--name",
        "sum",
    ]);
    let chosen = place.json(&format!("{TRIAL}/figures/sum.json"));
    let tiles = chosen["rows"][0][0]["tiles"].as_array().unwrap();
    let numbers: Vec<u64> = tiles.iter().filter_map(|t| t["sample"].as_u64()).collect();
    assert_eq!(numbers, [bright[0].0, bright[1].0]);
}

#[test]
fn data_without_the_concept_are_refused() {
    let place = labelled();
    let by = |concept, data| {
        error(
            &place,
            &[
                "browse",
                TRIAL,
                "--by",
                "probe",
                "--concept",
                concept,
                "--data",
                data,
            ],
        )
    };
    insta::assert_snapshot!(by("brigth", "folder:images"), @"error: data set `folder:images` has no class `brigth` (did you mean `bright`?); its classes are bright, dark");
    insta::assert_snapshot!(by("bright", "folder:plain"), @"error: data set `folder:plain` has no labels in split `train`, and a concept is a class of labelled images; name another with `data`");
    insta::assert_snapshot!(error(&place, &["browse", TRIAL, "--by", "probe"]), @"error: the following required arguments were not provided:");
    insta::assert_snapshot!(error(&place, &["turn", TRIAL, "--left", "looking=up", "--right", "1"]), @"error: invalid value 'looking=up' for '--left <LIST>': looking=up: `looking`: is `up`; expected `left` or `right`");
}

const SPEC: &str = "\
name: figures
data: {train: 'folder:images', split: all}
model: {preset: svhn32, width: 8, latent: {size: 16}}
train: {epochs: 2, batch_size: 16, sheet_every: 9, sheets: {1: figure 2}}
explore:
  - {figure: interpolate, points: 3, steps: 2}
  - {figure: arithmetic, plus: [{concept: bright, top: 2, of: 40}], minus: [{concept: dark, of: 40}]}
  - {figure: turn, left: {looking: left, of: 40}, right: {looking: right, of: 40}, rows: 1}
  - {figure: browse, by: probe, concept: smile}
";

fn sweep(place: &Place, more: &[&str]) -> String {
    let mut command = assert_cmd::Command::cargo_bin("dcgan").unwrap();
    command
        .current_dir(place.path(""))
        .args(["--data-dir", "data", "sweep", "figures.yaml"])
        .args(more);
    let out = command.output().unwrap();
    assert!(out.status.success(), "{}", stderr(&out));
    stderr(&out)
}

#[test]
fn a_sweep_draws_the_figures_that_its_spec_names_and_says_what_it_leaves_out() {
    let place = labelled();
    place.write("figures.yaml", SPEC.as_bytes());
    let said = sweep(&place, &[]);
    let why = "figure `browse` is left out: data set `folder:images` has no class `smile`";
    assert!(said.contains(why), "{said}");
    let trials = std::fs::read_dir(place.path("results/figures"))
        .unwrap()
        .flatten();
    let trial = trials
        .map(|e| e.path())
        .find(|p| p.join("run.json").exists())
        .unwrap();
    for name in ["interpolation", "arithmetic", "turn"] {
        assert!(
            trial.join(format!("figures/{name}.json")).exists(),
            "{name}"
        );
    }
    let page = place.path("results/figures/report/report.html");
    let page = std::fs::read_to_string(page).unwrap();
    for text in [
        "Figure 2: after 1 epoch",
        "Figure 7: vector arithmetic",
        "Numbered samples is left out",
    ] {
        assert!(page.contains(text), "{text}");
    }
    let modified = |file: &str| {
        std::fs::metadata(trial.join(file))
            .unwrap()
            .modified()
            .unwrap()
    };
    let times = || {
        [
            "checkpoints/final.safetensors",
            "figures/arithmetic.png",
            "figures/turn.png",
        ]
        .map(modified)
    };
    let before = times();
    assert!(sweep(&place, &[]).contains("done before, skipped"));
    assert_eq!(times(), before);
    // Another figure is drawn from the same nets, and the others stay.
    sweep(&place, &["--set", "explore.2.reach=0.5"]);
    let after = times();
    assert_eq!(after[..2], before[..2]);
    assert_ne!(after[2], before[2]);
    assert!(!Path::new(&trial.join("figures/browse.png")).exists());
}
