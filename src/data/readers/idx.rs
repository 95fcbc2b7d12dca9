//! IDX, MNIST's format: a big-endian header of type and dimensions, then bytes in row order; gzipped or not.
//!
//! Specified at the foot of MNIST's home page: two zero bytes, the type (8: unsigned bytes), the number of
//! dimensions, each dimension as 32 bits, the values. Files of three dimensions (images, rows, columns) or four (with
//! channels second) hold images, files of one dimension hold the labels of the images before them.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::reader::each;
use super::{Contents, ReadError, Reader};
use crate::data::{Card, Want};
use crate::track::progress::Progress;

/// The type of unsigned bytes.
const BYTES: u8 = 8;

/// Bytes that a file may unpack to beyond what its card's images take, so that a few images too many are counted and told.
const SLACK: u64 = 1 << 20;

/// See the module.
pub struct Idx;

impl Reader for Idx {
    fn read(
        &self,
        card: &Card,
        files: &[PathBuf],
        _: &Want,
        progress: &dyn Progress,
    ) -> Result<Contents, ReadError> {
        let shape = card.image;
        let mut pixels = Vec::new();
        let mut labels = Vec::new();
        let mut labelled = false;
        let images = card.splits.values().map(|s| s.images).max();
        let most = images.unwrap_or_default().saturating_mul(shape.len()) as u64 + SLACK;
        each(card, files, progress, |path, bar| {
            let array = array(path, most)?;
            match array.dimensions[..] {
                [_] => {
                    check_labels(path, &array, card.classes.len())?;
                    labels.extend_from_slice(&array.values);
                    labelled = true;
                }
                [n, h, w] if (1, h, w) == (shape.channels, shape.height, shape.width) => {
                    bar.advance(n as u64);
                    pixels.extend_from_slice(&array.values);
                }
                [n, c, h, w] if (c, h, w) == (shape.channels, shape.height, shape.width) => {
                    bar.advance(n as u64);
                    pixels.extend_from_slice(&array.values);
                }
                _ => {
                    return Err(wrong(
                        path,
                        format!(
                            "has the dimensions {:?}, but images of {} channels and {}x{} pixels have {}, and labels \
                             one; the file is of another data set, or the card's `image` is of another shape",
                            array.dimensions,
                            shape.channels,
                            shape.height,
                            shape.width,
                            expected(shape.channels, shape.height, shape.width),
                        ),
                    ));
                }
            }
            Ok(())
        })?;
        let found = Contents::of(shape, pixels, labelled.then_some(labels));
        match &found.labels {
            Some(labels) if labels.len() != found.images.n => Err(ReadError::Unequal {
                files: files.to_vec(),
                images: found.images.n,
                labels: labels.len(),
            }),
            _ => Ok(found),
        }
    }
}

fn expected(c: usize, h: usize, w: usize) -> String {
    match c {
        1 => format!("[N, {h}, {w}] or [N, 1, {h}, {w}]"),
        c => format!("[N, {c}, {h}, {w}]"),
    }
}

struct Array {
    dimensions: Vec<usize>,
    values: Vec<u8>,
}

