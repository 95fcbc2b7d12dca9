//! Tests of the SVHN reader on files that scipy wrote and on damaged ones.

use super::*;
use crate::track::progress::Silent;
use proptest::prelude::*;

const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/mat_scipy");

fn card() -> Card {
    let mut card = Card::find("svhn", Some(Path::new("no-such-folder"))).unwrap();
    card.image = ImageShape {
        channels: 3,
        height: 4,
        width: 5,
    };
    card
}

/// What `mat_scipy.py` wrote as `name`.mat.
fn fixture(name: &str) -> PathBuf {
    Path::new(FILES).join(format!("{name}.mat"))
}

fn read(paths: &[PathBuf]) -> Result<Contents, String> {
    Svhn.read(&card(), paths, &Want::STORED, &Silent)
        .map_err(|e| e.to_string().replace(&format!("{FILES}/"), ""))
}

fn read_bytes(bytes: &[u8]) -> Result<Contents, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.mat");
    std::fs::write(&path, bytes).unwrap();
    let place = format!("{}/", dir.path().display());
    read(&[path]).map_err(|e| e.replace(&place, ""))
}

#[test]
fn what_scipy_wrote_is_read() {
    for name in ["plain", "compressed", "labels_first"] {
        let got = read(&[fixture(name)]).unwrap();
        assert_eq!(
            (got.images.n, got.images.c, got.images.h, got.images.w),
            (12, 3, 4, 5)
        );
        for i in 0..12 {
            for (at, &found) in got.images.image(i).iter().enumerate() {
                let (channel, row, column) = (at / 20, at / 5 % 4, at % 5);
                let expected = (i + 10 * channel + 3 * row + column) as u8;
                assert_eq!(found, expected, "{name}: image {i}, byte {at}");
            }
        }
        assert_eq!(
            got.labels.unwrap(),
            [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2],
            "10 is the digit 0"
        );
    }
    let both = read(&[fixture("plain"), fixture("compressed")]).unwrap();
    assert_eq!((both.images.n, both.labels.unwrap().len()), (24, 24));
}

#[test]
fn other_files_are_named() {
    let error = |name: &str| read(&[fixture(name)]).unwrap_err();
    insta::assert_snapshot!(error("other"), @"`other.mat` holds `y`, `images`, but the images `X`, of type uint8, and the labels `y` are wanted; the file is of another data set or was saved by another tool");
    insta::assert_snapshot!(error("floats"), @"`floats.mat` holds `y`, `X` (of type double; write it as `uint8(X)` and save the file again), but the images `X`, of type uint8, and the labels `y` are wanted; the file is of another data set or was saved by another tool");
    insta::assert_snapshot!(error("few_labels"), @"`few_labels.mat` with 12 images but 11 labels; the file is damaged, or the files are of different sets or splits");
    insta::assert_snapshot!(error("label_11"), @"`label_11.mat` has the label 11 in `y` for its image 9, but a label is 1 to 10, which stands for the digit 0; the file is damaged or of another data set");
    insta::assert_snapshot!(error("turned"), @"`turned.mat` has an `X` of the dimensions [12, 4, 5, 3], but [4, 5, 3, N] are expected (height, width, channels, images)");
}

#[test]
fn damaged_files_are_named() {
    let plain = std::fs::read(fixture("plain")).unwrap();
    let packed = std::fs::read(fixture("compressed")).unwrap();
    let with = |bytes: &[u8], at: usize, value: u8| {
        let mut bytes = bytes.to_vec();
        bytes[at] = value;
        read_bytes(&bytes).unwrap_err()
    };
    insta::assert_snapshot!(read_bytes(b"not a MAT-file").unwrap_err(), @"`a.mat` is not a MAT-file of version 5 to 7: its header lacks the signature");
    insta::assert_snapshot!(read_bytes(&plain[..500]).unwrap_err(), @"`a.mat` has an element of 776 bytes, but only 364 are left; the file is truncated or damaged");
    insta::assert_snapshot!(read_bytes(&packed[..packed.len() - 1]).unwrap_err(), @"`a.mat` has an element of 51 bytes, but only 50 are left; the file is truncated or damaged");
    insta::assert_snapshot!(read_bytes(b"<!DOCTYPE html><html>").unwrap_err(), @"`a.mat` is not a MAT-file but a web page, as a server sends that lacks the file; remove it and get the file again");
    // A dimension of X, its third byte: 65,536 times as many rows.
    insta::assert_snapshot!(with(&plain, 128 + 8 + 16 + 8 + 2, 1), @"`a.mat` says that `X` has the dimensions [65540, 5, 3, 12] and 720 bytes, which differ; the file is damaged");
    // In the middle of the compressed images.
    let middle = packed.len() / 2;
    assert!(with(&packed, middle, !packed[middle]).starts_with("cannot read `a.mat`"));
    let mut hdf = packed.clone();
    hdf[..10].copy_from_slice(b"MATLAB 7.3");
    hdf[125] = 2;
    insta::assert_snapshot!(read_bytes(&hdf).unwrap_err(), @"`a.mat` is a MAT-file of version 7.3 (HDF5), but version 5 to 7 is read; save it again with `-v7`");
}

