//! What a spec's `explore:` section may say, and what is told where it is wrong.

use std::collections::BTreeSet;

use clap::Command;
use serde_json::json;

use super::{FIGURES, Kind, Request, requests};
use crate::spec::{Experiment, ProfileChoice, SpecError, load, resolve};

const HEAD: &str = "name: x\ndata: {train: cifar10}\nmodel: {preset: svhn32}\nexplore:\n";

fn read(explore: &str) -> Result<Vec<Request>, SpecError> {
    let spec = resolve(&load::parse(&format!("{HEAD}{explore}"), "x.yaml")?)?;
    requests(&spec.explore)
}

/// One figure of a spec, and what has determined it since figures are kept.
fn kept(written: &str) -> serde_json::Value {
    let found = read(&format!("  - {{{written}}}\n")).unwrap();
    found[0].to_json()
}

#[test]
fn what_determines_a_figure_stays_the_same_to_the_byte() {
    let same = |written: &str, json: &str| assert_eq!(kept(written).to_string(), json);
    same(
        "figure: interpolate, points: 3, steps: 2",
        r#"{"name":"interpolation","seed":0,"figure":"interpolate","mode":"linear","at":[0,1,2],"steps":2}"#,
    );
    same(
        "figure: interpolate, name: i2, at: {looking: left, of: 40}, seed: 3, mode: spherical",
        r#"{"name":"i2","seed":3,"figure":"interpolate","mode":"spherical","at":{"looking":"left","top":9,"skip":0,"of":40},"steps":8}"#,
    );
    same(
        "figure: arithmetic, plus: [{concept: cat, top: 2}, [1, 2]], minus: [{concept: dog, skip: 3}], data: svhn, split: test",
        r#"{"name":"arithmetic","seed":0,"data":"svhn","split":"test","figure":"arithmetic","terms":[{"minus":false,"of":{"concept":"cat","top":2,"skip":0,"of":500}},{"minus":true,"of":{"concept":"dog","top":3,"skip":3,"of":500}},{"minus":false,"of":[1,2]}]}"#,
    );
    same(
        "figure: turn, left: {looking: left}, right: [1, 2], of: [7], reach: 0.5",
        r#"{"name":"turn","seed":0,"figure":"turn","left":{"looking":"left","top":4,"skip":0,"of":500},"right":[1,2],"of":[7],"rows":6,"columns":9,"reach":0.5}"#,
    );
    same(
        "figure: turn, left: [3], right: [[4]], rows: 1",
        r#"{"name":"turn","seed":0,"figure":"turn","left":[3],"right":[4],"rows":1,"columns":9,"reach":1.0}"#,
    );
    same(
        "figure: browse, concept: cat, against: dog, count: 50",
        r#"{"name":"browse","seed":0,"figure":"browse","from":0,"count":50,"by":{"concept":"cat","against":"dog"}}"#,
    );
    same(
        "figure: browse, by: looking",
        r#"{"name":"browse","seed":0,"figure":"browse","from":0,"count":100,"by":{"looking":"left"}}"#,
    );
    same(
        "figure: browse, from: 5, count: ~",
        r#"{"name":"browse","seed":0,"figure":"browse","from":5,"count":100}"#,
    );
    same(
        "figure: guided, images: 50, samples: true",
        r#"{"name":"guided","seed":0,"figure":"guided","samples":true,"images":50,"features":6,"strongest":8}"#,
    );
    same(
        "figure: digits, columns: 4, beside: [results/other/trial]",
        r#"{"name":"digits","seed":0,"figure":"digits","columns":4,"beside":["results/other/trial"]}"#,
    );
    same(
        "figure: drop, boxes: boxes.yaml, drop: 3, of: {looking: right}",
        r#"{"name":"drop","seed":0,"figure":"drop","boxes":"boxes.yaml","concept":"what the boxes hold","layer":2,"drop":3,"random":false,"show":20,"of":{"looking":"right","top":6,"skip":0,"of":500}}"#,
    );
}

