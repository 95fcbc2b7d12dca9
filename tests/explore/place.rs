//! A folder with a trial in it: a small net as training leaves it, before its first step.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use candle_core::Device;
use dcgan::nn::{Architecture, Discriminator, Generator};
use dcgan::spec::{Latent, LatentDistribution, Preset};
use dcgan::train::{self, FINAL};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const SPEC: &str = "\
name: small
reproduces: null
protocol: paper
seed: 5
data: {train: cifar10, split: train, size: 32}
model: {preset: svhn32, width: 8, latent: {size: 16, distribution: uniform}}
train:
  epochs: 1
  batch_size: 128
  schedule: both
  adam: {lr: 2e-4, beta1: 0.5, beta2: 0.999, eps: 1e-8}
  l2: 0.0
  log_every: 20
  sheet_every: 1
probe: []
";

pub const TRIAL: &str = "results/small/trial";

/// A folder that goes away with the test.
pub struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    /// With a trial in [`TRIAL`].
    pub fn new() -> Place {
        let place = Place {
            dir: tempfile::tempdir().unwrap(),
        };
        place.write(&format!("{TRIAL}/spec.yaml"), SPEC.as_bytes());
        place.write_net(1);
        place
    }

    /// The trial's checkpoint, drawn from another seed.
    pub fn write_net(&self, seed: u64) {
        let latent = Latent {
            size: 16,
            distribution: LatentDistribution::Uniform,
        };
        let a = Architecture::new(Preset::Svhn32, 8, latent, 3);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let g = Generator::init(&a, &mut rng, &Device::Cpu).unwrap();
        let d = Discriminator::init(&a, &mut rng, &Device::Cpu).unwrap();
        let mut tensors: BTreeMap<_, _> = g.params().tensors().unwrap();
        tensors.extend(d.params().tensors().unwrap());
        train::save(&self.path(TRIAL).join(FINAL), &tensors, None).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    pub fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::cargo_bin("dcgan").unwrap();
        command
            .current_dir(self.dir.path())
            .args(["--data-dir", "data", "explore"])
            .args(args);
        command.output().unwrap()
    }

    /// A run that must succeed.
    pub fn good(&self, args: &[&str]) {
        let out = self.run(args);
        assert!(out.status.success(), "{args:?}: {}", stderr(&out));
    }

    pub fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_slice(&read(&self.path(name))).unwrap()
    }
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
