//! Features of any frozen network from NumPy's array files, with their labels, ready for [`super::probe`].

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use half::f16;
use ndarray::{Array2, ArrayD, Axis, Ix1, Ix2};
use ndarray_npy::{ReadDataError, ReadNpyError, ReadNpyExt, ReadableElement};
use py_literal::Value;

use super::draws::hold_out;
use crate::track::Streams;

/// Values converted at a time.
const CHUNK: usize = 1 << 15;
/// Classes at most: the protocols keep a label in a byte.
const CLASSES: usize = 256;

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
/// Features are `float16`, `float32` or `float64` in `(rows, features)`, labels whole numbers in `(rows)`.
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
        }),
    };
    labels.iter().enumerate().map(place).collect()
}

fn pair(features: &Path, labels: &Path) -> Result<(Array2<f32>, Vec<i64>), FileError> {
    let x = matrix(features)?;
    let y = array::<Whole>(labels, "whole numbers (int8 to int64, uint8 to uint32)")?;
    let found = y.shape().to_vec();
    let y: Vec<i64> = match y.into_dimensionality::<Ix1>() {
        Ok(y) => y.iter().map(|v| v.0).collect(),
        Err(_) => {
            return Err(FileError::Shape {
                path: labels.to_path_buf(),
                found,
                expected: "one label a row, (rows,); `labels.ravel()` makes it so",
            });
        }
    };
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

fn matrix(path: &Path) -> Result<Array2<f32>, FileError> {
    let x = array::<Number>(path, "floating point (float16, float32 or float64)")?;
    let found = x.shape().to_vec();
    let x = match x.into_dimensionality::<Ix2>() {
        Ok(x) if !x.is_empty() => x.mapv(|v| v.0),
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

fn array<T: ReadableElement>(path: &Path, expected: &'static str) -> Result<ArrayD<T>, FileError> {
    let failed = |message: String| FileError::Read {
        path: path.to_path_buf(),
        message,
    };
    let file = std::fs::File::open(path).map_err(|e| failed(e.to_string()))?;
    ArrayD::<T>::read_npy(std::io::BufReader::new(file)).map_err(|e| match e {
        ReadNpyError::WrongDescriptor(found) => FileError::Type {
            path: path.to_path_buf(),
            found: found.to_string(),
            expected,
        },
        e => failed(e.to_string()),
    })
}

/// A floating-point value of any width.
#[derive(Debug, Clone, Copy)]
struct Number(f32);

impl ReadableElement for Number {
    fn read_to_end_exact_vec<R: Read>(
        file: R,
        found: &Value,
        len: usize,
    ) -> Result<Vec<Self>, ReadDataError> {
        match kind(found) {
            Some("<f2") => values(file, len, |b| Number(f16::from_le_bytes(b).to_f32())),
            Some("<f4") => values(file, len, |b| Number(f32::from_le_bytes(b))),
            Some("<f8") => values(file, len, |b| Number(f64::from_le_bytes(b) as f32)),
            _ => Err(ReadDataError::WrongDescriptor(found.clone())),
        }
    }
}

/// A whole number of any width.
#[derive(Debug, Clone, Copy)]
struct Whole(i64);

impl ReadableElement for Whole {
    fn read_to_end_exact_vec<R: Read>(
        file: R,
        found: &Value,
        len: usize,
    ) -> Result<Vec<Self>, ReadDataError> {
        match kind(found) {
            Some("|i1") => values(file, len, |b| Whole(i8::from_le_bytes(b).into())),
            Some("|u1") => values(file, len, |b| Whole(u8::from_le_bytes(b).into())),
            Some("<i2") => values(file, len, |b| Whole(i16::from_le_bytes(b).into())),
            Some("<u2") => values(file, len, |b| Whole(u16::from_le_bytes(b).into())),
            Some("<i4") => values(file, len, |b| Whole(i32::from_le_bytes(b).into())),
            Some("<u4") => values(file, len, |b| Whole(u32::from_le_bytes(b).into())),
            Some("<i8") => values(file, len, |b| Whole(i64::from_le_bytes(b))),
            _ => Err(ReadDataError::WrongDescriptor(found.clone())),
        }
    }
}

fn kind(descriptor: &Value) -> Option<&str> {
    match descriptor {
        Value::String(name) => Some(name),
        _ => None,
    }
}

fn values<T, R: Read, const N: usize>(
    mut file: R,
    len: usize,
    value: fn([u8; N]) -> T,
) -> Result<Vec<T>, ReadDataError> {
    // A header may lie about the length: memory grows with what is really there.
    let mut out = Vec::new();
    let mut bytes = vec![0; CHUNK * N];
    while out.len() < len {
        let bytes = &mut bytes[..N * CHUNK.min(len - out.len())];
        file.read_exact(bytes).map_err(|e| match e.kind() {
            std::io::ErrorKind::UnexpectedEof => ReadDataError::MissingData,
            _ => e.into(),
        })?;
        out.extend(bytes.as_chunks::<N>().0.iter().map(|b| value(*b)));
    }
    match file.read(&mut bytes)? {
        0 => Ok(out),
        more => Err(ReadDataError::ExtraBytes(more)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, Array3, array};
    use ndarray_npy::{WritableElement, WriteNpyExt};

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn put<A: WritableElement, D: ndarray::Dimension>(
            &self,
            name: &str,
            x: &ndarray::Array<A, D>,
        ) -> PathBuf {
            let path = self.0.path().join(name);
            x.write_npy(std::fs::File::create(&path).unwrap()).unwrap();
            path
        }
    }

    fn folder() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    #[test]
    fn a_fifth_of_every_class_is_held_out_where_no_test_is_given() {
        let f = folder();
        let x = Array2::from_shape_fn((50, 3), |(i, j)| (i * 10 + j) as f64);
        let y = Array1::from_shape_fn(50, |i| if i < 30 { -7i64 } else { 12 });
        let (x, y) = (f.put("x", &x), f.put("y", &y));
        let sets = open(&x, &y, None, 3).unwrap();
        assert_eq!(sets.classes, [-7, 12]);
        let count = |r: &Rows, class| r.labels.iter().filter(|l| **l == class).count();
        assert_eq!((count(&sets.train, 0), count(&sets.train, 1)), (24, 16));
        assert_eq!((count(&sets.test, 0), count(&sets.test, 1)), (6, 4));
        for rows in [&sets.train, &sets.test] {
            for (row, label) in rows.features.outer_iter().zip(&rows.labels) {
                assert_eq!(u8::from(row[0] >= 300.0), *label);
            }
        }
        let again = open(&x, &y, None, 3).unwrap();
        assert_eq!(again.test.features, sets.test.features);
        let sets = open(&x, &y, Some((x.as_path(), y.as_path())), 3).unwrap();
        assert_eq!((sets.train.labels.len(), sets.test.labels.len()), (50, 50));
    }

    #[test]
    fn every_fault_names_its_file() {
        let f = folder();
        let x = f.put("x.npy", &array![[1.0f32, 2.0], [3.0, 4.0], [5.0, 6.0]]);
        let y = f.put("y.npy", &array![0u8, 1, 1]);
        let fault = |x: &Path, y: &Path, t: Option<(&Path, &Path)>| {
            open(x, y, t, 0).unwrap_err().to_string()
        };
        let has = |text: String, parts: &[&str]| {
            assert!(parts.iter().all(|p| text.contains(p)), "{text}");
        };
        let short = f.put("short.npy", &array![0i32, 1]);
        has(
            fault(&x, &short, None),
            &["x.npy` has 3 rows", "short.npy` 2 labels"],
        );
        let real = f.put("real.npy", &array![0.0f32, 1.0, 1.0]);
        has(
            fault(&x, &real, None),
            &["real.npy", "<f4", "whole numbers"],
        );
        let whole = f.put("whole.npy", &array![[0i32], [1], [2]]);
        has(
            fault(&whole, &y, None),
            &["whole.npy", "<i4", "float16, float32"],
        );
        has(fault(&x, &whole, None), &["whole.npy", "[3, 1]", "ravel"]);
        let nan = f.put("nan.npy", &array![[1.0, 2.0], [3.0, f64::NAN], [5.0, 6.0]]);
        has(
            fault(&nan, &y, None),
            &["feature 1 of row 1", "nan.npy", "NaN"],
        );
        let large = f.put("large.npy", &array![[1e300], [0.0], [0.0]]);
        has(fault(&large, &y, None), &["row 0", "large.npy", "inf"]);
        let same = f.put("same.npy", &array![4i64, 4, 4]);
        has(fault(&x, &same, None), &["same.npy", "is 4", "two classes"]);
        let maps = f.put("maps.npy", &Array3::<f32>::zeros((3, 2, 2)));
        has(
            fault(&maps, &y, None),
            &["maps.npy", "[3, 2, 2]", "reshape"],
        );
        let none = f.put("none.npy", &Array2::<f32>::zeros((0, 2)));
        has(fault(&none, &y, None), &["none.npy", "at least one"]);
        let wide = f.put("wide.npy", &Array2::<f32>::zeros((3, 5)));
        has(
            fault(&x, &y, Some((wide.as_path(), y.as_path()))),
            &["wide.npy` has 5", "2"],
        );
        let new = f.put("new.npy", &array![0u8, 9, 1]);
        has(
            fault(&x, &y, Some((x.as_path(), new.as_path()))),
            &["row 1", "new.npy", "labelled 9"],
        );
        let many = f.put("many.npy", &Array1::from_iter(0i64..300));
        let rows = f.put("rows.npy", &Array2::<f32>::zeros((300, 1)));
        has(
            fault(&rows, &many, None),
            &["many.npy", "300 classes", "256"],
        );
        let text = f.0.path().join("text.npy");
        std::fs::write(&text, "1,2,3\n").unwrap();
        has(fault(&text, &y, None), &["text.npy", "numpy.save"]);
        let bytes = std::fs::read(&x).unwrap();
        std::fs::write(&text, &bytes[..bytes.len() - 1]).unwrap();
        has(fault(&text, &y, None), &["cannot read", "text.npy"]);
        has(fault(Path::new("absent.npy"), &y, None), &["absent.npy"]);
    }
}
