//! Figure 6: boxes, the maps that speak for what they hold, and samples without them.

use super::place::{Place, TRIAL, read, stderr};

pub const BOXES: &str = "samples:
  2: [[4, 4, 14, 14], [20, 18, 30, 28]]
  5: [[6, 2, 16, 12]]
  9: [[3, 6, 12, 15]]
  11: [[5, 5, 15, 15]]
  12: []
  14: [[2, 3, 14, 12]]
";

fn drop_args<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut args = vec![
        "drop",
        TRIAL,
        "--boxes",
        "boxes.yaml",
        "--random",
        "--show",
        "12",
    ];
    args.extend(more);
    args
}

#[test]
fn maps_of_positive_weight_are_dropped_and_the_record_draws_the_same() {
    let place = Place::new();
    place.write("boxes.yaml", BOXES.as_bytes());
    place.good(&drop_args(&["--concept", "corners"]));
    let json = place.json(&format!("{TRIAL}/figures/drop.json"));
    let fit = &json["fit"];
    assert_eq!(
        (fit["boxes"].as_u64(), fit["samples"].as_u64()),
        (Some(6), Some(6))
    );
    assert_eq!(fit["inside"], fit["outside"]);
    let weights: Vec<f64> = serde_json::from_value(fit["weights"].clone()).unwrap();
    let panels = &json["rows"];
    let without = |row: usize| -> Vec<usize> {
        serde_json::from_value(panels[row][0]["without"]["maps"].clone()).unwrap()
    };
    // Width 8: hidden maps of 16 and 8 channels, the second from the top is the lower one.
    assert_eq!(weights.len(), 16);
    assert_eq!(panels[1][0]["without"]["layer"], 0);
    let dropped = without(1);
    assert!(dropped.iter().all(|&m| weights[m] > 0.0));
    assert_eq!(dropped.len(), weights.iter().filter(|w| **w > 0.0).count());
    assert!(dropped.windows(2).all(|w| weights[w[0]] >= weights[w[1]]));
    assert_eq!(without(2).len(), dropped.len());
    // Two blocks of three rows; the samples shown are the first without boxes.
    assert_eq!(panels.as_array().unwrap().len(), 6);
    let shown: Vec<u64> = [0, 3]
        .iter()
        .flat_map(|&row| panels[row][0]["tiles"].as_array().unwrap())
        .filter_map(|t| t["sample"].as_u64())
        .collect();
    assert_eq!(shown, [0, 1, 3, 4, 6, 7, 8, 10, 13, 15, 16, 17]);
    let record = format!("{TRIAL}/figures/drop.json");
    place.good(&["draw", &record, "--out", "again", "--threads", "1"]);
    for name in ["drop.png", "drop.json"] {
        let (first, second) = (format!("{TRIAL}/figures/{name}"), format!("again/{name}"));
        assert!(
            read(&place.path(&first)) == read(&place.path(&second)),
            "{name}"
        );
    }
    place.good(&drop_args(&["--drop", "1", "--layer", "1", "--out", "one"]));
    let json = place.json("one/drop.json");
    assert_eq!(
        json["rows"][1][0]["without"]["maps"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(json["fit"]["weights"].as_array().unwrap().len(), 8);
}

#[test]
fn boxes_that_do_not_fit_are_told_with_their_place() {
    let place = Place::new();
    let error = |boxes: &str, more: &[&str]| {
        place.write("boxes.yaml", boxes.as_bytes());
        let out = place.run(&drop_args(more));
        assert_eq!(out.status.code(), Some(2), "{}", stderr(&out));
        let said = stderr(&out);
        said.lines()
            .find(|l| l.starts_with("error"))
            .unwrap()
            .to_string()
    };
    insta::assert_snapshot!(error(&BOXES.replace("[6, 2, 16, 12]", "[6, 2, 36, 12]"), &[]), @"error: boxes.yaml:3:7: `samples.5.0`: [6, 2, 36, 12] reaches out of the image, which is 32x32 pixels; expected x1 up to 32 and y1 up to 32");
    insta::assert_snapshot!(error(&BOXES.replace("  9:", "  90000:"), &[]), @"error: boxes.yaml:4:3: `samples.90000`: is no sample: they are numbered 0 to 9999; `dcgan explore browse` shows them");
    insta::assert_snapshot!(error("samples:\n  12: []\n", &[]), @"error: `boxes.yaml` has no box; draw some with `dcgan explore boxes`");
    insta::assert_snapshot!(error("samples:\n  1: [[0, 0, 32, 32]]\n", &[]), @"error: the boxes cover their samples whole: nothing outside tells what they hold; draw smaller ones");
    insta::assert_snapshot!(error(&format!("net: 00ff\n{BOXES}"), &[]).split(", and").next().unwrap(), @"error: the boxes in `boxes.yaml` were drawn on samples of a net with SHA-256 00ff");
    insta::assert_snapshot!(error(BOXES, &["--drop", "17"]), @"error: the number of feature maps dropped is 17; expected 1 to 16");
    insta::assert_snapshot!(error(BOXES, &["--layer", "3"]), @"error: the layer, from the top, is 3; expected 1 to 2");
    insta::assert_snapshot!(error(BOXES, &["--of", "3"]), @"error: the argument '--show <N>' cannot be used with '--of <LIST>'");
}
