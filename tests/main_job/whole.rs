//! From the data to the report, and the check that guards it.

use std::path::PathBuf;

use dcgan::track::history;

use super::bench::{Bench, json, stderr};

/// That screen, page and table have a row for each trial and kind of features with its accuracies, and one of means.
fn rows_say_what_was_measured(bench: &Bench, trials: &[PathBuf], screen: &str) {
    let report = |name: &str| {
        std::fs::read_to_string(bench.path("results/small/report").join(name)).unwrap()
    };
    let (html, csv) = (report("report.html"), report("probe-small.csv"));
    let rows = html
        .split("<tr")
        .skip(1)
        .filter_map(|row| row.split("</tr>").next());
    let rows: Vec<&str> = rows.collect();
    let percent = |accuracy: f64| format!("{:.1}%", 100.0 * accuracy);
    for (i, name) in ["DCGAN + L2-SVM", "same D, untrained", "raw pixels + L2-SVM"]
        .iter()
        .enumerate()
    {
        let mut sums = [0.0; 2];
        for trial in trials {
            let seed = json(&trial.join("run.json"))["seed"].as_u64().unwrap();
            let probes = json(&trial.join("probes.json"));
            let found = [i, i + 3].map(|p| probes[p]["accuracy"].as_f64().unwrap());
            sums = [sums[0] + found[0], sums[1] + found[1]];
            let name = format!("{name} (ours), seed={seed}");
            let [all, few] = found.map(percent);
            let line = screen.lines().find(|line| line.starts_with(&name)).unwrap();
            let cells: Vec<&str> = line[name.len()..].split_whitespace().collect();
            assert_eq!(cells[..2], [&all[..], &few[..]], "{line}");
            let row = rows.iter().find(|row| row.contains(&name)).unwrap();
            assert!(
                row.contains(&format!("<td>{all}</td><td>{few} (±")),
                "{row}"
            );
            let id = trial.file_name().unwrap().to_string_lossy();
            let start = format!(
                "\"{name}\",ours,{},{id},1,{},",
                ["trained", "untrained", "pixels"][i],
                found[0]
            );
            assert!(
                csv.lines().any(|line| line.starts_with(&start)),
                "{start} in\n{csv}"
            );
        }
        let name = format!("{name} (ours), mean of 2 seeds");
        let [all, few] = sums.map(|sum| percent(sum / 2.0));
        let row = rows.iter().find(|row| row.contains(&name)).unwrap();
        assert!(
            row.contains(&format!("<td>{all} (±")) && row.contains(&format!("<td>{few} (±")),
            "{row}"
        );
    }
}

#[test]
fn a_sweep_trains_probes_reports_and_skips_what_is_done() {
    let Some(bench) = Bench::new("a_sweep_trains_probes_reports_and_skips_what_is_done") else {
        return;
    };
    let sweep = [
        "sweep",
        "small.yaml",
        "--set",
        "sweep.parameters.seed.values=[0, 1]",
    ];
    let out = bench.run(&sweep);
    assert!(out.status.success(), "{}", stderr(&out));
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let trials = bench.trials("small");
    assert_eq!(trials.len(), 2);
    for trial in &trials {
        let run = json(&trial.join("run.json"));
        assert_eq!(run["status"], "finished");
        assert_eq!(run["scale"]["net"], "svhn32");
        let probes = json(&trial.join("probes.json"));
        let probes = probes.as_array().unwrap();
        // Two label counts of three kinds of features.
        assert_eq!(probes.len(), 6);
        for probe in probes {
            let accuracy = probe["accuracy"].as_f64().unwrap();
            // Ten classes: chance is 0.1; 300 test rows put three standard deviations at 0.05.
            assert!(accuracy > 0.15 && accuracy < 0.7, "{probe}");
        }
        for name in [
            "samples",
            "data",
            "samples-epoch-0000",
            "samples-epoch-0003",
        ] {
            let sheet = image::open(trial.join(format!("figures/{name}.png"))).unwrap();
            assert_eq!((sheet.width(), sheet.height()), (662, 662));
        }
        // 3 epochs of 20 batches, every fourth of them logged.
        let history = history::read_parquet(&trial.join("metrics.parquet")).unwrap();
        let steps: Vec<u64> = history.iter().map(|p| p.step).collect();
        assert_eq!(steps, (1..=15).map(|i| 4 * i).collect::<Vec<_>>());
        assert!(history.iter().all(|p| p.values["loss.d"] > 0.0));
        assert!(trial.join("checkpoints/final.safetensors").exists());
    }
    rows_say_what_was_measured(&bench, &trials, &text);

    let modified = |name: &str| {
        std::fs::metadata(trials[0].join(name))
            .unwrap()
            .modified()
            .unwrap()
    };
    let before = (
        modified("checkpoints/final.safetensors"),
        modified("probes.json"),
    );
    let again = bench.run(&sweep);
    assert!(again.status.success());
    assert_eq!(stderr(&again).matches("done before, skipped").count(), 2);
    assert_eq!(
        before,
        (
            modified("checkpoints/final.safetensors"),
            modified("probes.json")
        )
    );

    // Another probe trains nothing again.
    let more = [&sweep[..], &["--set", "probe.1.draws=2"]].concat();
    assert!(bench.run(&more).status.success());
    assert_eq!(before.0, modified("checkpoints/final.safetensors"));
    let probes = json(&trials[0].join("probes.json"));
    assert_eq!(probes[3]["draws"].as_array().unwrap().len(), 2);
}

#[test]
fn a_check_holds_metrics_to_their_baseline() {
    let Some(bench) = Bench::new("a_check_holds_metrics_to_their_baseline") else {
        return;
    };
    assert!(bench.run(&["sweep", "small.yaml"]).status.success());
    let check = ["check", "results/small"];
    let none = bench.run(&check);
    assert_eq!(none.status.code(), Some(2), "{}", stderr(&none));
    assert!(
        bench
            .run(&["check", "results/small", "--accept"])
            .status
            .success()
    );
    assert_eq!(bench.run(&check).status.code(), Some(0));
    let trial = bench.trials("small").remove(0);
    let mut probes = json(&trial.join("probes.json"));
    probes[0]["accuracy"] = serde_json::json!(0.01);
    std::fs::write(trial.join("probes.json"), probes.to_string()).unwrap();
    let worse = bench.run(&check);
    assert_eq!(worse.status.code(), Some(1), "{}", stderr(&worse));
    let table = String::from_utf8_lossy(&worse.stdout).into_owned();
    let verdicts: Vec<(&str, &str, &str)> = table
        .lines()
        .filter(|line| line.starts_with("probe.small."))
        .map(|line| {
            let cells: Vec<&str> = line.split_whitespace().collect();
            (cells[0], cells[2], cells[5])
        })
        .collect();
    assert_eq!(verdicts.len(), 6, "{table}");
    for (metric, ours, verdict) in verdicts {
        match metric {
            "probe.small.all.accuracy" => assert_eq!((ours, verdict), ("0.0100", "REGRESSED")),
            _ => assert_eq!(verdict, "held", "{table}"),
        }
    }
}
