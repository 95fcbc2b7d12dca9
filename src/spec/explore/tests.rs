use crate::spec::{ExploreSpec, Spec, SpecError, load, resolve};

const HEAD: &str = "name: x\ndata: {train: cifar10}\nmodel: {preset: svhn32}\nexplore:\n";

fn read(explore: &str) -> Result<Spec, SpecError> {
    resolve(&load::parse(&format!("{HEAD}{explore}"), "x.yaml")?)
}

#[test]
fn what_is_resolved_is_read_again_from_a_trials_folder() {
    let spec = read(
        "  - {figure: interpolate, mode: spherical, points: 5}
  - {figure: browse, concept: cat, against: dog, count: 50}
  - {figure: arithmetic, plus: [{concept: cat, top: 3}, [1, 2]], minus: [{concept: dog, skip: 3}]}
  - {figure: turn, left: {looking: left}, right: [1, 2], of: [7], reach: 0.5}
  - {figure: turn, name: other, left: [3], right: {looking: right, top: 2, of: 100}}
  - {figure: guided, images: 100}
  - {figure: digits, columns: 4, beside: [results/other/trial]}
  - {figure: drop, boxes: boxes.yaml, concept: windows, random: true}
",
    )
    .unwrap();
    assert_eq!(spec.explore.len(), 8);
    let text = serde_yaml::to_string(&spec).unwrap();
    let again: Spec = load::typed(&load::parse(&text, "spec.yaml").unwrap()).unwrap();
    assert_eq!(again, spec);
    let terms = |spec: &ExploreSpec| serde_json::to_value(spec).unwrap()["terms"].clone();
    let minus: Vec<bool> = terms(&spec.explore[2])
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["minus"] == true)
        .collect();
    assert_eq!(minus, [false, true, false]);
}

#[test]
fn errors_name_the_place() {
    let error = |text: &str| read(text).unwrap_err().to_string();
    insta::assert_snapshot!(error("  - {figure: turn, left: [1, 10000], right: [2]}\n"), @"x.yaml:5:30: `explore.0.left.1`: is 10000, and samples are numbered 0 to 9999; `dcgan explore browse` shows them");
    insta::assert_snapshot!(error("  - {figure: arithmetic, plus: [[1], [2, 10000]]}\n"), @"x.yaml:5:42: `explore.0.plus.1.1`: is 10000, and samples are numbered 0 to 9999; `dcgan explore browse` shows them");
    insta::assert_snapshot!(error("  - {figure: arithmetic, plus: [1, [2]]}\n"), @"x.yaml:5:32: `explore.0.plus`: sample numbers and lists side by side; expected either [3, 17] or [[3, 17], [4, 8]]");
    insta::assert_snapshot!(error("  - {figure: arithmetic, plus: [1], reach: 2}\n"), @"x.yaml:5:37: unknown key `reach`; expected one of `figure`, `name`, `seed`, `data`, `split`, `plus`, `minus`");
    insta::assert_snapshot!(error("  - {figure: arithmetic}\n"), @"x.yaml:5:5: `explore.0.plus`: nothing to add: expected `plus`, `minus` or both");
    insta::assert_snapshot!(error("  - {figure: turn, left: {concept: a, topp: 3}, right: [2]}\n"), @"x.yaml:5:39: unknown key `topp` (did you mean `top`?); expected one of `concept`, `against`, `looking`, `top`, `skip`, `of`");
    insta::assert_snapshot!(error("  - {figure: turn, left: {top: 3}, right: [2]}\n"), @"x.yaml:5:26: `explore.0.left`: expected either `concept` (a class of the data) or `looking` (left or right)");
    insta::assert_snapshot!(error("  - {figure: turn, left: {looking: left, top: 400, skip: 200}, right: [2]}\n"), @"x.yaml:5:47: `explore.0.left.top`: asks for samples 201 to 600 of 500; expected 1 to 500");
    insta::assert_snapshot!(error("  - {figure: turn, left: [1]}\n"), @"x.yaml:5:5: `explore.0.right`: is missing; expected samples, such as [3, 17] or {looking: left}");
    insta::assert_snapshot!(error("  - {figure: browse, by: probe}\n"), @"x.yaml:5:26: `explore.0.by`: expected `number`; or `probe` with a `concept`; or `looking`, with `looking: left` or `right`");
    insta::assert_snapshot!(error("  - {figure: browse, from: 9990, count: 11}\n"), @"x.yaml:5:41: `explore.0.count`: reaches sample 10000; they are numbered 0 to 9999");
    insta::assert_snapshot!(error("  - {figure: drop}\n"), @"x.yaml:5:5: `explore.0.boxes`: is missing; name the file that `dcgan explore boxes` wrote");
    insta::assert_snapshot!(error("  - {figure: browse}\n  - {figure: browse, from: 100}\n"), @"x.yaml:6:5: `explore.1`: another figure is called `browse` already; give this one a `name`");
    insta::assert_snapshot!(error("  - {figure: browse, name: ../x}\n"), @"x.yaml:5:28: `explore.0.name`: `../x` cannot name a file; use letters, digits, `-` and `_`");
    insta::assert_snapshot!(error("  - {figure: browse, name: samples}\n"), @"x.yaml:5:28: `explore.0.name`: `samples` is the name of a trial's own picture; choose another");
    insta::assert_snapshot!(error("  - {figure: interpolate, at: [3]}\n"), @"x.yaml:5:31: `explore.0.at`: is one sample; expected two or more to go between");
    insta::assert_snapshot!(error("  - {figure: windows}\n"), @"x.yaml:5:14: `explore.0.figure`: is `windows`; expected one of `browse`, `interpolate`, `arithmetic`, `turn`, `guided`, `drop`, `digits`");
}

#[test]
fn the_command_line_says_choices_in_one_word() {
    use crate::spec::Choice;
    let parse = |text| Choice::parse(text).map(|c| serde_json::to_string(&c).unwrap());
    insta::assert_snapshot!(parse("3, 17,21").unwrap(), @"[3,17,21]");
    insta::assert_snapshot!(parse("concept=smile,against=neutral,top=4").unwrap(), @r#"{"concept":"smile","against":"neutral","top":4,"skip":0,"of":500}"#);
    insta::assert_snapshot!(parse("looking=left,of=200").unwrap(), @r#"{"looking":"left","top":3,"skip":0,"of":200}"#);
    insta::assert_snapshot!(parse("concept=smile,tip=4").unwrap_err(), @"concept=smile,tip=4: unknown key `tip` (did you mean `top`?); expected one of `concept`, `against`, `looking`, `top`, `skip`, `of`");
    insta::assert_snapshot!(parse("top=4").unwrap_err(), @"expected either `concept` (a class of the data) or `looking` (left or right)");
    insta::assert_snapshot!(parse("looking=up").unwrap_err(), @"looking=up: `looking`: is `up`; expected `left` or `right`");
    insta::assert_snapshot!(parse("3,x").unwrap_err(), @"`x` is not a sample's number; expected sample numbers with commas between them, such as 3,17,21");
}
