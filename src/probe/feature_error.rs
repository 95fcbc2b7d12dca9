use crate::nn::NnError;
use crate::track::atomic::WriteError;

/// Why features could not be made.
#[derive(Debug, thiserror::Error)]
pub enum FeatureError {
    #[error(transparent)]
    Nn(#[from] NnError),
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("the features do not form a table: {0}")]
    Shape(String),
}
