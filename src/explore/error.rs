//! Why a figure could not be made.

use std::path::PathBuf;

use super::samples::SAMPLES;
use crate::data::{DataError, ImagesError};
use crate::nn::NnError;
use crate::nn::released::ReleasedError;
use crate::nn::torch::TorchError;
use crate::probe::{FeatureError, ProbeError};
use crate::spec::SpecError;
use crate::track::atomic::WriteError;
use crate::track::progress::Stopped;
use crate::track::run::RunError;
use crate::train::TrainError;

/// Why a figure could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ExploreError {
    /// The user asked to stop.
    #[error("{0}")]
    Stopped(#[from] Stopped),
    #[error(
        "`{}` is no net: expected a trial's folder (results/EXPERIMENT/TRIAL, with `spec.yaml` and `checkpoints/`) or a folder of the authors' released weights (`*_params.jl_*.npy`)",
        path.display()
    )]
    NoNet { path: PathBuf },
    #[error(
        "trial `{}` has no `{file}`: its training is not finished; run its sweep again to its end",
        path.display()
    )]
    Unfinished { path: PathBuf, file: &'static str },
    #[error("the checkpoint `{}` lacks tensor `d.0.weight` or `g.0.weight`: it is not one of dcgan's; run the trial's sweep again", path.display())]
    NoWeights { path: PathBuf },
    #[error(
        "`{}` has no generator{}; choose a net that is whole",
        path.display(),
        arrays(missing)
    )]
    NoGenerator { path: PathBuf, missing: Vec<usize> },
    #[error(
        "sample {index} does not exist: samples are numbered 0 to {}; `dcgan explore browse` shows them",
        SAMPLES - 1
    )]
    NoSuchSample { index: usize },
    #[error("{what}: an empty list of samples; name one or more by their numbers, such as 3,17,21")]
    NoSamples { what: &'static str },
    #[error("{what} is {found}; expected {expected}")]
    Range {
        what: &'static str,
        found: String,
        expected: String,
    },
    #[error(
        "`{}` was drawn from a net with SHA-256 {expected}, and `{folder}` has {found}; name the right one with `--net`",
        path.display()
    )]
    OtherNet {
        path: PathBuf,
        folder: String,
        expected: String,
        found: String,
    },
    #[error(
        "the boxes in `{}` were drawn on samples of a net with SHA-256 {expected}, and `{folder}` has {found}; its samples are others: draw them anew with `dcgan explore boxes`",
        path.display()
    )]
    OtherBoxes {
        path: PathBuf,
        folder: String,
        expected: String,
        found: String,
    },
    #[error("`{}` has no box; draw some with `dcgan explore boxes`", path.display())]
    NoBoxes { path: PathBuf },
    #[error(
        "data set `{name}` has no labels in split `{split}`, and a concept is a class of labelled images; name another with `data`"
    )]
    NoLabels { name: String, split: String },
    #[error(
        "data set `{name}` has no class `{class}`{}; its classes are {}",
        nearest.as_ref().map_or_else(String::new, |n| format!(" (did you mean `{n}`?)")),
        few(known)
    )]
    NoClass {
        class: String,
        name: String,
        nearest: Option<String>,
        known: Vec<String>,
    },
    #[error("this net does not say which data set it was trained on; name one with `data`")]
    NoData,
    #[error(transparent)]
    Probe(#[from] ProbeError),
    #[error(transparent)]
    Features(#[from] FeatureError),
    #[error("{0}")]
    Fit(String),
    #[error("cannot serve the page: {0}")]
    Server(String),
    #[error("`{}` is not a figure's record: {message}; choose a JSON that `dcgan explore` wrote", path.display())]
    Record { path: PathBuf, message: String },
    #[error("`{}` has format {found}, this program reads {known}; use a newer dcgan", path.display())]
    Newer {
        path: PathBuf,
        found: u32,
        known: u32,
    },
    #[error(
        "the net in `{}` knows {found} classes and `{data}` has {expected}; this figure needs nets conditional on its classes: `model.conditional: true`, trained on that data set",
        path.display()
    )]
    Classes {
        path: PathBuf,
        data: String,
        expected: usize,
        found: usize,
    },
    #[error("a z of {found} values is asked for, and this net's has {expected}")]
    Latent { found: usize, expected: usize },
    #[error(
        "the net knows {classes} classes (0: it is not conditional), and {found} labels are given for {z} z; a conditional net wants one for each, another none"
    )]
    Labels {
        classes: usize,
        z: usize,
        found: usize,
    },
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("the picture cannot be drawn: {0}")]
    Picture(String),
    #[error(transparent)]
    Spec(#[from] SpecError),
    #[error(transparent)]
    Weights(#[from] ReleasedError),
    #[error(transparent)]
    Torch(#[from] TorchError),
    #[error(transparent)]
    Train(#[from] TrainError),
    #[error(transparent)]
    Nn(#[from] NnError),
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Images(#[from] ImagesError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    Run(#[from] RunError),
}

/// Which of a released generator's arrays are missing; a PyTorch discriminator comes without any.
fn arrays(missing: &[usize]) -> String {
    match missing {
        [] => String::new(),
        missing => format!(": its arrays {missing:?} are missing"),
    }
}

/// Some names, and how many more there are.
fn few(names: &[String]) -> String {
    const FEW: usize = 20;
    let mut texts: Vec<&str> = names.iter().take(FEW).map(String::as_str).collect();
    let more = format!("and {} more", names.len().saturating_sub(FEW));
    if names.len() > FEW {
        texts.push(&more);
    }
    texts.join(", ")
}