#[test]
fn what_is_typed_after_set_is_read_as_its_key_wants_it() {
    let text = format!("{HEAD}  - {{figure: turn, left: [1], right: [2]}}\n");
    let set = |sets: &[&str]| {
        let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
        let tree = load::parse(&text, "x.yaml")?;
        let experiment = Experiment::from_tree(tree, ProfileChoice::IfPresent(""), &sets)?;
        let trials = experiment.trials()?;
        let spec = &trials[0].spec;
        let kept = serde_yaml::to_string(&spec.explore).unwrap();
        Ok::<_, SpecError>((requests(&spec.explore)?, kept))
    };
    let (found, kept) = set(&[
        "explore.0.reach=0.5",
        "explore.0.of={looking: left, top: 2}",
        "explore.0.data=folder:set #2",
    ])
    .unwrap();
    assert_eq!(found[0].data(), Some("folder:set #2"));
    let json = found[0].to_json();
    assert_eq!(
        (&json["reach"], &json["of"]["top"]),
        (&json!(0.5), &json!(2))
    );
    assert!(
        kept.contains("reach: 0.5") && kept.contains("set #2"),
        "{kept}"
    );
    let (whole, _) = set(&["explore=[{figure: browse}, {figure: guided}]"]).unwrap();
    assert_eq!((whole.len(), whole[1].figure()), (2, "guided"));
    let wrong = set(&["explore.0.columns=1"]).unwrap_err().to_string();
    insta::assert_snapshot!(wrong, @"--set explore.0.columns=1: `explore.0.columns`: is 1; expected 2 to 100");
}

/// The least that each figure's options can be, on the command line and in a spec.
fn least(kind: &Kind) -> (Vec<&'static str>, &'static str) {
    match kind.name {
        "arithmetic" => (vec!["--plus", "3,17"], "plus: [3, 17]"),
        "turn" => (
            vec!["--left", "1", "--right", "looking=right"],
            "left: [1], right: {looking: right}",
        ),
        "drop" => (vec!["--boxes", "b.yaml"], "boxes: b.yaml"),
        _ => (vec![], "seed: 0"),
    }
}

#[test]
fn a_spec_and_the_command_line_mean_the_same_figure() {
    for kind in &FIGURES {
        let command = kind.command(Command::new(kind.name));
        command.clone().debug_assert();
        let (args, written) = least(kind);
        let args = [kind.name].into_iter().chain(args);
        let matches = command.try_get_matches_from(args).unwrap();
        let typed = Request::from_matches(kind, &matches).unwrap().to_json();
        assert_eq!(typed, kept(&format!("figure: {}, {written}", kind.name)));
        assert_eq!(typed["name"], json!(kind.file));
    }
}

#[test]
fn names_of_figures_and_files_are_their_own() {
    let names: BTreeSet<&str> = FIGURES.iter().map(|k| k.name).collect();
    let files: BTreeSet<&str> = FIGURES.iter().map(|k| k.file).collect();
    assert_eq!((names.len(), files.len()), (FIGURES.len(), FIGURES.len()));
}

