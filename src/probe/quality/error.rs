//! Errors of comparing two sets of images.

use crate::nn::NnError;
use crate::nn::inception::InceptionError;
use crate::track::progress::Stopped;

/// Why two sets of images could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum QualityError {
    /// The user asked to stop.
    #[error("{0}")]
    Stopped(#[from] Stopped),
    #[error(
        "{what} has {found} images, expected at least {needed}: fewer have no neighbours to measure; ask for more `samples` or name a larger set"
    )]
    TooFew {
        what: &'static str,
        found: usize,
        needed: usize,
    },
    #[error(
        "image {row} of {what} has a feature that is {value}, expected finite numbers; the network that made the images or the features may have diverged"
    )]
    NotFinite {
        what: &'static str,
        row: usize,
        value: f64,
    },
    #[error("the eigenvalues of a {side}x{side} matrix were not found: {message}")]
    Eigenvalues { side: usize, message: String },
    #[error("the features do not form a table: {0}")]
    Shape(String),
    #[error(transparent)]
    Inception(#[from] InceptionError),
    #[error(transparent)]
    Nn(#[from] NnError),
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}
