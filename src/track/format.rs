//! The records of a run folder, version by version.
//!
//! `results/<experiment>/<trial>/` holds `spec.yaml`, `run.json` ([`RunRecord`]), `metrics.jsonl` (one
//! [`Point`] a line), `probes.json` (a list of [`ProbeRecord`]), `checkpoints/`, `figures/*.png`, `log.txt`.
//! A field may be added with a default; anything else raises [`VERSION`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::protocol;

pub use crate::spec::{Features, Labels};

/// The version that this program writes.
pub const VERSION: u32 = 1;

/// `run.json`: identity, state and provenance of a trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    pub format: u32,
    pub experiment: String,
    /// Hash of what determines the result; the folder's name.
    pub trial: String,
    /// The sweep parameters that set this trial apart, such as `seed=1`; empty for a single trial.
    pub label: String,
    /// What the sweep gave this trial, by dotted key; empty for a single trial, and where an older program wrote the record.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, serde_json::Value>,
    /// The name of its arm (`sweep.arms`), where the sweep has some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arm: Option<String>,
    /// What of the paper it reproduces, such as `table-1`.
    #[serde(default)]
    pub reproduces: Option<String>,
    pub status: Status,
    /// Why it failed or stopped, in a sentence.
    #[serde(default)]
    pub error: Option<String>,
    /// What kind of failure `error` tells of; `None` where it did not fail, and in records of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// `cpu`, `paper`, ...; `None` where the spec ran as written.
    pub profile: Option<String>,
    /// `cpu` or `cuda:0 (NVIDIA H100)`, with the thread count for the CPU.
    pub device: String,
    /// RFC 3339, UTC.
    pub started: String,
    #[serde(default)]
    pub finished: Option<String>,
    /// Seconds of work over all sessions of this trial, stage by stage, in order.
    pub stages: Vec<StageRecord>,
    /// Largest resident set of the process in bytes, over all sessions.
    #[serde(default)]
    pub peak_memory: Option<u64>,
    /// `dcgan`, `candle`, `rustc`, `os`, `cpu`, ... and their versions.
    pub versions: BTreeMap<String, String>,
    /// Commit of the source tree, with `-dirty` where it had changes; `None` outside a checkout.
    #[serde(default)]
    pub commit: Option<String>,
    pub data: Vec<DataRecord>,
    /// [`protocol::TRAINING`] when its nets were trained.
    #[serde(default = "protocol::unnumbered")]
    pub training: u32,
    pub seed: u64,
    pub scale: Scale,
    /// The command that runs this again.
    pub command: String,
}

/// How a trial stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Running,
    /// Stopped by the user or killed; the same command goes on from here.
    Stopped,
    /// NaN, divergence or an error; `error` says which.
    Failed,
    Finished,
}

/// Why a trial failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Failure {
    /// Its losses left the finite numbers: the same spec would do so again, and the sweep goes on without it.
    Diverged,
    /// Something that would stop every trial, such as a full disk: the same command tries again.
    Error,
}

/// A stage (`train`, `features`, `probe`, `figures`) of a trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageRecord {
    pub name: String,
    pub done: bool,
    pub seconds: f64,
}

/// A data set that the trial read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataRecord {
    /// The card's name, or `folder:PATH`.
    pub name: String,
    pub split: String,
    pub images: usize,
    /// SHA-256 over the card's file hashes in order, or over names and hashes of a folder's images.
    pub fingerprint: String,
    /// Images that were there and could not be decoded, and were left out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub skipped: usize,
}

fn is_zero(n: &usize) -> bool {
    *n == 0
}

/// What a row of a table must say about itself, so that a small run is never taken for the paper's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    /// The net's preset, or `released, M of N layers`.
    pub net: String,
    pub width: usize,
    /// Image side in pixels.
    pub size: usize,
    /// Passes over the training images; 0 for released or untrained weights.
    pub epochs: f64,
    /// The training set's card, or where the released weights came from.
    pub trained_on: String,
    /// Number of training images.
    pub images: usize,
    /// Parameters of the discriminator and of the generator.
    pub discriminator_parameters: u64,
    pub generator_parameters: u64,
}

/// A line of `metrics.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Mini-batches so far.
    pub step: u64,
    /// Passes over the training images so far.
    pub epoch: f64,
    /// Seconds of training so far, over all sessions.
    pub seconds: f64,
    /// `loss.d`, `loss.g`, `accuracy.real`, `accuracy.fake`, `grad.d`, `grad.g`, `images_per_second`, and of the filter
    /// monitor's last look `collapsed.g`, `collapsed.d`: shares of each net's filters.
    pub values: BTreeMap<String, f64>,
}

/// One probe of one set of features: a row of tables 1 and 2.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProbeRecord {
    /// [`protocol::PROBE`] when it was made.
    #[serde(default = "protocol::unnumbered")]
    pub protocol: u32,
    /// The data set probed.
    pub data: String,
    pub features: Features,
    /// Length of the feature vector.
    pub dimensions: usize,
    /// Largest number of units in a layer, the paper's "max # of feature units".
    pub max_units: usize,
    pub labels: Labels,
    /// The C that validation chose.
    pub c: f64,
    /// Every C tried with its validation accuracy (0 to 1).
    pub validation: Vec<(f64, f64)>,
    /// Mean test accuracy over the draws, 0 to 1.
    pub accuracy: f64,
    /// Test accuracy of each draw; one entry where all labels are used.
    pub draws: Vec<f64>,
    /// 1.96 standard deviations of the draws over the square root of their number: the 95% interval of the
    /// mean; `None` for a single draw.
    pub interval: Option<f64>,
    /// 1.96 standard deviations of the draws (table 2 prints this one).
    pub spread: Option<f64>,
    pub train_rows: usize,
    pub test_rows: usize,
    /// The solver that ran, `primal` or `linfa`.
    pub solver: String,
    /// Training rows held out once for every draw (table 2); `None` where each draw has validation rows of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_out: Option<usize>,
    pub seconds: f64,
}
