use std::path::PathBuf;

use super::weights::{OFFICIAL_NAME, OFFICIAL_SHA256};
use crate::nn::state_dict::StateDictError;

/// Why Inception's weights could not be used.
#[derive(Debug, thiserror::Error)]
pub enum InceptionError {
    #[error(
        "cannot read Inception's weights `{}`: {source}; download `{OFFICIAL_NAME}` from torch-fidelity's or pytorch-fid's releases and name it",
        path.display()
    )]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(transparent)]
    Torch(#[from] StateDictError),
    #[error("`{}` is not a safetensors file: {message}", path.display())]
    Safetensors { path: PathBuf, message: String },
    #[error(
        "`{}` has SHA-256 {found}, expected {expected}; get the file again, or correct `sha256` if another file is meant (the official weights have {OFFICIAL_SHA256})",
        path.display()
    )]
    Hash {
        path: PathBuf,
        found: String,
        expected: String,
    },
    #[error(
        "`{}` lacks tensor `{name}` of shape {expected:?}: expected the weights of the FID Inception, such as `{OFFICIAL_NAME}`",
        path.display()
    )]
    Missing {
        path: PathBuf,
        name: String,
        expected: Vec<usize>,
    },
    #[error(
        "`{}` holds tensor `{name}` of shape {found:?}, expected {expected:?}: expected the weights of the FID Inception, such as `{OFFICIAL_NAME}`; those of torchvision differ",
        path.display()
    )]
    Shape {
        path: PathBuf,
        name: String,
        found: Vec<usize>,
        expected: Vec<usize>,
    },
    #[error("Inception takes grey or colour images, found {0} channels")]
    Channels(usize),
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}