/// `y` of the file `plain` again as numbers of another type, with this value for the image 3.
fn with_labels(kind: u32, size: usize, value: f64, bytes: &dyn Fn(f64) -> Vec<u8>) -> Vec<u8> {
    let labels: Vec<f64> = (0..12)
        .map(|i| if i == 3 { value } else { f64::from(i % 10 + 1) })
        .collect();
    let mut matrix = Vec::new();
    let mut element = |kind: u32, content: &[u8]| {
        matrix.extend(kind.to_le_bytes());
        matrix.extend((content.len() as u32).to_le_bytes());
        matrix.extend(content);
        matrix.resize(matrix.len().next_multiple_of(8), 0);
    };
    element(6, &[6, 0, 0, 0, 0, 0, 0, 0]);
    element(5, &[12, 0, 0, 0, 1, 0, 0, 0]);
    element(1, b"y");
    let content: Vec<u8> = labels.iter().flat_map(|&l| bytes(l)).collect();
    assert_eq!(content.len(), 12 * size);
    element(kind, &content);
    let plain = std::fs::read(fixture("plain")).unwrap();
    // The header and the element of `X`, which comes first.
    let mut file = plain[..128 + 8 + 776].to_vec();
    file.extend(14u32.to_le_bytes());
    file.extend((matrix.len() as u32).to_le_bytes());
    file.extend(matrix);
    file
}

#[test]
fn labels_of_any_numeric_type_are_read() {
    type Written<'a> = &'a dyn Fn(f64) -> Vec<u8>;
    let kinds: [(u32, usize, Written); 9] = [
        (1, 1, &|v| vec![v as i8 as u8]),
        (3, 2, &|v| (v as i16).to_le_bytes().to_vec()),
        (4, 2, &|v| (v as u16).to_le_bytes().to_vec()),
        (5, 4, &|v| (v as i32).to_le_bytes().to_vec()),
        (6, 4, &|v| (v as u32).to_le_bytes().to_vec()),
        (7, 4, &|v| (v as f32).to_le_bytes().to_vec()),
        (9, 8, &|v| v.to_le_bytes().to_vec()),
        (12, 8, &|v| (v as i64).to_le_bytes().to_vec()),
        (13, 8, &|v| (v as u64).to_le_bytes().to_vec()),
    ];
    for (kind, size, bytes) in kinds {
        let got = read_bytes(&with_labels(kind, size, 4.0, bytes)).unwrap();
        let labels = got.labels.unwrap();
        assert_eq!(labels, [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2], "type {kind}");
    }
    let double = |value| {
        let file = with_labels(9, 8, value, &|v| v.to_le_bytes().to_vec());
        read_bytes(&file).unwrap_err()
    };
    insta::assert_snapshot!(double(3.5), @"`a.mat` has the value 3.5 at place 3 of `y` (of type double), but whole numbers from 0 to 255 are expected; the file is of another data set");
    insta::assert_snapshot!(double(f64::NAN), @"`a.mat` has the value NaN at place 3 of `y` (of type double), but whole numbers from 0 to 255 are expected; the file is of another data set");
    insta::assert_snapshot!(double(0.0), @"`a.mat` has the label 0 in `y` for its image 3, but a label is 1 to 10, which stands for the digit 0; where 0 was written for it, set `y(y == 0) = 10` and save the file again");
    let long = with_labels(12, 8, -1.0, &|v| (v as i64).to_le_bytes().to_vec());
    insta::assert_snapshot!(read_bytes(&long).unwrap_err(), @"`a.mat` has the value -1 at place 3 of `y` (of type int64), but whole numbers from 0 to 255 are expected; the file is of another data set");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(
        compressed in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
        whole in any::<bool>(),
    ) {
        let name = if compressed { "compressed" } else { "plain" };
        let mut bytes = std::fs::read(fixture(name)).unwrap();
        for (at, value) in changes {
            // Most of what can go wrong is in the tags at the head.
            let at = at.index(bytes.len().min(400));
            bytes[at] = value;
        }
        if !whole {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(got) = read_bytes(&bytes) {
            prop_assert_eq!(got.images.pixels.len(), got.images.n * 60);
            prop_assert_eq!(got.labels.unwrap().len(), got.images.n);
        }
    }
}
