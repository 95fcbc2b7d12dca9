use std::path::{Path, PathBuf};

use ndarray::{Array1, Array2, Array3, array};
use ndarray_npy::{WritableElement, WriteNpyExt};

use super::{Rows, open};

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
