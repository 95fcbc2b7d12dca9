//! A fault at every change that a sweep makes on disk: a full disk, one failed write, a killed process.

use std::collections::BTreeMap;
use std::path::Path;

use super::bench::{Bench, hidden, json, stderr};

const PROBE: &str = "probe: [{data: 'folder:images', labels: 4, draws: 1, controls: []}]\n";

/// What a sweep found, without what a clock says: files by name with their bytes, and losses.
fn results(bench: &Bench) -> BTreeMap<String, Vec<u8>> {
    let trial = bench.trial();
    let mut found: BTreeMap<String, Vec<u8>> = [
        "checkpoints/final.safetensors",
        "figures/samples.png",
        "filters.jsonl",
        "spec.yaml",
    ]
    .iter()
    .map(|name| (name.to_string(), std::fs::read(trial.join(name)).unwrap()))
    .collect();
    let losses: Vec<String> = dcgan::track::history::read(&trial)
        .unwrap()
        .into_iter()
        .map(|mut p| {
            p.values.remove("images_per_second");
            format!("{} {:?}", p.step, p.values)
        })
        .collect();
    found.insert("losses".into(), losses.join("\n").into_bytes());
    let probes = json(&trial.join("probes.json"));
    let probes = probes.as_array().unwrap().iter();
    let draws: Vec<String> = probes.map(|p| p["draws"].to_string()).collect();
    found.insert("probes".into(), draws.join("\n").into_bytes());
    found
}

/// Everything with a record's name reads as one, or is not there.
fn readable(results: &Path) {
    for entry in walkdir::WalkDir::new(results) {
        let path = entry.unwrap().into_path();
        let extension = path.extension().unwrap_or_default().to_os_string();
        let hidden = path.file_name().unwrap().to_string_lossy().starts_with('.');
        match extension.to_str() {
            _ if hidden || !path.is_file() => {}
            Some("json") => drop(json(&path)),
            Some("safetensors") => {
                dcgan::train::load(&path, &candle_core::Device::Cpu).unwrap();
            }
            Some("png") => drop(image::open(&path).unwrap()),
            Some("parquet") => drop(dcgan::track::history::read_parquet(&path).unwrap()),
            Some("jsonl") if path.ends_with("metrics.jsonl") => {
                dcgan::track::history::read_jsonl(&path).unwrap();
            }
            _ => {}
        }
    }
}

fn goes_on_after(kind: &str) {
    let reference = Bench::new(1, PROBE);
    let out = reference.run(&["sweep", "tiny.yaml"]);
    assert!(out.status.success(), "{}", stderr(&out));
    let expected = results(&reference);
    let mut reached = 0;
    for change in 1.. {
        let fault = format!("{kind}:{change}");
        let bench = Bench::new(1, PROBE);
        let out = bench
            .command(&["sweep", "tiny.yaml"])
            .env("DCGAN_FAULT", &fault)
            .output()
            .unwrap();
        if bench.path("results").is_dir() {
            readable(&bench.path("results"));
        }
        // A fault may be one that costs nothing, such as of a note about the data; a full disk stays full.
        let passed = out.status.success();
        if !passed && kind != "kill" {
            let said = stderr(&out);
            assert_eq!(out.status.code(), Some(2), "{fault}: {said}");
            assert!(said.contains("cannot write"), "{fault}: {said}");
        }
        let again = bench.run(&["sweep", "tiny.yaml"]);
        assert!(again.status.success(), "{fault}: {}", stderr(&again));
        assert!(results(&bench) == expected, "{fault}: other results");
        let left = hidden(bench.path("").as_path(), ".partial-");
        assert!(left.is_empty(), "{fault}: {left:?}");
        match passed {
            false => reached = change,
            // None of so many changes after the last that mattered: the sweep makes no more of them.
            true if change > reached + 8 => break,
            true => {}
        }
    }
    assert!(
        reached > 40,
        "only {reached} changes: the layer is gone past"
    );
}

#[test]
fn a_sweep_killed_at_any_change_goes_on_to_the_same_bits() {
    goes_on_after("kill");
}

#[test]
fn a_sweep_on_a_disk_that_fills_up_at_any_change_goes_on_to_the_same_bits() {
    goes_on_after("full");
}
