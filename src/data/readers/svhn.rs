//! The Street View House Numbers' cropped digits: a MAT-file with the images `X` and their labels `y`.
//!
//! `X` has the dimensions rows, columns, channels, images with the first index fastest, so an image's planes lie one
//! after the other, each in column order. `y` has a number for each image; the label 10 stands for the digit 0.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::mat::{self, Array, Take, wrong};
use super::reader::each;
use super::{Contents, ReadError, Reader};
use crate::data::{Card, ImageShape, Want};
use crate::track::progress::Progress;

/// The label of the digit 0.
const ZERO: u8 = 10;

/// See the module.
pub struct Svhn;

impl Reader for Svhn {
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
        each(card, files, progress, |path, bar| {
            let (mut x, y) = pair(path, shape)?;
            into_rows(&mut x.values, shape);
            match pixels.is_empty() {
                // The extra images are 1.6 GB: one copy of them is enough.
                true => pixels = x.values,
                false => pixels.extend_from_slice(&x.values),
            }
            for (i, &found) in y.values.iter().enumerate() {
                let label = if found == ZERO { 0 } else { found };
                if found == 0 || usize::from(label) >= card.classes.len() {
                    return Err(wrong(
                        path,
                        format!(
                            "has the label {found} in `y` for its image {i}, but a label is 1 to {ZERO}, which stands for the \
                             digit 0; {}",
                            match found {
                                0 =>
                                    "where 0 was written for it, set `y(y == 0) = 10` and save the file again",
                                _ => "the file is damaged or of another data set",
                            }
                        ),
                    ));
                }
                labels.push(label);
            }
            bar.advance(y.values.len() as u64);
            Ok(())
        })?;
        Ok(Contents::of(shape, pixels, Some(labels)))
    }
}

/// Every plane from column order to row order, in its place.
fn into_rows(pixels: &mut [u8], shape: ImageShape) {
    let (h, w) = (shape.height, shape.width);
    pixels
        .par_chunks_exact_mut(h * w)
        .for_each_with(vec![0; h * w], |columns, plane| {
            columns.copy_from_slice(plane);
            for (row, out) in plane.chunks_exact_mut(w).enumerate() {
                for (pixel, column) in out.iter_mut().zip(columns[row..].iter().step_by(h)) {
                    *pixel = *column;
                }
            }
        });
}

/// The arrays `X` and `y`, once their shapes fit the card and each other.
fn pair(path: &Path, shape: ImageShape) -> Result<(Array, Array), ReadError> {
    let found = mat::arrays(path, &|name| match name {
        "X" => Take::Bytes,
        // Often saved by tools that know numbers in double precision alone.
        "y" => Take::Numbers,
        _ => Take::Name,
    })?;
    let names: Vec<String> = found
        .bytes
        .iter()
        .map(|a| format!("`{}`", a.name))
        .chain(found.others)
        .collect();
    let (mut x, mut y) = (None, None);
    for array in found.bytes {
        match array.name.as_str() {
            "X" => x = Some(array),
            _ => y = Some(array),
        }
    }
    let (Some(x), Some(y)) = (x, y) else {
        let found = match names.is_empty() {
            true => "no array".to_string(),
            false => names.join(", "),
        };
        return Err(wrong(
            path,
            format!(
                "holds {found}, but the images `X`, of type uint8, and the labels `y` are wanted; the file is of another data set or was saved by another tool"
            ),
        ));
    };
    let n = match x.dimensions[..] {
        [h, w, c, n] if (h, w, c) == (shape.height, shape.width, shape.channels) => n,
        // MATLAB drops a last dimension of 1.
        [h, w, c] if (h, w, c) == (shape.height, shape.width, shape.channels) => 1,
        _ => {
            return Err(wrong(
                path,
                format!(
                    "has an `X` of the dimensions {:?}, but [{}, {}, {}, N] are expected (height, width, channels, images)",
                    x.dimensions, shape.height, shape.width, shape.channels
                ),
            ));
        }
    };
    if y.values.len() != n {
        return Err(ReadError::Unequal {
            files: vec![path.to_path_buf()],
            images: n,
            labels: y.values.len(),
        });
    }
    Ok((x, y))
}

#[cfg(test)]
#[path = "svhn_tests.rs"]
mod tests;
