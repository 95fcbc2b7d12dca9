//! The filter monitor watches without touching, and ends a training where it is asked to.

use std::collections::BTreeSet;
use std::path::Path;

use dcgan::track::filters::{self, Look};

use super::bench::{Bench, json, stderr};

fn sweep(bench: &Bench, sets: &[&str]) -> std::process::Output {
    let mut args = vec!["sweep", "small.yaml", "--set", "probe=[]"];
    for set in sets {
        args.extend(["--set", set]);
    }
    bench.run(&args)
}

/// That the table has a row for each layer in which a filter collapsed: how many at the end, at any time, and when first.
fn rows_say_what_collapsed(csv: &str, looks: &[Look]) {
    let last = looks.last().unwrap();
    let mut collapsed = 0;
    for (i, layer) in last.layers.iter().enumerate() {
        let lasting = || {
            looks
                .iter()
                .filter(|look| !look.layers[i].lasting.is_empty())
        };
        let row = csv
            .lines()
            .find(|line| line.contains(&format!(",{},", layer.name)));
        let Some(first) = lasting().next() else {
            assert_eq!(row, None, "{} never collapsed", layer.name);
            continue;
        };
        let ever: BTreeSet<usize> = lasting()
            .flat_map(|look| look.layers[i].lasting.clone())
            .collect();
        let expected = [
            layer.filters(),
            layer.lasting.len(),
            ever.len(),
            first.step as usize,
        ];
        let cells: Vec<&str> = row.unwrap().split(',').collect();
        assert_eq!(
            cells[3..7].join(","),
            expected.map(|n| n.to_string()).join(","),
            "{}",
            layer.name
        );
        collapsed += 1;
    }
    assert!(collapsed > 0, "no layer with a collapse");
}

fn looks(trial: &Path) -> Vec<Look> {
    filters::read(trial).unwrap()
}

#[test]
fn a_watched_training_comes_to_the_same_bits() {
    let name = "a_watched_training_comes_to_the_same_bits";
    let (Some(watched), Some(alone)) = (Bench::new(name), Bench::new(name)) else {
        return;
    };
    let out = sweep(&watched, &["train.monitor_every=7"]);
    assert!(out.status.success(), "{}", stderr(&out));
    assert!(sweep(&alone, &["train.monitor_every=0"]).status.success());
    let (a, b) = (
        watched.trials("small").remove(0),
        alone.trials("small").remove(0),
    );
    assert_eq!(a.file_name(), b.file_name());
    let bytes = |t: &Path| std::fs::read(t.join("checkpoints/final.safetensors")).unwrap();
    assert!(bytes(&a) == bytes(&b));
    assert!(looks(&b).is_empty());
    let looks = looks(&a);
    assert_eq!(
        looks.iter().map(|l| l.step).collect::<Vec<_>>(),
        (1..=8).map(|i| 7 * i).collect::<Vec<_>>()
    );
    let layers: Vec<(&str, usize)> = looks[0]
        .layers
        .iter()
        .map(|l| (&l.name[..], l.filters()))
        .collect();
    let expected = [
        ("g.1", 8),
        ("g.2", 4),
        ("g.3", 3),
        ("d.0", 4),
        ("d.1", 8),
        ("d.2", 16),
    ];
    assert_eq!(layers, expected);
    // Normalised filters of a net that has just begun answer each sample in its own way.
    let g = &looks[0].layers[0];
    assert!(
        g.variation.iter().all(|v| *v > 0.3) && g.lasting.is_empty(),
        "{g:?}"
    );
    let history = dcgan::track::history::read(&a).unwrap();
    assert!(!history[0].values.contains_key("collapsed.g"));
    assert!(history.last().unwrap().values["collapsed.g"] < 0.5);
}

#[test]
fn a_collapse_ends_the_training_where_it_may() {
    let Some(bench) = Bench::new("a_collapse_ends_the_training_where_it_may") else {
        return;
    };
    // A hundred times the learning rate that the paper found too high.
    let sets = [
        "train.adam.lr=0.1",
        "train.adam.beta1=0.9",
        "train.epochs=12",
        "train.monitor_every=3",
        "train.stop_on=filter_collapse",
    ];
    let out = sweep(&bench, &sets);
    assert!(out.status.success(), "{}", stderr(&out));
    let trial = bench.trials("small").remove(0);
    let run = json(&trial.join("run.json"));
    assert_eq!(run["status"], "finished");
    let last = looks(&trial).pop().unwrap();
    assert!(last.step < 12 * 20, "it never collapsed");
    let says = format!("stopped by filter_collapse at step {}", last.step);
    assert_eq!(run["error"], says);
    assert!((run["scale"]["epochs"].as_f64().unwrap() - last.epoch).abs() < 1e-12);
    assert!(stderr(&out).contains(&says), "{}", stderr(&out));
    assert!(last.layers.iter().any(|l| l.lasting.len() >= 2));
    let final_net = trial.join("checkpoints/final.safetensors");
    let before = std::fs::metadata(&final_net).unwrap().modified().unwrap();

    let report = |name: &str| {
        std::fs::read_to_string(bench.path("results/small/report").join(name)).unwrap()
    };
    assert!(report("report.html").contains(&says));
    rows_say_what_collapsed(&report("filters.csv"), &looks(&trial));
    // The colour of a collapse.
    assert!(report("filters.svg").contains("#D55E00"));

    // The same sweep has nothing left to do; with a probe more it does that, and trains no further.
    let out = sweep(&bench, &sets);
    assert!(
        stderr(&out).contains("done before, skipped"),
        "{}",
        stderr(&out)
    );
    let probe = "probe=[{data: small, labels: all, c: [1e-4], controls: []}]";
    let out = sweep(&bench, &[&sets[..], &[probe]].concat());
    assert!(out.status.success(), "{}", stderr(&out));
    assert_eq!(
        json(&trial.join("probes.json")).as_array().unwrap().len(),
        1
    );
    assert_eq!(json(&trial.join("run.json"))["error"], says);
    assert_eq!(
        std::fs::metadata(&final_net).unwrap().modified().unwrap(),
        before
    );
}
