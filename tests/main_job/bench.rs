//! A folder to run `dcgan` in: a card `small` of real CIFAR-10 images, a spec that trains on it in seconds.

use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use dcgan::data::{Card, Store};
use sha2::{Digest, Sha256};

use crate::needs;

/// Bytes of a CIFAR-10 record: a label and 3x32x32 pixels.
const RECORD: usize = 3073;
const TRAIN: usize = 1000;
const TEST: usize = 300;

pub const SPEC: &str = "\
name: small
reproduces: table-1
data: {train: small}
model: {preset: svhn32, width: 4, latent: {size: 16}}
train: {epochs: 3, batch_size: 50, log_every: 4}
probe:
  - {data: small, labels: all, c: [1e-4]}
  - {data: small, labels: 20, draws: 3, c: [1e-4]}
";

/// A folder that goes away with the test.
pub struct Bench {
    dir: tempfile::TempDir,
}

impl Bench {
    /// With the data set and the spec in place; `None`, said loudly, where CIFAR-10 cannot be had.
    pub fn new(test: &str) -> Option<Bench> {
        let (cifar10, store) = needs::cifar10(test)?;
        let (train, test_set) = records(&cifar10, &store);
        let bench = Bench {
            dir: tempfile::tempdir().unwrap(),
        };
        bench.write("data/small/train.bin", &train);
        bench.write("data/small/test.bin", &test_set);
        bench.write("datasets/small.yaml", card(&train, &test_set).as_bytes());
        bench.write("small.yaml", SPEC.as_bytes());
        Some(bench)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::cargo_bin("dcgan").unwrap();
        command
            .current_dir(self.dir.path())
            .env_remove("DCGAN_DATA")
            .args(["--data-dir", "data", "--threads", "2"])
            .args(args);
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// The folders of an experiment's trials.
    pub fn trials(&self, experiment: &str) -> Vec<PathBuf> {
        let mut trials: Vec<PathBuf> = std::fs::read_dir(self.path("results").join(experiment))
            .map(|entries| entries.map(|e| e.unwrap().path()).collect())
            .unwrap_or_default();
        trials.retain(|p| p.join("run.json").exists());
        trials.sort();
        trials
    }
}

/// Standard error as text, the folder's own name taken out.
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The first records of CIFAR-10's first training batch and of its test batch.
fn records(cifar10: &Card, store: &Store) -> (Vec<u8>, Vec<u8>) {
    let first = |name: &str, n: usize| {
        let bytes = std::fs::read(store.path(cifar10, name)).unwrap();
        bytes[..n * RECORD].to_vec()
    };
    (
        first("data_batch_1.bin", TRAIN),
        first("test_batch.bin", TEST),
    )
}

fn card(train: &[u8], test: &[u8]) -> String {
    let file = |name: &str, bytes: &[u8]| {
        let hash: String = Sha256::digest(bytes)
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        format!(
            "  - {{name: {name}, bytes: {}, sha256: {hash}}}\n",
            bytes.len()
        )
    };
    let files = file("train.bin", train) + &file("test.bin", test);
    format!(
        "name: small\ntitle: Some of CIFAR-10\ndescription: a test's\nlicence: as CIFAR-10\ncitation: as CIFAR-10\n\
         homepage: none\n\
         classes: [airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck]\n\
         image: {{channels: 3, height: 32, width: 32}}\nformat: cifar\nsources: []\nfiles:\n{files}\
         splits:\n  train: {{files: [train.bin], images: {TRAIN}}}\n  test: {{files: [test.bin], images: {TEST}}}\n"
    )
}
