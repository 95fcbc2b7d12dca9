//! CIFAR's binary batches: records of a label byte and then the channel planes, each in row order.

use std::path::PathBuf;

use super::reader::each;
use super::{Contents, ReadError, Reader};
use crate::data::{Card, Want};
use crate::track::progress::Progress;

/// See the module.
pub struct Cifar;

impl Reader for Cifar {
    fn read(
        &self,
        card: &Card,
        files: &[PathBuf],
        _: &Want,
        progress: &dyn Progress,
    ) -> Result<Contents, ReadError> {
        let shape = card.image;
        let record = 1 + shape.len();
        let mut pixels = Vec::new();
        let mut labels = Vec::new();
        each(card, files, progress, |path, bar| {
            let bytes = std::fs::read(path).map_err(|source| ReadError::Io {
                path: path.to_path_buf(),
                source,
            })?;
            if !bytes.len().is_multiple_of(record) {
                return Err(ReadError::Truncated {
                    path: path.to_path_buf(),
                    bytes: bytes.len() as u64,
                    record: record as u64,
                    what: format!(
                        "a label and {}x{}x{} pixels",
                        shape.channels, shape.height, shape.width
                    ),
                });
            }
            let records = bytes.len() / record;
            pixels.reserve(records * shape.len());
            labels.reserve(records);
            for (i, bytes) in bytes.chunks_exact(record).enumerate() {
                let (label, planes) = (bytes[0], &bytes[1..]);
                if usize::from(label) >= card.classes.len() {
                    return Err(ReadError::Label {
                        path: path.to_path_buf(),
                        record: i as u64,
                        offset: (i * record) as u64,
                        found: label,
                        classes: card.classes.len(),
                    });
                }
                labels.push(label);
                pixels.extend_from_slice(planes);
            }
            bar.advance(records as u64);
            Ok(())
        })?;
        Ok(Contents::of(shape, pixels, Some(labels)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ImageShape;
    use crate::track::progress::Silent;
    use proptest::prelude::*;

    fn card(shape: ImageShape, classes: usize) -> Card {
        let mut card = Card::find("cifar10", Some(std::path::Path::new("no-such-folder"))).unwrap();
        card.image = shape;
        card.classes = (0..classes).map(|i| format!("class {i}")).collect();
        card
    }

    fn read(card: &Card, files: &[&[u8]]) -> Result<Contents, String> {
        let dir = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = (0..files.len())
            .map(|i| dir.path().join(format!("{i}.bin")))
            .collect();
        for (path, bytes) in paths.iter().zip(files) {
            std::fs::write(path, bytes).unwrap();
        }
        let place = format!("{}/", dir.path().display());
        Cifar
            .read(card, &paths, &Want::STORED, &Silent)
            .map_err(|e| e.to_string().replace(&place, ""))
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            channels in 1usize..4, height in 1usize..5, width in 1usize..5, classes in 1usize..257,
            files in prop::collection::vec(0usize..6, 1..4), seed in any::<u64>(),
        ) {
            use rand::{Rng, SeedableRng};
            let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
            let shape = ImageShape { channels, height, width };
            let card = card(shape, classes);
            let (mut pixels, mut labels, mut written) = (Vec::new(), Vec::new(), Vec::new());
            for records in files {
                let mut file = Vec::new();
                for _ in 0..records {
                    let label = rng.random_range(0..classes) as u8;
                    let image: Vec<u8> = (0..shape.len()).map(|_| rng.random()).collect();
                    file.push(label);
                    file.extend(&image);
                    labels.push(label);
                    pixels.extend(image);
                }
                written.push(file);
            }
            let files: Vec<&[u8]> = written.iter().map(Vec::as_slice).collect();
            let got = read(&card, &files).unwrap();
            prop_assert_eq!(got.images.n, labels.len());
            prop_assert_eq!((got.images.c, got.images.h, got.images.w), (channels, height, width));
            prop_assert_eq!(got.images.pixels, pixels);
            prop_assert_eq!(got.labels, Some(labels));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), classes in 0usize..12) {
            let card = card(ImageShape { channels: 1, height: 2, width: 3 }, classes);
            let whole = bytes.len().is_multiple_of(7);
            let labelled = bytes.chunks(7).all(|r| usize::from(r[0]) < classes);
            prop_assert_eq!(read(&card, &[&bytes]).is_ok(), whole && labelled);
        }
    }

    #[test]
    fn a_truncated_file_is_located() {
        let card = card(
            ImageShape {
                channels: 3,
                height: 32,
                width: 32,
            },
            10,
        );
        insta::assert_snapshot!(read(&card, &[&[0; 2 * 3073], &[0; 3073 + 100]]).unwrap_err(), @"`1.bin` has 3173 bytes, which is no whole number of 3073-byte records (a label and 3x32x32 pixels): record 1 would begin at byte 3073 and has only 100 bytes; the file is truncated or of another format, or the card's `image` is of another shape");
    }

    #[test]
    fn a_label_out_of_range_is_located() {
        let card = card(
            ImageShape {
                channels: 3,
                height: 32,
                width: 32,
            },
            10,
        );
        let mut bytes = vec![9; 3 * 3073];
        bytes[2 * 3073] = 10;
        insta::assert_snapshot!(read(&card, &[&bytes]).unwrap_err(), @"`0.bin`: record 2 (byte 6146) has label 10, but the card names 10 classes, so a label is 0 to 9; the file is damaged or of another data set, or the card's `classes` lack some");
    }
}
