//! An experiment as it is written: every key optional that has a default, unknown keys refused.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{
    ActivationRule, Features, Labels, LatentDistribution, NormRule, Precision, Preset, Protocol,
    Resampling, Schedule, Solver,
};
use super::{memorisation, monitor};

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Experiment {
    pub name: String,
    pub reproduces: Option<String>,
    pub protocol: Option<Protocol>,
    pub seed: Option<u64>,
    pub data: Data,
    pub model: Model,
    pub train: Option<Train>,
    pub probe: Option<Vec<Probe>>,
    /// Each is read by `explore`.
    pub explore: Option<Vec<serde_json::Value>>,
    pub memorisation: Option<memorisation::Raw>,
    pub quality: Option<Vec<super::quality::Raw>>,
    pub supervised: Option<super::supervised::Raw>,
    pub nearest: Option<super::nearest::Raw>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Data {
    pub train: String,
    pub split: Option<String>,
    pub size: Option<usize>,
    pub channels: Option<usize>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Model {
    pub preset: Option<Preset>,
    pub released: Option<PathBuf>,
    pub torch: Option<PathBuf>,
    pub generator: Option<PathBuf>,
    pub width: Option<usize>,
    pub latent: Option<Latent>,
    pub norm: Option<NormRule>,
    pub resampling: Option<Resampling>,
    pub activation: Option<ActivationRule>,
    pub hidden: Option<usize>,
    pub conditional: Option<bool>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Latent {
    pub size: Option<usize>,
    pub distribution: Option<LatentDistribution>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Train {
    pub epochs: Option<usize>,
    pub batch_size: Option<usize>,
    pub schedule: Option<Schedule>,
    pub adam: Option<Adam>,
    pub l2: Option<f64>,
    pub precision: Option<Precision>,
    pub log_every: Option<u64>,
    pub sheet_every: Option<usize>,
    pub sheets: Option<BTreeMap<usize, String>>,
    pub keep: Option<Vec<usize>>,
    pub monitor_every: Option<u64>,
    pub stop_on: Option<monitor::Reasons>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Adam {
    pub lr: Option<f64>,
    pub beta1: Option<f64>,
    pub beta2: Option<f64>,
    pub eps: Option<f64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Probe {
    pub data: String,
    pub labels: Labels,
    pub draws: Option<usize>,
    pub c: Option<Vec<f64>>,
    pub solver: Option<Solver>,
    pub controls: Option<Vec<Features>>,
    pub kmeans: Option<super::kmeans::RawKMeans>,
    pub validation: Option<usize>,
    pub selection_draws: Option<usize>,
    pub knn: Option<Vec<usize>>,
}

/// The `sweep:` section, in the widely known form: method, metric, parameters.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sweep {
    /// `grid`: every combination of an arm and the parameters' values, the last parameter fastest.
    #[serde(default)]
    pub method: Method,
    pub metric: Option<Metric>,
    /// Name -> dotted keys of the spec and the value that each takes in this arm.
    #[serde(default)]
    pub arms: BTreeMap<String, BTreeMap<String, serde_json::Value>>,
    /// Dotted key of the spec -> its values.
    #[serde(default)]
    pub parameters: BTreeMap<String, Parameter>,
}

/// How trials are chosen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    #[default]
    Grid,
}

/// What makes one trial better than another.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// Such as `probe.cifar10.all.accuracy`.
    pub name: String,
    pub goal: Goal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Goal {
    Maximize,
    Minimize,
}

/// A swept parameter: the values it takes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    pub values: Vec<serde_json::Value>,
}
