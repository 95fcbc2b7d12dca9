//! Errors of PyTorch checkpoints.

use std::path::PathBuf;

use crate::nn::NnError;
use crate::nn::state_dict::StateDictError;
use crate::track::atomic::WriteError;

/// Why a PyTorch checkpoint could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum TorchError {
    #[error(transparent)]
    Read(#[from] StateDictError),
    #[error(
        "`{}` is not in the layout of PyTorch's DCGAN example: {net} of {layers} convolutions lacks `{key}`, expected {expected}; it has {found}",
        path.display()
    )]
    Missing {
        path: PathBuf,
        net: &'static str,
        layers: usize,
        key: String,
        expected: Box<str>,
        found: Box<str>,
    },
    #[error(
        "`{key}` in `{}` has shape {found:?}, expected {expected} as in PyTorch's DCGAN example",
        path.display()
    )]
    Shape {
        path: PathBuf,
        key: String,
        found: Vec<usize>,
        expected: String,
    },
    #[error(
        "`{key}` in `{}` has no place in the layout of PyTorch's DCGAN example: {net} has convolutions without bias, \
         and batch norm after all but the first and the last",
        path.display()
    )]
    Extra {
        path: PathBuf,
        net: &'static str,
        key: String,
    },
    #[error(
        "the generator in `{}` draws {found} and the discriminator in `{}` judges {expected}: choose two of one training, or \
         leave `model.generator` out",
        generator.display(),
        discriminator.display()
    )]
    Pair {
        generator: PathBuf,
        discriminator: PathBuf,
        found: String,
        expected: String,
    },
    #[error(
        "this discriminator has {present} of its {all} layers, and a whole one is needed for an export"
    )]
    Cut { present: usize, all: usize },
    #[error(
        "only nets by the paper's rules have a place in this layout: strided convolutions with batch norm, no hidden layer, no labels"
    )]
    Rules,
    #[error(transparent)]
    Nn(#[from] NnError),
    #[error(transparent)]
    Write(#[from] WriteError),
}
