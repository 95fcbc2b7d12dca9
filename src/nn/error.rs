//! Errors of networks.

/// Why a network could not be made, loaded or run.
#[derive(Debug, thiserror::Error)]
pub enum NnError {
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
    #[error(transparent)]
    NotFinite(#[from] super::finite::NotFinite),
    #[error(
        "the checkpoint lacks tensor `{name}` of shape {expected:?}: it is a checkpoint of another model; choose the spec that made it"
    )]
    Missing { name: String, expected: Vec<usize> },
    #[error(
        "the checkpoint holds tensor `{name}` of shape {found:?}, which this model does not have: it is a checkpoint of another model; choose the spec that made it"
    )]
    Extra { name: String, found: Vec<usize> },
    #[error(
        "tensor `{name}` has shape {found:?} and this model expects {expected:?}: it is a checkpoint of another model; choose the spec that made it"
    )]
    Shape {
        name: String,
        found: Vec<usize>,
        expected: Vec<usize>,
    },
    #[error("this discriminator has {present} of its {all} layers, which is not enough to {what}")]
    LayersMissing {
        present: usize,
        all: usize,
        what: &'static str,
    },
    #[error("the {net} expects input of shape (N, {expected}), found {found:?}")]
    Input {
        net: &'static str,
        expected: String,
        found: Vec<usize>,
    },
    #[error(
        "hidden layer {layer} of the generator has no feature map {map}: its maps are numbered from 0, and there are {there}"
    )]
    NoSuchMap {
        layer: usize,
        map: usize,
        there: usize,
    },
    #[error(
        "the {net} knows {classes} classes and expects one-hot labels of shape [{rows}, {classes}] beside its input (none where it knows 0), found {found:?}"
    )]
    Labels {
        net: &'static str,
        rows: usize,
        classes: usize,
        found: Option<Vec<usize>>,
    },
    #[error("label {label} does not exist: the net knows {classes} classes, counted from 0")]
    NoSuchClass { label: u8, classes: usize },
    #[error("{what} knows the paper's layers only: strides, batch norm, rectifiers, no labels")]
    OtherRules { what: &'static str },
    #[error("batch-norm statistics need at least one batch, found none")]
    NoBatches,
}
