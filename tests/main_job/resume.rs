//! A run that was stopped or killed goes on to the bits of one that never was.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::bench::{Bench, json, stderr};

/// Losses and gradient norms by step: all of a line that is not a clock's.
fn history(trial: &Path) -> Vec<(u64, String)> {
    dcgan::track::history::read(trial)
        .unwrap()
        .into_iter()
        .map(|mut p| {
            p.values.remove("images_per_second");
            (p.step, format!("{:?}", p.values))
        })
        .collect()
}

/// Often enough that a stop falls between two looks.
const WATCHED: &str = "train.monitor_every=3";

fn interrupt(bench: &Bench, signal: &str, schedule: &str) {
    let set = format!("train.schedule={schedule}");
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("dcgan"))
        .current_dir(bench.path(""))
        .args(["--data-dir", "data", "--threads", "1"])
        .args(["sweep", "small.yaml", "--set", &set, "--set", WATCHED])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(120);
    let logged = || {
        bench.trials("small").iter().any(|t| {
            std::fs::read_to_string(t.join("metrics.jsonl")).is_ok_and(|m| m.lines().count() >= 7)
        })
    };
    while !logged() && child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < deadline, "no metrics after two minutes");
        std::thread::sleep(Duration::from_millis(5));
    }
    let killed = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success(), "the run ended before it could be stopped");
    let status = child.wait().unwrap();
    assert!(!status.success(), "{signal} did not stop the run");
}

fn resumed_equals_unstopped(test: &str, signal: &str, schedule: &str) {
    let (Some(straight), Some(stopped)) = (Bench::new(test), Bench::new(test)) else {
        return;
    };
    let set = format!("train.schedule={schedule}");
    let sweep = ["sweep", "small.yaml", "--set", &set, "--set", WATCHED];
    let out = straight.run(&sweep);
    assert!(out.status.success(), "{}", stderr(&out));
    interrupt(&stopped, signal, schedule);
    let trial = stopped.trials("small").remove(0);
    assert!(!trial.join("checkpoints/final.safetensors").exists());
    let out = stopped.run(&sweep);
    assert!(out.status.success(), "{}", stderr(&out));
    assert!(
        stderr(&out).contains("resuming at epoch"),
        "{}",
        stderr(&out)
    );
    let whole = straight.trials("small").remove(0);
    assert_eq!(whole.file_name(), trial.file_name());
    let bytes = |t: &Path, name: &str| std::fs::read(t.join(name)).unwrap();
    for name in [
        "checkpoints/final.safetensors",
        "figures/samples.png",
        "filters.jsonl",
    ] {
        assert!(bytes(&whole, name) == bytes(&trial, name), "{name} differs");
    }
    assert_eq!(history(&whole), history(&trial));
    let accuracies = |t: &Path| {
        let probes = json(&t.join("probes.json"));
        let probes = probes.as_array().unwrap().iter();
        probes.map(|p| p["draws"].to_string()).collect::<Vec<_>>()
    };
    assert_eq!(accuracies(&whole), accuracies(&trial));
}

/// Ctrl-C saves; so does the signal of a scheduler. Another number of threads gives the same bits as well.
#[test]
#[cfg(unix)]
fn a_stopped_run_goes_on_bit_for_bit() {
    let name = "a_stopped_run_goes_on_bit_for_bit";
    resumed_equals_unstopped(name, "-INT", "both");
    resumed_equals_unstopped(name, "-TERM", "alternate");
}

/// A killed run falls back to its last checkpoint, at the end of an epoch.
#[test]
#[cfg(unix)]
fn a_killed_run_goes_on_bit_for_bit() {
    resumed_equals_unstopped("a_killed_run_goes_on_bit_for_bit", "-KILL", "both");
}
