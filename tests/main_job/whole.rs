//! From the data to the report, and the check that guards it.

use super::bench::{Bench, json, stderr};

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
    assert!(text.contains("report.html"), "{text}");
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
        assert!(trial.join("metrics.parquet").exists());
        assert!(trial.join("checkpoints/final.safetensors").exists());
        assert!(!trial.join(".lock").exists());
    }
    let html = std::fs::read_to_string(bench.path("results/small/report/report.html")).unwrap();
    assert!(html.contains("DCGAN"), "the page lacks its rows");

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
    assert!(String::from_utf8_lossy(&worse.stdout).contains("REGRESSED"));
}