fn array(path: &Path, most: u64) -> Result<Array, ReadError> {
    let bytes = unpacked(path, most)?;
    let (head, rest) = match bytes.split_at_checked(4) {
        Some((&[0, 0, kind, dimensions], rest)) if (1..=4).contains(&dimensions) => {
            if kind != BYTES {
                return Err(wrong(
                    path,
                    format!(
                        "holds values of IDX type {kind}, but images and labels are unsigned bytes (8)"
                    ),
                ));
            }
            (usize::from(dimensions), rest)
        }
        _ => {
            let found: Vec<String> = bytes.iter().take(4).map(|b| format!("{b:02x}")).collect();
            return Err(wrong(
                path,
                format!(
                    "begins with the bytes `{}`, but an IDX file of bytes begins with `00 00 08` and its number of \
                     dimensions (1 to 4); the file is of another format",
                    found.join(" ")
                ),
            ));
        }
    };
    let truncated = |what: String| wrong(path, format!("ends {what}; the file is truncated"));
    let (sizes, values) = rest
        .split_at_checked(4 * head)
        .ok_or_else(|| truncated("inside its header".into()))?;
    let dimensions: Vec<usize> = sizes
        .chunks_exact(4)
        .map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]) as usize)
        .collect();
    let claimed = dimensions.iter().try_fold(1usize, |n, &d| n.checked_mul(d));
    if claimed != Some(values.len()) {
        let claimed = claimed.map_or("more".to_string(), |n| n.to_string());
        return Err(wrong(
            path,
            format!(
                "has {} bytes of values, but its dimensions {dimensions:?} make {claimed}; the file is truncated or damaged",
                values.len()
            ),
        ));
    }
    Ok(Array {
        values: values.to_vec(),
        dimensions,
    })
}

/// The file's bytes; gzip is known by its first two (RFC 1952, section 2.3.1), and unpacks to at most so many.
fn unpacked(path: &Path, most: u64) -> Result<Vec<u8>, ReadError> {
    let io = |source| ReadError::Io {
        path: path.to_path_buf(),
        source,
    };
    let mut bytes = Vec::new();
    let mut file = BufReader::new(File::open(path).map_err(io)?);
    if !file.fill_buf().map_err(io)?.starts_with(&[0x1f, 0x8b]) {
        file.read_to_end(&mut bytes).map_err(io)?;
        return Ok(bytes);
    }
    let mut unpacked = MultiGzDecoder::new(file).take(most + 1);
    unpacked.read_to_end(&mut bytes).map_err(io)?;
    match bytes.len() as u64 > most {
        false => Ok(bytes),
        true => Err(wrong(
            path,
            format!(
                "unpacks to more than {most} bytes, which is more than the largest split of the card takes; the file is \
                 of another data set, or the card's `images` are too few"
            ),
        )),
    }
}

fn check_labels(path: &Path, array: &Array, classes: usize) -> Result<(), ReadError> {
    // Two zeros, type, number of dimensions, and one dimension of four bytes.
    const HEADER: u64 = 8;
    match array.values.iter().position(|&l| usize::from(l) >= classes) {
        None => Ok(()),
        Some(i) => Err(ReadError::Label {
            path: path.to_path_buf(),
            record: i as u64,
            offset: HEADER + i as u64,
            found: array.values[i],
            classes,
        }),
    }
}

