//! A results folder made of real records, trial by trial.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dcgan::report::claims::{ClaimVerdict, Decided, Outcome, decide};
use dcgan::report::{collect, published};
use dcgan::track::format::{
    Failure, Features, Labels, Point, ProbeRecord, RunRecord, Scale, Status, VERSION,
};
use dcgan::track::protocol;
use dcgan::track::run::write_json;

/// `results`, empty at first.
pub struct Place {
    pub dir: tempfile::TempDir,
}

/// What sets a trial apart.
pub struct Trial<'a> {
    pub experiment: &'a str,
    pub reproduces: &'a str,
    /// Its arm in the label, such as `train.adam.beta1=0.9`.
    pub arm: &'a str,
    pub seed: u64,
    /// The resolved spec but for the name, as YAML.
    pub spec: &'a str,
    pub probes: Vec<ProbeRecord>,
    pub history: Vec<Point>,
    pub failed: bool,
    /// The net's preset in its scale.
    pub net: &'a str,
    pub epochs: f64,
    /// The version of its training.
    pub training: u32,
}

impl Default for Trial<'_> {
    fn default() -> Self {
        Trial {
            experiment: "cifar",
            reproduces: "table-1",
            arm: "",
            seed: 0,
            spec: "model: {preset: svhn32, width: 32}\n",
            probes: Vec::new(),
            history: Vec::new(),
            failed: false,
            net: "svhn32",
            epochs: 4.0,
            training: protocol::TRAINING,
        }
    }
}

impl Place {
    pub fn new() -> Self {
        Place {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    pub fn results(&self) -> &Path {
        self.dir.path()
    }

    /// Write a trial's folder.
    pub fn trial(&self, trial: Trial) -> PathBuf {
        let arm: String = trial
            .arm
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        let id = format!("{arm}seed{}training{}", trial.seed, trial.training);
        let folder = self.results().join(trial.experiment).join(&id);
        std::fs::create_dir_all(&folder).unwrap();
        let label = match trial.arm {
            "" => format!("seed={}", trial.seed),
            arm => format!("{arm}, seed={}", trial.seed),
        };
        let run = RunRecord {
            format: VERSION,
            experiment: trial.experiment.into(),
            trial: id,
            label,
            parameters: BTreeMap::new(),
            arm: None,
            reproduces: Some(trial.reproduces.into()),
            status: match trial.failed {
                true => Status::Failed,
                false => Status::Finished,
            },
            error: trial
                .failed
                .then(|| "diverged at step 12: the loss is NaN".into()),
            failure: trial.failed.then_some(Failure::Diverged),
            profile: Some("cpu".into()),
            device: "cpu (2 threads)".into(),
            started: "2026-01-01T10:00:00Z".into(),
            finished: None,
            stages: Vec::new(),
            peak_memory: None,
            versions: BTreeMap::new(),
            commit: None,
            data: Vec::new(),
            training: trial.training,
            seed: trial.seed,
            scale: Scale {
                net: trial.net.into(),
                width: 32,
                size: 32,
                epochs: trial.epochs,
                trained_on: "cifar10".into(),
                images: 50_000,
                discriminator_parameters: 1,
                generator_parameters: 1,
            },
            command: format!("dcgan sweep experiments/{}.yaml", trial.experiment),
        };
        write_json(&folder.join("run.json"), &run).unwrap();
        write_json(&folder.join("probes.json"), &trial.probes).unwrap();
        let spec = format!("name: {}\n{}", trial.experiment, trial.spec);
        std::fs::write(folder.join("spec.yaml"), spec).unwrap();
        let lines = trial
            .history
            .iter()
            .map(|p| serde_json::to_string(p).unwrap() + "\n");
        std::fs::write(folder.join("metrics.jsonl"), lines.collect::<String>()).unwrap();
        folder
    }

    /// Every claim as it stands.
    pub fn decided(&self) -> Vec<Decided> {
        let experiments = match collect::holds_experiments(self.results()).unwrap() {
            true => collect::all(self.results()).unwrap(),
            false => Vec::new(),
        };
        decide(&experiments, &published::published().unwrap()).unwrap()
    }

    /// The verdict on one claim.
    pub fn verdict(&self, id: &str) -> ClaimVerdict {
        self.of(id).verdict()
    }

    /// The one outcome on a claim.
    pub fn outcome(&self, id: &str) -> Outcome {
        let decided = self.of(id);
        assert_eq!(decided.outcomes.len(), 1, "{decided:?}");
        decided.outcomes[0].clone()
    }

    /// One claim as it stands.
    pub fn of(&self, id: &str) -> Decided {
        let all = self.decided();
        all.into_iter().find(|d| d.claim.id == id).unwrap()
    }
}

/// A probe of CIFAR-10 with 400 labels per class, its draws about `accuracy` with a 95% interval of about 0.4 points.
pub fn probe(features: Features, accuracy: f64) -> ProbeRecord {
    ProbeRecord {
        protocol: protocol::PROBE,
        data: "cifar10".into(),
        features,
        dimensions: 3584,
        max_units: 128,
        labels: Labels::PerClass(400),
        c: 1e-3,
        validation: vec![(1e-3, accuracy)],
        accuracy,
        draws: vec![accuracy - 0.004, accuracy, accuracy + 0.004],
        held_out: None,
        interval: Some(0.004),
        spread: Some(0.0078),
        train_rows: 4000,
        test_rows: 10_000,
        solver: "linfa".into(),
        seconds: 1.0,
    }
}

/// Losses that swing about 1 by this factor's logarithm, with a little that no seed shares.
pub fn history(swings: [f64; 2], seed: u64) -> Vec<Point> {
    (0..200u64)
        .map(|i| {
            let own = ((i * 7919 + seed * 104_729) % 101) as f64 / 101.0 - 0.5;
            let wave = (std::f64::consts::TAU * i as f64 / 9.0).sin();
            let [d, g] = swings.map(|swing| (swing * wave + 0.05 * own).exp());
            Point {
                step: i * 10,
                epoch: i as f64 / 40.0,
                seconds: i as f64,
                values: BTreeMap::from([("loss.d".into(), d), ("loss.g".into(), 1.0 / g)]),
            }
        })
        .collect()
}
