//! CIFAR batches from PNG sheets: the form in which an npm package carries them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::card::{Card, FileSpec, SheetPart};
use super::{ImageShape, SourceError};

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
        .map_err(|e| wrong_labels(format!("is not a JSON list of labels: {e}")))?;
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

    #[test]
    fn channels_are_parted() {
        let shape = ImageShape {
            channels: 3,
            height: 1,
            width: 2,
        };
        let pixels = [1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16];
        assert_eq!(
            records(&pixels, &[7, 8], shape),
            [7, 1, 4, 2, 5, 3, 6, 8, 11, 14, 12, 15, 13, 16]
        );
    }
}
