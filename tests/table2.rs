//! Table 2's protocol from SVHN's files to the report, on small MAT-files that scipy wrote (`fixtures/mat_scipy.py`).

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const SPEC: &str = "\
name: digits
reproduces: table-2
data: {train: svhn}
model: {preset: svhn32, width: 4, latent: {size: 8}}
train: {epochs: 2, batch_size: 50}
probe:
  - {data: svhn, labels: 20, draws: 4, validation: 100, selection_draws: 2, c: [1e-3, 1e-2, 1e-1], knn: [1, 3, 5]}
supervised: {data: svhn, labels: 20, validation: 100, trials: 3, epochs: 15}
";

/// A folder to run `dcgan` in, with a card `svhn` of the small files in the built-in one's place.
struct Bench(tempfile::TempDir);

impl Bench {
    fn new() -> Bench {
        let bench = Bench(tempfile::tempdir().unwrap());
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mat_scipy");
        let mut files = String::new();
        for name in ["digits_train.mat", "digits_test.mat"] {
            let bytes = std::fs::read(fixtures.join(name)).unwrap();
            let hash: String = Sha256::digest(&bytes)
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect();
            files += &format!(
                "  - {{name: {name}, bytes: {}, sha256: {hash}}}\n",
                bytes.len()
            );
            bench.write(&format!("data/svhn/{name}"), &bytes);
        }
        let card = format!(
            "name: svhn\ntitle: Small digits\ndescription: a test's\nlicence: none\ncitation: none\nhomepage: none\n\
             classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']\n\
             image: {{channels: 3, height: 32, width: 32}}\nformat: svhn\nsources: []\nfiles:\n{files}\
             splits:\n  train: {{files: [digits_train.mat], images: 400}}\n  test: {{files: [digits_test.mat], images: 100}}\n"
        );
        bench.write("datasets/svhn.yaml", card.as_bytes());
        bench.write("digits.yaml", SPEC.as_bytes());
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// Run the sweep; what it printed for people.
    fn sweep(&self, more: &[&str]) -> String {
        let mut command = Command::cargo_bin("dcgan").unwrap();
        command.current_dir(self.0.path()).env_remove("DCGAN_DATA");
        command.args([
            "--data-dir",
            "data",
            "--threads",
            "2",
            "sweep",
            "digits.yaml",
        ]);
        let out = command.args(more).output().unwrap();
        let errors = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "{errors}");
        // Without the line ends of the terminal's width.
        let text = String::from_utf8_lossy(&out.stdout);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn trial(&self) -> PathBuf {
        let entries = std::fs::read_dir(self.path("results/digits")).unwrap();
        let mut trials = entries
            .map(|e| e.unwrap().path())
            .filter(|p| p.join("run.json").exists());
        trials.next().unwrap()
    }
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// A record without how long it took.
fn timeless(mut value: Value) -> Value {
    if let Some(map) = value.as_object_mut() {
        map.remove("seconds");
    }
    for child in value.as_array_mut().into_iter().flatten() {
        *child = timeless(child.take());
    }
    for (_, child) in value.as_object_mut().into_iter().flatten() {
        *child = timeless(child.take());
    }
    value
}

#[test]
fn svhns_files_lead_to_table_2_and_a_search_goes_on_where_it_stopped() {
    let bench = Bench::new();
    let text = bench.sweep(&[]);
    let trial = bench.trial();
    let probes = read(&trial.join("probes.json"));
    let knn = read(&trial.join("knn.json"));
    for (records, name) in [(&probes, "probes"), (&knn, "knn")] {
        let records = records.as_array().unwrap();
        assert_eq!(records.len(), 3, "{name}");
        for record in records {
            assert_eq!(record["held_out"], 100);
            assert_eq!(record["train_rows"], 200);
            assert_eq!(record["test_rows"], 100);
            assert_eq!(record["draws"].as_array().unwrap().len(), 4);
            // The values are tried one and all, whatever comes first.
            assert_eq!(record["validation"].as_array().unwrap().len(), 3);
        }
    }
    let supervised = read(&trial.join("supervised.json"));
    let trials = supervised["trials"].as_array().unwrap();
    assert_eq!(trials.len(), 3);
    let best = trials
        .iter()
        .map(|t| t["validation"].as_f64().unwrap())
        .fold(0.0, f64::max);
    assert_eq!(supervised["validation"].as_f64(), Some(best));
    // Ten classes: chance is 0.1, with a standard deviation of 0.03.
    assert!(
        supervised["accuracy"].as_f64().unwrap() > 0.19,
        "{supervised}"
    );
    // Other labels than the paper's: its rows would not compare.
    assert!(
        text.contains("The protocol of table 2 on SVHN with 200 labels"),
        "{text}"
    );
    assert!(
        text.contains("22.48%, as updated 22.18% (±1.13%)"),
        "{text}"
    );
    assert!(
        !text.contains("TSVM") && !text.contains("Table 1"),
        "{text}"
    );
    assert!(
        text.contains("supervised CNN, same architecture (ours)"),
        "{text}"
    );

    // As if stopped after the first trial: the rest is run again to the same numbers, the first is not.
    for entry in std::fs::read_dir(trial.join("supervised")).unwrap() {
        let path = entry.unwrap().path();
        if !path.to_string_lossy().ends_with("-000.json") {
            std::fs::remove_file(path).unwrap();
        }
    }
    let first = std::fs::read_dir(trial.join("supervised"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let before = first.metadata().unwrap().modified().unwrap();
    bench.sweep(&[]);
    assert_eq!(first.metadata().unwrap().modified().unwrap(), before);
    let again = read(&trial.join("supervised.json"));
    assert_eq!(timeless(again), timeless(supervised.clone()));

    // More trials go on where fewer ended.
    bench.sweep(&["--set", "supervised.trials=4"]);
    let more = timeless(read(&trial.join("supervised.json")));
    let trials = timeless(supervised)["trials"].as_array().unwrap().clone();
    assert_eq!(more["trials"].as_array().unwrap()[..3], trials[..]);
    assert_eq!(more["trials"].as_array().unwrap().len(), 4);
}

#[test]
fn table_2_holds_the_papers_rows_and_ours() {
    let dir = tempfile::tempdir().unwrap();
    let fixture =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/report/cifar/3f0a9c1e/run.json");
    let mut run = read(&fixture);
    run["experiment"] = json!("svhn");
    run["label"] = json!("");
    run["reproduces"] = json!("table-2");
    run["scale"]["trained_on"] = json!("svhn");
    run["scale"]["net"] = json!("svhn32");
    let common = json!({
        "data": "svhn", "labels": 100, "held_out": 10_000, "train_rows": 1000, "test_rows": 26_032,
        "draws": [0.5, 0.6], "seconds": 1.0, "dimensions": 7168, "spread": 0.02
    });
    let with = |more: Value| {
        let mut record = common.clone();
        record
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        record
    };
    let svm = |features: &str, accuracy: f64| {
        with(json!({
            "features": features, "accuracy": accuracy, "c": 5e-4, "validation": [[5e-4, 0.7], [1e-3, 0.6]],
            "interval": 0.01, "solver": "linfa", "max_units": 256
        }))
    };
    let neighbours = with(json!({
        "features": "pixels", "accuracy": 0.25, "k": 3, "validation": [[1, 0.2], [3, 0.26]], "dimensions": 3072
    }));
    let settings = json!({"lr": 1e-3});
    let supervised = json!({
        "data": "svhn", "labels": 100, "held_out": 10_000, "train_rows": 1000, "test_rows": 26_032, "epochs": 25,
        "parameters": 1_000_000, "chosen": 1, "validation": 0.7, "accuracy": 0.69, "seconds": 2.0,
        "trials": [
            {"settings": settings, "validation": 0.6, "epoch": 10, "seconds": 1.0},
            {"settings": settings, "validation": 0.7, "epoch": 15, "seconds": 1.0}
        ]
    });
    let trial = dir.path().join("svhn/3f0a9c1e");
    std::fs::create_dir_all(&trial).unwrap();
    let probes = json!([
        svm("trained", 0.77),
        svm("untrained", 0.6),
        svm("pixels", 0.3)
    ]);
    for (name, value) in [
        ("run.json", run),
        ("probes.json", probes),
        ("knn.json", json!([neighbours])),
        ("supervised.json", supervised),
    ] {
        std::fs::write(trial.join(name), value.to_string()).unwrap();
    }
    let written = dcgan::report::write(
        &dir.path().join("svhn"),
        None,
        &dcgan::track::progress::Silent,
    )
    .unwrap();
    insta::assert_snapshot!("table2", written.table_text);
    let csv = std::fs::read_to_string(dir.path().join("svhn/report/table-2.csv")).unwrap();
    assert!(
        csv.contains("supervised CNN, same architecture\",paper,,,,,,,,,0.2887"),
        "{csv}"
    );

    // Another net on the same draws of the same seed reads the same pixels: no second row and no mean of theirs.
    let other = dir.path().join("svhn/5b7c2d10");
    std::fs::create_dir_all(&other).unwrap();
    let mut run = read(&trial.join("run.json"));
    run["trial"] = json!("5b7c2d10");
    run["label"] = json!("model.width=32");
    run["scale"]["width"] = json!(32);
    for (name, value) in [
        ("run.json", run),
        (
            "probes.json",
            json!([svm("trained", 0.7), svm("pixels", 0.3)]),
        ),
        ("knn.json", read(&trial.join("knn.json"))),
    ] {
        std::fs::write(other.join(name), value.to_string()).unwrap();
    }
    dcgan::report::write(
        &dir.path().join("svhn"),
        None,
        &dcgan::track::progress::Silent,
    )
    .unwrap();
    let csv = std::fs::read_to_string(dir.path().join("svhn/report/table-2.csv")).unwrap();
    let rows = |text: &str| csv.lines().filter(|l| l.contains(text)).count();
    assert_eq!(
        (
            rows("raw pixels + L2-SVM (ours)"),
            rows("KNN on raw pixels (ours)"),
            rows("of 2 seeds")
        ),
        (1, 1, 0),
        "{csv}"
    );
}
