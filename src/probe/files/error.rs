use std::path::PathBuf;

use super::open::CLASSES;

/// Why features or labels in files cannot be probed.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("cannot read `{}`: {message}; expected an array file, as `numpy.save` writes it", path.display())]
    Read { path: PathBuf, message: String },
    #[error("`{}` holds values of type {found}, expected {expected}", path.display())]
    Type {
        path: PathBuf,
        found: String,
        expected: &'static str,
    },
    #[error("`{}` has shape {found:?}, expected {expected}", path.display())]
    Shape {
        path: PathBuf,
        found: Vec<usize>,
        expected: &'static str,
    },
    #[error(
        "feature {column} of row {row} in `{}` is {value}, expected a finite number; the network that made it may have diverged",
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
    #[error("every label in `{}` is {label}, expected at least two classes", path.display())]
    OneClass { path: PathBuf, label: i64 },
    #[error("`{}` names {found} classes, expected at most {CLASSES}", path.display())]
    Classes { path: PathBuf, found: usize },
    #[error(
        "row {row} of `{}` is labelled {label}, which no training row is",
        path.display()
    )]
    NewLabel {
        path: PathBuf,
        row: usize,
        label: i64,
    },
}
