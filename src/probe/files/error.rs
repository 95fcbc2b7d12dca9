//! Errors of features and labels in files.

use std::path::PathBuf;

use super::open::CLASSES;
use crate::data::npy::NpyError;

/// Why features or labels in files cannot be probed.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("`{}` {source}", path.display())]
    Read { path: PathBuf, source: NpyError },
    #[error("`{}` has shape {found:?}, expected {expected}", path.display())]
    Shape {
        path: PathBuf,
        found: Vec<usize>,
        expected: &'static str,
    },
    #[error(
        "feature {column} of row {row} in `{}` is {value} (both counted from 0), expected a finite number within single precision (3.4e38); \
         the network that made it may have diverged",
        path.display()
    )]
    NotFinite {
        path: PathBuf,
        row: usize,
        column: usize,
        value: f32,
    },
    #[error(
        "`{}` has {rows} rows and `{}` {labels} labels, expected one label a row",
        features.display(),
        path.display()
    )]
    Rows {
        features: PathBuf,
        rows: usize,
        path: PathBuf,
        labels: usize,
    },
    #[error(
        "`{}` has {found} features a row and the training features {expected}, expected the same; both must come from the same \
         layers of the same network",
        path.display()
    )]
    Columns {
        path: PathBuf,
        found: usize,
        expected: usize,
    },
    #[error(
        "label {row} in `{}` (counted from 0) is {value}, expected whole numbers of at most 63 bits; `numpy.unique(labels, return_inverse=True)[1]` \
         gives every distinct value a number",
        path.display()
    )]
    NotWhole {
        path: PathBuf,
        row: usize,
        value: String,
    },
    #[error("every label in `{}` is {label}, expected at least two classes", path.display())]
    OneClass { path: PathBuf, label: i64 },
    #[error("`{}` names {found} classes, expected at most {CLASSES}", path.display())]
    Classes { path: PathBuf, found: usize },
    #[error(
        "row {row} of `{}` (counted from 0) is labelled {label}, which no training row is: those are labelled {classes}; \
         number the classes alike in both files",
        path.display()
    )]
    NewLabel {
        path: PathBuf,
        row: usize,
        label: i64,
        /// The labels of the training rows.
        classes: String,
    },
}
