//! Errors of Inception's weights.

use std::path::PathBuf;

use super::NetworkCard;
use crate::nn::state_dict::StateDictError;
use crate::spec::SpecError;

/// Why Inception's weights could not be used.
#[derive(Debug, thiserror::Error)]
pub enum InceptionError {
    #[error(
        "cannot read Inception's weights `{}`: {source}; download `{}` from {} and name it",
        path.display(),
        card.file.name,
        card.sources.join(" or ")
    )]
    Read {
        path: PathBuf,
        source: std::io::Error,
        card: Box<NetworkCard>,
    },
    #[error("{source}; the FID Inception's weights are published as `{published}`")]
    Torch {
        source: StateDictError,
        published: Box<str>,
    },
    #[error(transparent)]
    NotFinite(#[from] crate::nn::finite::NotFinite),
    #[error(transparent)]
    Card(#[from] SpecError),
    #[error(
        "`{}` has SHA-256 {found}, expected {expected}; get the file again, or correct `sha256` if another file is meant (the official weights have {published})",
        path.display()
    )]
    Hash {
        path: PathBuf,
        found: Box<str>,
        expected: Box<str>,
        published: Box<str>,
    },
    #[error(
        "`{}` lacks tensor `{name}` of shape {expected:?}: expected the weights of the FID Inception, such as `{published}`",
        path.display()
    )]
    Missing {
        path: PathBuf,
        name: Box<str>,
        expected: Box<[usize]>,
        published: Box<str>,
    },
    #[error(
        "`{}` holds tensor `{name}` of shape {found:?}, expected {expected:?}: expected the weights of the FID Inception, such as `{published}`; those of torchvision differ",
        path.display()
    )]
    Shape {
        path: PathBuf,
        name: Box<str>,
        found: Box<[usize]>,
        expected: Box<[usize]>,
        published: Box<str>,
    },
    #[error("Inception takes grey or colour images, found {0} channels")]
    Channels(usize),
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}
