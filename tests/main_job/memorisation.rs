//! The memorisation stage: run, kept, and refused where the nets are gone.

use super::bench::{Bench, json, stderr};

const SETS: [&str; 4] = [
    "--set",
    "probe=[]",
    "--set",
    "memorisation={samples: 120, epochs: [1, 3]}",
];

#[test]
fn samples_of_named_epochs_are_held_against_the_training_images() {
    let name = "samples_of_named_epochs_are_held_against_the_training_images";
    let (Some(bench), Some(alone)) = (Bench::new(name), Bench::new(name)) else {
        return;
    };
    let sweep = [&["sweep", "small.yaml"][..], &SETS].concat();
    let out = bench.run(&sweep);
    assert!(out.status.success(), "{}", stderr(&out));
    let trial = bench.trials("small").remove(0);
    let found = json(&trial.join("memorisation.json"));
    let epochs = found["epochs"].as_array().unwrap();
    assert_eq!(epochs.len(), 2);
    for record in epochs {
        assert_eq!(record["samples"], 120);
        assert_eq!(record["held_out_images"], 120);
        assert_eq!(record["training_images"], 1000);
        for space in record["spaces"].as_array().unwrap() {
            for set in ["samples", "held_out"] {
                let values = space[set]["percentiles"].as_array().unwrap();
                let values: Vec<f64> = values.iter().map(|v| v.as_f64().unwrap()).collect();
                assert_eq!(values.len(), 101);
                assert!(values.is_sorted() && values[0] > 0.0, "{values:?}");
                // Real images of other classes are no copies of one another.
                assert!(space[set]["copies"].as_f64().unwrap() < 0.05);
            }
        }
        let sheet = format!(
            "figures/memorisation-epoch-{:04}.png",
            record["epoch"].as_u64().unwrap()
        );
        let sheet = image::open(trial.join(sheet)).unwrap();
        assert_eq!((sheet.width(), sheet.height()), (20 * 66 + 2, 3 * 66 + 2));
    }
    assert_ne!(epochs[0]["spaces"], epochs[1]["spaces"]);
    let table =
        std::fs::read_to_string(bench.path("results/small/report/memorisation.csv")).unwrap();
    assert_eq!(table.lines().count(), 5, "{table}");
    let out = bench.run(&sweep);
    assert!(
        stderr(&out).contains("done before, skipped"),
        "{}",
        stderr(&out)
    );

    // The stage is no part of what determines the nets: the trial is the same one, its early nets were not kept.
    let plain = ["sweep", "small.yaml", "--set", "probe=[]"];
    assert!(alone.run(&plain).status.success());
    let out = alone.run(&sweep);
    assert_eq!(out.status.code(), Some(2), "{}", stderr(&out));
    let text = stderr(&out);
    assert!(
        text.contains("the nets after epoch 1 were not kept"),
        "{text}"
    );
    assert_eq!(alone.trials("small")[0].file_name(), trial.file_name());
}
