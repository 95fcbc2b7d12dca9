//! Tests of reading features and labels from files.

use std::path::{Path, PathBuf};

use ndarray::{Array1, Array2, Array3, array};
use ndarray_npy::{WritableElement, WriteNpyExt};
use proptest::prelude::*;

use super::{FileError, Rows, open};

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
    let fault =
        |x: &Path, y: &Path, t: Option<(&Path, &Path)>| open(x, y, t, 0).unwrap_err().to_string();
    let has = |text: String, parts: &[&str]| {
        assert!(parts.iter().all(|p| text.contains(p)), "{text}");
    };
    let short = f.put("short.npy", &array![0i32, 1]);
    has(
        fault(&x, &short, None),
        &["x.npy` has 3 rows", "short.npy` 2 labels"],
    );
    let part = f.put("part.npy", &array![0.0f32, 0.5, 1.0]);
    has(
        fault(&x, &part, None),
        &["label 1", "part.npy", "0.5", "numpy.unique"],
    );
    let none = f.put("none.npy", &array![0.0f64, f64::NAN, 1.0]);
    has(
        fault(&x, &none, None),
        &["label 1", "none.npy", "NaN", "whole"],
    );
    let one_hot = f.put("hot.npy", &array![[1.0f32, 0.0], [0.0, 1.0], [0.0, 1.0]]);
    has(
        fault(&x, &one_hot, None),
        &["hot.npy", "[3, 2]", "argmax(axis=1)"],
    );
    let one_hot = f.put("hot.npy", &array![[1i64, 0], [0, 1], [0, 1]]);
    has(
        fault(&x, &one_hot, None),
        &["hot.npy", "[3, 2]", "argmax(axis=1)"],
    );
    let one = f.put("one.npy", &ndarray::arr0(3i64));
    has(fault(&x, &one, None), &["one.npy", "[]", "(rows,)"]);
    let large = f.put("large.npy", &array![0, u64::MAX, 1]);
    has(
        fault(&x, &large, None),
        &["label 1", "large.npy", "18446744073709551615"],
    );
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
    has(fault(&text, &y, None), &["text.npy", "truncated"]);
    has(fault(Path::new("absent.npy"), &y, None), &["absent.npy"]);
}

#[test]
fn labels_of_every_type_and_numbering_are_the_same_classes() {
    let f = folder();
    let x = f.put(
        "x",
        &Array2::from_shape_fn((9, 2), |(i, j)| (i * 2 + j) as f32),
    );
    let of = |i: usize| (i * 5 % 3) as i64;
    let labels = |y: PathBuf| {
        let sets = open(&x, &y, Some((x.as_path(), y.as_path())), 0).unwrap();
        assert_eq!(sets.test.labels, sets.train.labels);
        sets.train.labels
    };
    let plain = labels(f.put("y", &Array1::from_shape_fn(9, of)));
    assert_eq!(plain, (0..9).map(|i| of(i) as u8).collect::<Vec<_>>());
    let number = |to: fn(i64) -> i64| f.put("y", &Array1::from_shape_fn(9, |i| to(of(i))));
    assert_eq!(labels(number(|y| y + 1)), plain);
    assert_eq!(labels(number(|y| y - 2)), plain);
    assert_eq!(labels(number(|y| y * 1000 + 7)), plain);
    assert_eq!(labels(number(|y| y + (1 << 40))), plain);
    assert_eq!(
        labels(f.put("y", &Array2::from_shape_fn((9, 1), |(i, _)| of(i)))),
        plain
    );
    assert_eq!(
        labels(f.put("y", &Array2::from_shape_fn((1, 9), |(_, i)| of(i)))),
        plain
    );
    assert_eq!(
        labels(f.put("y", &Array1::from_shape_fn(9, |i| of(i) as u64))),
        plain
    );
    assert_eq!(
        labels(f.put("y", &Array1::from_shape_fn(9, |i| of(i) as f32))),
        plain
    );
    assert_eq!(
        labels(f.put("y", &Array1::from_shape_fn(9, |i| of(i) as f64 - 1.0))),
        plain
    );
    let two = labels(f.put("y", &Array1::from_shape_fn(9, |i| i64::from(of(i) == 2))));
    assert_eq!(
        labels(f.put("y", &Array1::from_shape_fn(9, |i| of(i) == 2))),
        two
    );
}

proptest! {
    #[test]
    fn labels_are_numbered_by_value_or_refused_by_row(values in prop::collection::vec(-1e3f64..1e3, 4..12), whole in any::<bool>()) {
        let f = folder();
        let n = values.len();
        let y = Array1::from_iter(values.iter().map(|v| if whole { v.round() } else { *v }));
        let x = f.put("x", &Array2::<f32>::ones((n, 1)));
        match open(&x, &f.put("y", &y), None, 0) {
            Ok(sets) => {
                prop_assert!(y.iter().all(|v| sets.classes.contains(&(*v as i64))));
                prop_assert!(sets.classes.is_sorted());
                prop_assert_eq!(sets.train.labels.len() + sets.test.labels.len(), n);
            }
            Err(FileError::OneClass { .. }) => prop_assert!(y.iter().all(|v| *v == y[0])),
            Err(FileError::NotWhole { row, .. }) => prop_assert!(y[row].fract() != 0.0),
            Err(e) => return Err(TestCaseError::fail(e.to_string())),
        }
    }
}
