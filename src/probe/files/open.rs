//! Features and labels that belong together.

use std::collections::BTreeSet;
use std::path::Path;

use ndarray::{Array2, ArrayD, Axis, Ix2};

use super::FileError;
use crate::data::npy::{self, Number};
use crate::probe::draws::hold_out;
use crate::track::Streams;

/// Classes at most: the protocols keep a label in a byte.
pub(super) const CLASSES: usize = 256;

/// Features, `[n, d]`, and the class of each row.
#[derive(Debug, Clone)]
pub struct Rows {
    pub features: Array2<f32>,
    /// Places in [`Sets::classes`].
    pub labels: Vec<u8>,
}

/// What is trained on and what is tested on.
#[derive(Debug, Clone)]
pub struct Sets {
    pub train: Rows,
    pub test: Rows,
    /// The labels as they stand in the files, ascending.
    pub classes: Vec<i64>,
}

/// Read training features and labels, and the test's. Without files for the test a fifth of the rows is held out for it, each class in
/// proportion, as `seed` draws them.
///
/// Features are numbers of any type in `(rows, features)`, labels whole numbers of any type in `(rows,)` or a column.
///
/// # Errors
/// [`FileError`], which names the file.
pub fn open(
    features: &Path,
    labels: &Path,
    test: Option<(&Path, &Path)>,
    seed: u64,
) -> Result<Sets, FileError> {
    let (x, raw) = pair(features, labels)?;
    let classes: BTreeSet<i64> = raw.iter().copied().collect();
    let classes: Vec<i64> = classes.into_iter().collect();
    match classes.as_slice() {
        [label] => {
            return Err(FileError::OneClass {
                path: labels.to_path_buf(),
                label: *label,
            });
        }
        all if all.len() > CLASSES => {
            return Err(FileError::Classes {
                path: labels.to_path_buf(),
                found: all.len(),
            });
        }
        _ => {}
    }
    let y = numbered(&raw, &classes, labels)?;
    let Some((test_features, test_labels)) = test else {
        let mut rng = Streams::new(seed).stream("probe.test");
        let split = hold_out(&y, classes.len(), y.len(), &mut rng);
        let rows = |rows: &[usize]| Rows {
            features: x.select(Axis(0), rows),
            labels: rows.iter().filter_map(|i| y.get(*i).copied()).collect(),
        };
        return Ok(Sets {
            train: rows(&split.fit),
            test: rows(&split.validate),
            classes,
        });
    };
    let (tx, raw) = pair(test_features, test_labels)?;
    if tx.ncols() != x.ncols() {
        return Err(FileError::Columns {
            path: test_features.to_path_buf(),
            found: tx.ncols(),
            expected: x.ncols(),
        });
    }
    let ty = numbered(&raw, &classes, test_labels)?;
    let rows = |features, labels| Rows { features, labels };
    Ok(Sets {
        train: rows(x, y),
        test: rows(tx, ty),
        classes,
    })
}

/// Labels as places in `classes`.
fn numbered(labels: &[i64], classes: &[i64], path: &Path) -> Result<Vec<u8>, FileError> {
    let place = |(row, label): (usize, &i64)| match classes.binary_search(label) {
        Ok(i) => Ok(i as u8),
        Err(_) => Err(FileError::NewLabel {
            path: path.to_path_buf(),
            row,
            label: *label,
            classes: listed(classes),
        }),
    };
    labels.iter().enumerate().map(place).collect()
}

/// The first few of the classes, as they stand in the file.
fn listed(classes: &[i64]) -> String {
    let few: Vec<String> = classes.iter().take(10).map(i64::to_string).collect();
    let more = if classes.len() > 10 { ", ..." } else { "" };
    few.join(", ") + more
}

fn pair(features: &Path, labels: &Path) -> Result<(Array2<f32>, Vec<i64>), FileError> {
    let x = matrix(features)?;
    let y = vector(labels)?;
    if x.nrows() != y.len() {
        return Err(FileError::Rows {
            features: features.to_path_buf(),
            rows: x.nrows(),
            path: labels.to_path_buf(),
            labels: y.len(),
        });
    }
    Ok((x, y))
}

fn array<T: npy::Value>(path: &Path) -> Result<ArrayD<T>, FileError> {
    npy::read(path).map_err(|source| FileError::Read {
        path: path.to_path_buf(),
        source,
    })
}

/// Labels of any type whose values are whole numbers, in a row or a column.
fn vector(path: &Path) -> Result<Vec<i64>, FileError> {
    let y = array::<Number>(path)?;
    // Of all axes at most one has more than one place.
    if y.ndim() == 0 || y.shape().iter().filter(|n| **n != 1).count() > 1 {
        return Err(FileError::Shape {
            path: path.to_path_buf(),
            found: y.shape().to_vec(),
            expected: "one label a row, (rows,); of one-hot rows `labels.argmax(axis=1)` makes them",
        });
    }
    let whole = |(row, value): (usize, &Number)| {
        let label = match value {
            Number::Whole(v) => i64::try_from(*v).ok(),
            // Beyond 2^53 not every whole number is one of these.
            Number::Real(v) => (v.fract() == 0.0 && v.abs() <= 2f64.powi(53)).then_some(*v as i64),
        };
        label.ok_or_else(|| FileError::NotWhole {
            path: path.to_path_buf(),
            row,
            value: match value {
                Number::Whole(v) => v.to_string(),
                Number::Real(v) => v.to_string(),
            },
        })
    };
    y.iter().enumerate().map(whole).collect()
}

fn matrix(path: &Path) -> Result<Array2<f32>, FileError> {
    let x = array::<f32>(path)?;
    let found = x.shape().to_vec();
    let x = match x.into_dimensionality::<Ix2>() {
        Ok(x) if !x.is_empty() => x,
        _ => {
            return Err(FileError::Shape {
                path: path.to_path_buf(),
                found,
                expected: "(rows, features) with at least one of each; `x.reshape(len(x), -1)` flattens maps",
            });
        }
    };
    match x.indexed_iter().find(|(_, v)| !v.is_finite()) {
        Some(((row, column), value)) => Err(FileError::NotFinite {
            path: path.to_path_buf(),
            row,
            column,
            value: *value,
        }),
        None => Ok(x),
    }
}
