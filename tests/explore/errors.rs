//! Bad input: one clear error, exit code 2, no figure.

use super::place::{Place, TRIAL, stderr};

fn error(place: &Place, args: &[&str]) -> String {
    let out = place.run(args);
    assert_eq!(out.status.code(), Some(2), "{}", stderr(&out));
    let text = stderr(&out);
    text.lines()
        .filter(|l| l.starts_with("error"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn what_does_not_exist_is_named() {
    let place = Place::new();
    insta::assert_snapshot!(error(&place, &["browse", TRIAL, "--from", "9990", "--count", "11"]), @"error: `--count`: reaches sample 10000; they are numbered 0 to 9999");
    insta::assert_snapshot!(error(&place, &["interpolate", TRIAL, "--at", "3,10000"]), @"error: invalid value '3,10000' for '--at <LIST>': 10000 is no sample: they are numbered 0 to 9999; `dcgan explore browse` shows them");
    insta::assert_snapshot!(error(&place, &["arithmetic", TRIAL, "--plus", "1", "--minus", "77777"]), @"error: invalid value '77777' for '--minus <LIST>': 77777 is no sample: they are numbered 0 to 9999; `dcgan explore browse` shows them");
    insta::assert_snapshot!(error(&place, &["turn", TRIAL, "--left", "1", "--right", "2", "--of", "123456"]), @"error: invalid value '123456' for '--of <LIST>': 123456 is no sample: they are numbered 0 to 9999; `dcgan explore browse` shows them");
    insta::assert_snapshot!(error(&place, &["browse", "results/small/absent"]), @"error: `results/small/absent` is no net: expected a trial's folder (results/EXPERIMENT/TRIAL, with `spec.yaml` and `checkpoints/`) or a folder of the authors' released weights (`*_params.jl_*.npy`)");
    insta::assert_snapshot!(error(&place, &["browse", "results"]), @"error: `results` is no net: expected a trial's folder (results/EXPERIMENT/TRIAL, with `spec.yaml` and `checkpoints/`) or a folder of the authors' released weights (`*_params.jl_*.npy`)");
    insta::assert_snapshot!(error(&place, &["draw", "absent.json"]), @"error: cannot read `absent.json`: No such file or directory (os error 2)");
    assert!(
        !place.path(TRIAL).join("figures").exists(),
        "a figure was left behind"
    );
}

#[test]
fn a_released_folder_without_a_generator_says_which_arrays_it_lacks() {
    let place = Place::new();
    std::fs::create_dir(place.path("released")).unwrap();
    let array = ndarray::Array4::<f32>::ones((2, 3, 5, 5));
    let name = "released/200_discrim_params.jl_01.npy";
    ndarray_npy::write_npy(place.path(name), &array).unwrap();
    insta::assert_snapshot!(error(&place, &["browse", "released"]), @"error: `released` has no generator: its arrays [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] are missing; choose a net that is whole");
}

#[test]
fn a_row_for_each_class_needs_nets_that_know_the_classes() {
    let place = Place::new();
    insta::assert_snapshot!(error(&place, &["digits", TRIAL, "--data", "cifar11"]), @"error: no data set is called `cifar11` (did you mean `cifar10`?); known are cifar10, fashion_mnist, mnist, svhn; a card of your own goes to `datasets/NAME.yaml`, and images of your own are `folder:PATH`");
    insta::assert_snapshot!(error(&place, &["digits", TRIAL, "--beside", "results/absent"]), @"error: `results/absent` is no net: expected a trial's folder (results/EXPERIMENT/TRIAL, with `spec.yaml` and `checkpoints/`) or a folder of the authors' released weights (`*_params.jl_*.npy`)");
}

#[test]
fn lists_and_ranges_say_what_was_expected() {
    let place = Place::new();
    insta::assert_snapshot!(error(&place, &["arithmetic", TRIAL, "--plus", ""]), @"error: invalid value '' for '--plus <LIST>': an empty list; expected sample numbers with commas between them, such as 3,17,21");
    insta::assert_snapshot!(error(&place, &["arithmetic", TRIAL, "--plus", "3,x"]), @"error: invalid value '3,x' for '--plus <LIST>': `x` is not a sample's number; expected sample numbers with commas between them, such as 3,17,21");
    insta::assert_snapshot!(error(&place, &["arithmetic", TRIAL]), @"error: `--plus`: nothing to add: expected `plus`, `minus` or both");
    insta::assert_snapshot!(error(&place, &["browse", TRIAL, "--count", "0"]), @"error: invalid value '0' for '--count <N>': expected a whole number from 1 to 10000");
    insta::assert_snapshot!(error(&place, &["interpolate", TRIAL, "--points", "1"]), @"error: invalid value '1' for '--points <N>': expected a whole number from 2 to 10000");
    insta::assert_snapshot!(error(&place, &["turn", TRIAL, "--left", "1", "--right", "2", "--reach", "0"]), @"error: `--reach`: is 0; expected a number above 0, in lengths of the axis");
    insta::assert_snapshot!(error(&place, &["guided", TRIAL, "--samples", "--features", "33"]), @"error: the number of features is 33; expected 1 to 32");
    insta::assert_snapshot!(error(&place, &["guided", TRIAL, "--samples", "--images", "4"]), @"error: `--strongest`: is 8; expected 1 to 4, the number of `images` searched");
    insta::assert_snapshot!(error(&place, &["browse", TRIAL, "--name", "samples"]), @"error: `--name`: `samples` is the name of a trial's own picture; choose another");
    insta::assert_snapshot!(error(&place, &["browse", TRIAL, "--name", "../x"]), @"error: `--name`: `../x` cannot name a file; use letters, digits, `-` and `_`");
    insta::assert_snapshot!(error(&place, &["turn", TRIAL, "--left", "1"]), @"error: the following required arguments were not provided:");
    insta::assert_snapshot!(error(&place, &["guided", TRIAL, "--data", "cifar11"]), @"error: no data set is called `cifar11` (did you mean `cifar10`?); known are cifar10, fashion_mnist, mnist, svhn; a card of your own goes to `datasets/NAME.yaml`, and images of your own are `folder:PATH`");
}

#[test]
fn a_record_of_another_net_or_of_nothing_is_refused() {
    let place = Place::new();
    place.good(&["browse", TRIAL, "--count", "2", "--out", "figures"]);
    let record = "figures/browse.json";
    place.write_net(2);
    let said = error(&place, &["draw", record]);
    assert!(
        said.contains("was drawn from a net with SHA-256") && said.contains("--net"),
        "{said}"
    );
    place.write_net(1);
    place.good(&["draw", record]);
    let text = std::fs::read_to_string(place.path(record)).unwrap();
    let changed = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        place.write("bad.json", text.replace(from, to).as_bytes());
        error(&place, &["draw", "bad.json", "--out", "never"])
    };
    insta::assert_snapshot!(changed("\"figure\":\"browse\"", "\"figure\":\"../browse\""), @"error: `bad.json` is not a figure's record: no figure is called `../browse`; choose a JSON that `dcgan explore` wrote");
    insta::assert_snapshot!(changed("\"format\":1", "\"format\":9"), @"error: `bad.json` has format 9, this program reads 1; use a newer dcgan");
    insta::assert_snapshot!(changed("\"z\":[", "\"z\":[0.5,"), @"error: a z of 17 values is asked for, and this net's has 16");
    insta::assert_snapshot!(changed("\"tiles\":[", "\"tiles\":[],\"more\":["), @"error: the picture cannot be drawn: 0 images of 3 channels");
    place.write("bad.json", &text.as_bytes()[..text.len() / 2]);
    let said = error(&place, &["draw", "bad.json", "--out", "never"]);
    assert!(
        said.contains("`bad.json` is not a figure's record: EOF"),
        "{said}"
    );
    assert!(!place.path("never").exists(), "a figure was left behind");
}

#[test]
fn an_unfinished_trial_says_so() {
    let place = Place::new();
    std::fs::remove_file(place.path(TRIAL).join("checkpoints/final.safetensors")).unwrap();
    insta::assert_snapshot!(error(&place, &["browse", TRIAL]), @"error: trial `results/small/trial` has no `checkpoints/final.safetensors`: its training is not finished; run its sweep again to its end");
}

#[test]
fn a_spec_with_a_wrong_figure_ends_before_any_data_are_touched() {
    let place = Place::new();
    let spec = "\
name: wrong
data: {train: 'folder:absent'}
model: {preset: svhn32, width: 8}
explore:
  - {figure: turn, left: {looking: left}, right: {loking: right}}
";
    place.write("wrong.yaml", spec.as_bytes());
    for command in ["sweep", "describe"] {
        let mut dcgan = assert_cmd::Command::cargo_bin("dcgan").unwrap();
        dcgan
            .current_dir(place.path(""))
            .args(["--data-dir", "data", command, "wrong.yaml"]);
        let out = dcgan.output().unwrap();
        assert_eq!(out.status.code(), Some(2));
        insta::allow_duplicates! {
            insta::assert_snapshot!(stderr(&out).trim(), @"error: wrong.yaml:5:51: unknown key `loking` (did you mean `looking`?); expected one of `concept`, `against`, `looking`, `top`, `skip`, `of`");
        }
    }
    assert!(!place.path("results/wrong").exists());
}
