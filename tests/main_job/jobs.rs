//! Trials side by side come to what they come to in turn.

use super::bench::{Bench, json, stderr};

#[test]
fn trials_side_by_side_give_the_bits_of_trials_in_turn() {
    let name = "trials_side_by_side_give_the_bits_of_trials_in_turn";
    let (Some(in_turn), Some(beside)) = (Bench::new(name), Bench::new(name)) else {
        return;
    };
    let sweep = [
        "sweep",
        "small.yaml",
        "--set",
        "sweep.parameters.seed.values=[0, 1, 2, 1]",
        "--set",
        "train.epochs=1",
    ];
    let out = in_turn.run(&sweep);
    assert!(out.status.success(), "{}", stderr(&out));
    let out = beside.run(&[&sweep[..], &["--jobs", "2"]].concat());
    assert!(out.status.success(), "{}", stderr(&out));
    // The seed that stands there twice is run once.
    assert_eq!(stderr(&out).matches("done before, skipped").count(), 1);
    let (a, b) = (in_turn.trials("small"), beside.trials("small"));
    assert_eq!(a.len(), 3);
    for (a, b) in a.iter().zip(&b) {
        assert_eq!(a.file_name(), b.file_name());
        let bytes = |trial: &std::path::Path| {
            std::fs::read(trial.join("checkpoints/final.safetensors")).unwrap()
        };
        assert!(bytes(a) == bytes(b));
        let accuracies = |trial: &std::path::Path| {
            let probes = json(&trial.join("probes.json"));
            let probes = probes.as_array().unwrap().iter();
            probes.map(|p| p["accuracy"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(accuracies(a), accuracies(b));
        assert_eq!(json(&b.join("run.json"))["device"], "cpu (1 thread)");
    }
}