fn wrong(path: &Path, why: String) -> ReadError {
    ReadError::Content {
        path: path.to_path_buf(),
        why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ImageShape;
    use crate::track::progress::Silent;
    use proptest::prelude::*;
    use std::io::Write;

    fn card(channels: usize, classes: usize) -> Card {
        let mut card = Card::find("mnist", Some(Path::new("no-such-folder"))).unwrap();
        card.image = ImageShape {
            channels,
            height: 2,
            width: 3,
        };
        card.classes = (0..classes).map(|i| format!("class {i}")).collect();
        card
    }

    fn file(dimensions: &[u32], values: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0, 0, BYTES, dimensions.len() as u8];
        for d in dimensions {
            bytes.extend(d.to_be_bytes());
        }
        bytes.extend(values);
        bytes
    }

    fn gzipped(bytes: &[u8]) -> Vec<u8> {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(bytes).unwrap();
        gz.finish().unwrap()
    }

    fn read(card: &Card, files: &[Vec<u8>]) -> Result<Contents, String> {
        let dir = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = (0..files.len())
            .map(|i| dir.path().join(format!("{i}.idx")))
            .collect();
        for (path, bytes) in paths.iter().zip(files) {
            std::fs::write(path, bytes).unwrap();
        }
        let place = format!("{}/", dir.path().display());
        Idx.read(card, &paths, &Want::STORED, &Silent)
            .map_err(|e| e.to_string().replace(&place, ""))
    }

    #[test]
    fn images_and_labels_are_read_gzipped_or_not() {
        let pixels: Vec<u8> = (0..12).collect();
        let (images, labels) = (file(&[2, 2, 3], &pixels), file(&[2], &[1, 0]));
        let plain = read(&card(1, 2), &[images.clone(), labels.clone()]).unwrap();
        assert_eq!((plain.images.n, &plain.images.pixels), (2, &pixels));
        assert_eq!(plain.labels, Some(vec![1, 0]));
        let packed = read(&card(1, 2), &[gzipped(&images), gzipped(&labels)]).unwrap();
        assert_eq!(packed, plain);
        assert_eq!(read(&card(1, 2), &[images]).unwrap().labels, None);
        let colour = read(&card(3, 2), &[file(&[1, 3, 2, 3], &[7; 18])]).unwrap();
        assert_eq!((colour.images.n, colour.images.c), (1, 3));
    }

    #[test]
    fn damaged_and_foreign_files_are_named() {
        let images = file(&[2, 2, 3], &[0; 12]);
        let error = |files: &[Vec<u8>]| read(&card(1, 2), files).unwrap_err();
        insta::assert_snapshot!(error(&[images[..20].to_vec()]), @"`0.idx` has 4 bytes of values, but its dimensions [2, 2, 3] make 12; the file is truncated or damaged");
        insta::assert_snapshot!(error(&[images[..9].to_vec()]), @"`0.idx` ends inside its header; the file is truncated");
        insta::assert_snapshot!(error(&[b"PNG\n".to_vec()]), @"`0.idx` begins with the bytes `50 4e 47 0a`, but an IDX file of bytes begins with `00 00 08` and its number of dimensions (1 to 4); the file is of another format");
        insta::assert_snapshot!(error(&[vec![0, 0, 13, 1, 0, 0, 0, 0]]), @"`0.idx` holds values of IDX type 13, but images and labels are unsigned bytes (8)");
        insta::assert_snapshot!(error(&[file(&[2, 3, 2], &[0; 12])]), @"`0.idx` has the dimensions [2, 3, 2], but images of 1 channels and 2x3 pixels have [N, 2, 3] or [N, 1, 2, 3], and labels one; the file is of another data set, or the card's `image` is of another shape");
        insta::assert_snapshot!(error(&[images.clone(), file(&[3], &[0; 3])]), @"`0.idx` and `1.idx` with 2 images but 3 labels; the file is damaged, or the files are of different sets or splits");
        insta::assert_snapshot!(error(&[images.clone(), file(&[2], &[0, 2])]), @"`1.idx`: record 1 (byte 9) has label 2, but the card names 2 classes, so a label is 0 to 1; the file is damaged or of another data set, or the card's `classes` lack some");
        let mut cut = gzipped(&images);
        cut.truncate(cut.len() - 6);
        assert!(error(&[cut]).starts_with("cannot read `0.idx`"));
    }

    #[test]
    fn a_file_that_unpacks_to_more_than_its_card_says_is_ended() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        // 64 MB of zeros in 64 kB.
        std::fs::write(&path, gzipped(&vec![0; 64 << 20])).unwrap();
        let mut card = card(1, 2);
        card.splits.values_mut().for_each(|s| s.images = 10);
        let e = Idx
            .read(&card, &[path], &Want::STORED, &Silent)
            .unwrap_err();
        assert!(
            e.to_string().contains("unpacks to more than 1048636 bytes"),
            "{e}"
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(head in 0usize..6, bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let mut file = [0, 0, BYTES, 3, 0, 0][..head].to_vec();
            file.extend(bytes);
            if let Ok(read) = read(&card(1, 2), &[file]) {
                prop_assert_eq!(read.images.pixels.len(), read.images.n * 6);
            }
        }
    }
}
