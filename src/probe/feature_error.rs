//! Errors of making features.

use crate::nn::NnError;
use crate::track::atomic::WriteError;
use crate::track::progress::Stopped;

/// Why features could not be made.
#[derive(Debug, thiserror::Error)]
pub enum FeatureError {
    /// The user asked to stop.
    #[error("{0}")]
    Stopped(#[from] Stopped),
    #[error(transparent)]
    Nn(#[from] NnError),
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("the features do not form a table: {0}")]
    Shape(String),
    #[error(
        "the images are {height}x{width} px and a k-means patch {patch}x{patch}; take `kmeans` out of `controls` or choose larger images"
    )]
    SmallImages {
        height: usize,
        width: usize,
        patch: usize,
    },
    #[error(
        "k-means cannot find {units} centroids among {patches} patches; raise `kmeans.patches` or lower `kmeans.units`"
    )]
    FewPatches { units: usize, patches: usize },
    #[error("the covariance of the patches has no eigenvalues: {0}")]
    Whitening(String),
}