#[test]
fn errors_name_the_place() {
    let error = |text: &str| read(text).unwrap_err().to_string();
    insta::assert_snapshot!(error("  - {figure: turn, left: [1, 10000], right: [2]}\n"), @"x.yaml:5:30: `explore.0.left.1`: 10000 is no sample: they are numbered 0 to 9999; `dcgan explore browse` shows them");
    insta::assert_snapshot!(error("  - {figure: arithmetic, plus: [[1], [2, 10000]]}\n"), @"x.yaml:5:42: `explore.0.plus.1.1`: 10000 is no sample: they are numbered 0 to 9999; `dcgan explore browse` shows them");
    insta::assert_snapshot!(error("  - {figure: arithmetic, plus: [1, [2]]}\n"), @"x.yaml:5:32: `explore.0.plus`: sample numbers and lists side by side; expected either [3, 17] or [[3, 17], [4, 8]]");
    insta::assert_snapshot!(error("  - {figure: arithmetic, plus: []}\n"), @"x.yaml:5:32: `explore.0.plus`: is empty; expected sample numbers, such as [3, 17, 21]");
    insta::assert_snapshot!(error("  - {figure: arithmetic, plus: [1], reach: 2}\n"), @"x.yaml:5:37: unknown key `reach`; expected one of `figure`, `name`, `seed`, `data`, `split`, `plus`, `minus`");
    insta::assert_snapshot!(error("  - {figure: interpolate, step: 2}\n"), @"x.yaml:5:27: unknown key `step` (did you mean `steps`?); expected one of `figure`, `name`, `seed`, `data`, `split`, `mode`, `points`, `at`, `steps`");
    insta::assert_snapshot!(error("  - {figure: arithmetic}\n"), @"x.yaml:5:5: `explore.0.plus`: nothing to add: expected `plus`, `minus` or both");
    insta::assert_snapshot!(error("  - {figure: turn, left: {concept: a, topp: 3}, right: [2]}\n"), @"x.yaml:5:39: unknown key `topp` (did you mean `top`?); expected one of `concept`, `against`, `looking`, `top`, `skip`, `of`");
    insta::assert_snapshot!(error("  - {figure: turn, left: {top: 3}, right: [2]}\n"), @"x.yaml:5:26: `explore.0.left`: expected either `concept` (a class of the data) or `looking` (left or right)");
    insta::assert_snapshot!(error("  - {figure: turn, left: {looking: left, top: 400, skip: 200}, right: [2]}\n"), @"x.yaml:5:26: `explore.0.left`: `top` asks for samples 201 to 600 of 500; expected 1 to 500");
    insta::assert_snapshot!(error("  - {figure: turn, left: {looking: left, of: 0}, right: [2]}\n"), @"x.yaml:5:46: `explore.0.left.of`: is 0; expected 1 to 10000");
    insta::assert_snapshot!(error("  - {figure: turn, left: [[1], [2]], right: [2]}\n"), @"x.yaml:5:26: `explore.0.left`: holds several lists; expected one");
    insta::assert_snapshot!(error("  - {figure: turn, left: [1]}\n"), @"x.yaml:5:5: `explore.0.right`: is missing; expected samples that look right");
    insta::assert_snapshot!(error("  - {figure: turn, left: [1], right: [2], reach: -1}\n"), @"x.yaml:5:50: `explore.0.reach`: is -1; expected a number above 0, in lengths of the axis");
    insta::assert_snapshot!(error("  - {figure: browse, by: probe}\n"), @"x.yaml:5:26: `explore.0.by`: expected `number`; or `probe` with a `concept`; or `looking`, with `looking` left or right");
    insta::assert_snapshot!(error("  - {figure: browse, from: 9990, count: 11}\n"), @"x.yaml:5:41: `explore.0.count`: reaches sample 10000; they are numbered 0 to 9999");
    insta::assert_snapshot!(error("  - {figure: browse, count: many}\n"), @"x.yaml:5:29: `explore.0.count`: is `many`; expected a whole number");
    insta::assert_snapshot!(error("  - {figure: drop}\n"), @"x.yaml:5:5: `explore.0.boxes`: is missing; expected boxes on samples, as `dcgan explore boxes` writes them");
    insta::assert_snapshot!(error("  - {figure: guided, images: 4}\n"), @"x.yaml:5:5: `explore.0.strongest`: is 8; expected 1 to 4, the number of `images` searched");
    insta::assert_snapshot!(error("  - {figure: browse}\n  - {figure: browse, from: 100}\n"), @"x.yaml:6:5: `explore.1`: another figure is called `browse` already; give this one a `name`");
    insta::assert_snapshot!(error("  - {figure: browse, name: ../x}\n"), @"x.yaml:5:28: `explore.0.name`: `../x` cannot name a file; use letters, digits, `-` and `_`");
    insta::assert_snapshot!(error("  - {figure: browse, name: samples}\n"), @"x.yaml:5:28: `explore.0.name`: `samples` is the name of a trial's own picture; choose another");
    insta::assert_snapshot!(error("  - {figure: interpolate, at: [3]}\n"), @"x.yaml:5:31: `explore.0.at`: is one sample; expected two or more to go between");
    insta::assert_snapshot!(error("  - {figure: turns}\n"), @"x.yaml:5:14: `explore.0.figure`: no figure is called `turns` (did you mean `turn`?); expected one of `browse`, `interpolate`, `arithmetic`, `turn`, `guided`, `drop`, `digits`");
    insta::assert_snapshot!(error("  - {count: 3}\n"), @"x.yaml:5:5: `explore.0.figure`: is missing; expected one of `browse`, `interpolate`, `arithmetic`, `turn`, `guided`, `drop`, `digits`");
    insta::assert_snapshot!(error("  - turn\n"), @"x.yaml:5:5: `explore.0`: expected a figure and its options, such as {figure: interpolate}");
}
