//! Errors of training.

use std::path::PathBuf;

use crate::data::{ImagesError, LoaderError};
use crate::nn::NnError;
use crate::track::atomic::WriteError;
use crate::track::history::HistoryError;
use crate::track::progress::Stopped;
use crate::track::run::RunError;

/// Why training could not go on.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The user asked to stop.
    #[error("{0}")]
    Stopped(#[from] Stopped),
    #[error(transparent)]
    Nn(#[from] NnError),
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    History(#[from] HistoryError),
    /// The losses left the numbers.
    #[error(
        "diverged at step {step}: {what}; a lower `train.adam.lr` or `train.adam.beta1: 0.5` usually helps"
    )]
    Diverged { step: u64, what: String },
    /// bf16 was asked for where nothing multiplies it.
    #[error(
        "`train.precision: bf16` needs a processor with AVX512-BF16, and the CPU as device; leave it out or say `f32`"
    )]
    NoBf16,
    #[error("{0}")]
    Checkpoint(String),
    #[error("checkpoint `{}`: {message}; delete it to train anew", path.display())]
    BadCheckpoint { path: PathBuf, message: String },
    #[error(
        "`{}` is damaged: its content does not fit its checksum; delete it and run the sweep again, which goes on from the last whole checkpoint",
        path.display()
    )]
    DamagedCheckpoint { path: PathBuf },
    #[error("parameter `{name}` is unknown to the optimiser")]
    NoMoments { name: String },
    /// A conditional training that was given no labels.
    #[error(
        "conditional nets train on labelled images, and the training set has no labels; say `model.conditional: false` or choose a set with classes"
    )]
    NoLabels,
    #[error(
        "expected one label below {classes} for each of {images} images, found {found} labels; use the data set that the trial was made with"
    )]
    WrongLabels {
        found: usize,
        images: usize,
        classes: usize,
    },
    /// Samples were asked for in a way that the generator does not know.
    #[error("{0}")]
    Samples(&'static str),
    #[error(transparent)]
    Loader(#[from] LoaderError),
    #[error(transparent)]
    Images(#[from] ImagesError),
    #[error(
        "the data set's images are {found:?} (channels, height, width), the model needs {expected:?}"
    )]
    WrongImages {
        found: (usize, usize, usize),
        expected: (usize, usize, usize),
    },
}
