//! CIFAR batches from PNG sheets: the form in which an npm package carries them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::card::{Card, FileSpec, SheetPart};
use super::{ImageShape, SourceError};
use crate::spec::json_reason;

/// The batch that a sheet and its labels make.
///
/// A row of the sheet is one image, its pixels in row order with their channels side by side; the batch has for each
/// image its label and then its channel planes. `helpers` says where the archive's members lie.
pub(super) fn batch(
    part: &SheetPart,
    helpers: &BTreeMap<String, PathBuf>,
    card: &Card,
    spec: &FileSpec,
) -> Result<Vec<u8>, SourceError> {
    let find = |member: &String| {
        helpers
            .get(member)
            .ok_or_else(|| SourceError::NoMember(member.clone()))
    };
    let (sheet_path, labels_path) = (find(&part.image)?, find(&part.labels)?);
    let wrong_sheet = |why: String| wrong(&part.image, why);
    let wrong_labels = |why: String| wrong(&part.labels, why);

    let sheet = image::ImageReader::open(sheet_path)
        .and_then(image::ImageReader::with_guessed_format)
        .map_err(|e| wrong_sheet(format!("cannot be read: {e}")))?
        .decode()
        .map_err(|e| wrong_sheet(format!("is not a whole PNG: {e}")))?;
    let shape = card.image;
    let images = (spec.bytes / (1 + shape.len() as u64)) as usize;
    let found = (
        sheet.width() as usize,
        sheet.height() as usize,
        sheet.color(),
    );
    let pixels = match found {
        (w, h, color)
            if w == shape.height * shape.width
                && h == images
                && usize::from(color.bytes_per_pixel()) == shape.channels =>
        {
            sheet.as_bytes()
        }
        (w, h, color) => {
            return Err(wrong_sheet(format!(
                "is {w}x{h} pixels of {color:?}, but {images} images of {}x{} with {} channels make {}x{images}",
                shape.width,
                shape.height,
                shape.channels,
                shape.height * shape.width,
            )));
        }
    };

    let text =
        std::fs::read(labels_path).map_err(|e| wrong_labels(format!("cannot be read: {e}")))?;
    let labels: Vec<u8> = serde_json::from_slice(&text)
        .map_err(|e| wrong_labels(format!("is not a JSON list of labels: {}", json_reason(&e))))?;
    let labels = part
        .first
        .checked_add(images)
        .and_then(|end| labels.get(part.first..end))
        .ok_or_else(|| {
            wrong_labels(format!(
                "has {} labels, but {images} from {} on are wanted",
                labels.len(),
                part.first
            ))
        })?;
    Ok(records(pixels, labels, shape))
}

/// Pixels with channels side by side -> records with channel planes.
fn records(pixels: &[u8], labels: &[u8], shape: ImageShape) -> Vec<u8> {
    let mut out = Vec::with_capacity(labels.len() * (1 + shape.len()));
    for (image, &label) in pixels.chunks_exact(shape.len()).zip(labels) {
        out.push(label);
        for channel in 0..shape.channels {
            out.extend(image[channel..].iter().step_by(shape.channels));
        }
    }
    out
}

fn wrong(member: &str, why: String) -> SourceError {
    SourceError::Sheet {
        member: member.to_string(),
        why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two images of 1x2 pixels as a sheet, with these labels.
    fn made(sheet: &image::DynamicImage, labels: &str, first: usize) -> Result<Vec<u8>, String> {
        let dir = tempfile::tempdir().unwrap();
        let (png, json) = (dir.path().join("0"), dir.path().join("1"));
        sheet
            .save_with_format(&png, image::ImageFormat::Png)
            .unwrap();
        std::fs::write(&json, labels).unwrap();
        let helpers = [("p/a.png".to_string(), png), ("p/l.json".to_string(), json)].into();
        let mut card = Card::find("cifar10", Some(std::path::Path::new("no-such-folder"))).unwrap();
        card.image = ImageShape {
            channels: 3,
            height: 1,
            width: 2,
        };
        let spec = FileSpec {
            name: "a.bin".into(),
            bytes: 14,
            checksum: crate::data::Checksum::Sha256(String::new()),
        };
        let part = SheetPart {
            image: "p/a.png".into(),
            labels: "p/l.json".into(),
            first,
        };
        batch(&part, &helpers, &card, &spec).map_err(|e| e.to_string())
    }

    fn sheet(width: u32, height: u32) -> image::DynamicImage {
        let pixels = (1..=(width * height * 3) as u8).collect();
        image::RgbImage::from_raw(width, height, pixels)
            .unwrap()
            .into()
    }

    #[test]
    fn a_sheet_becomes_a_batch() {
        let batch = made(&sheet(2, 2), "[9, 7, 8]", 1).unwrap();
        assert_eq!(batch, [7, 1, 4, 2, 5, 3, 6, 8, 7, 10, 8, 11, 9, 12]);
    }

    #[test]
    fn a_sheet_of_another_shape_is_refused() {
        insta::assert_snapshot!(made(&sheet(2, 3), "[0, 0]", 0).unwrap_err(), @"`p/a.png` is 2x3 pixels of Rgb8, but 2 images of 2x1 with 3 channels make 2x2");
        insta::assert_snapshot!(made(&sheet(2, 2).into_luma8().into(), "[0, 0]", 0).unwrap_err(), @"`p/a.png` is 2x2 pixels of L8, but 2 images of 2x1 with 3 channels make 2x2");
        insta::assert_snapshot!(made(&sheet(2, 2), "[0, 0]", 1).unwrap_err(), @"`p/l.json` has 2 labels, but 2 from 1 on are wanted");
        insta::assert_snapshot!(made(&sheet(2, 2), "[0, 300]", 0).unwrap_err(), @"`p/l.json` is not a JSON list of labels: line 1, column 7: found `300`, expected a whole number from 0 to 255");
    }
}
