//! The feature vectors that a probe classifies (section 5.1): every convolutional layer of D, max-pooled to a
//! 4x4 grid, flattened and concatenated; and raw pixels, the control.

use std::io::{Read, Write};
use std::path::Path;

use candle_core::{Device, Tensor};
use half::f16;
use half::slice::HalfFloatSliceExt;
use ndarray::Array2;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::{FeatureError, npy};
use crate::data::{Dataset, Images, to_unit};
use crate::nn::Discriminator;
use crate::nn::cpu::transpose::swap;
use crate::nn::planned::PlannedFeatures;
use crate::track::atomic;
use crate::track::hash::hex;
use crate::track::progress::{Progress, Unit};

/// Features of the training rows and of the test rows.
pub type TrainAndTest = (Array2<f16>, Array2<f16>);

/// Images a forward pass takes at once: enough to fill the cores, little memory.
const BATCH: usize = 250;
/// Raised when the extraction changes, so that features of an older program are not taken for ours.
const VERSION: u32 = 2;
/// Values that a task rounds to half precision.
const NARROWED: usize = 1 << 15;

/// D's features of every image, one row each, in half precision.
///
/// `discriminator` normalises by its stored statistics ([`crate::nn::infer_statistics`]).
///
/// # Errors
/// The net's or the device's own.
pub fn extract(
    discriminator: &Discriminator,
    images: &Images,
    device: &Device,
    what: &str,
    progress: &dyn Progress,
) -> Result<Array2<f16>, FeatureError> {
    let (n, d) = (images.n, discriminator.feature_len());
    let one = images.c * images.h * images.w;
    let mut values = vec![f16::ZERO; n * d];
    let mut rows = vec![0f32; BATCH.min(n) * d];
    let planned = PlannedFeatures::new(discriminator);
    let mut bar = progress.begin(what, Some(n as u64), Unit::Images);
    for (out, pixels) in values
        .chunks_mut(BATCH * d)
        .zip(images.pixels.chunks(BATCH * one))
    {
        progress.check()?;
        let count = pixels.len() / one;
        let mut unit = vec![0f32; pixels.len()];
        to_unit(pixels, &mut unit);
        let rows = &mut rows[..count * d];
        match &planned {
            Some(planned) => {
                let mut last = vec![0f32; unit.len()];
                swap(&unit, &mut last, images.c, images.h * images.w);
                planned.rows(&last, rows)?;
            }
            None => {
                let x = Tensor::from_vec(unit, (count, images.c, images.h, images.w), device)?;
                let found = discriminator.pooled_features(&x)?.flatten_all()?;
                rows.copy_from_slice(&found.to_vec1::<f32>()?);
            }
        }
        out.par_chunks_mut(NARROWED)
            .zip(rows.par_chunks(NARROWED))
            .for_each(|(out, rows)| out.convert_from_f32_slice(rows));
        bar.advance(count as u64);
    }
    shaped(n, d, values)
}

/// As [`extract`], kept in `folder` as `NAME-KEY.npy` by what determines it: D's weights and statistics, the
/// data's fingerprint, the split and the image size.
///
/// # Errors
/// As [`extract`]; [`FeatureError::Write`] where the cache cannot be written.
pub fn cached(
    folder: &Path,
    name: &str,
    discriminator: &Discriminator,
    dataset: &Dataset,
    device: &Device,
    progress: &dyn Progress,
) -> Result<Array2<f16>, FeatureError> {
    let key = key(discriminator, dataset)?;
    let path = folder.join(format!("{name}-{}-{key}.npy", dataset.split));
    let shape = [dataset.images.n, discriminator.feature_len()];
    if let Some(features) = kept(&path, shape) {
        return Ok(features);
    }
    let what = format!("features, {name} D, {}", dataset.split);
    let features = extract(discriminator, &dataset.images, device, &what, progress)?;
    keep(&path, features)
}

/// Features of `shape` kept in a file. One that does not read as these, or that is not as it was written, is made again: it
/// is only a cache. Files of earlier versions have no checksum beside them.
pub(super) fn kept(path: &Path, shape: [usize; 2]) -> Option<Array2<f16>> {
    let file = std::fs::File::open(path).ok()?;
    let len = file.metadata().ok()?.len();
    let mut hashed = Hashed::new(std::io::BufReader::with_capacity(1 << 20, file));
    let features = npy::read(&mut hashed, len)?;
    let found = hashed.finish();
    match std::fs::read_to_string(checksum(path)) {
        Ok(line) if line.split_whitespace().next() != Some(&found) => return None,
        _ => {}
    }
    (features.shape() == shape).then_some(features)
}

/// Write features to a file, with their checksum beside it in the form of `sha256sum`, and give them back.
pub(super) fn keep(path: &Path, features: Array2<f16>) -> Result<Array2<f16>, FeatureError> {
    let mut features = Some(features);
    let mut sum = String::new();
    atomic::write_with(path, |out| {
        let mut hashed = Hashed::new(out);
        features = features
            .take()
            .map(|f| npy::write(f, &mut hashed))
            .transpose()?;
        sum = hashed.finish();
        Ok(())
    })?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    atomic::write(&checksum(path), format!("{sum}  {name}\n").as_bytes())?;
    features.ok_or_else(|| FeatureError::Shape(format!("`{}` was not written", path.display())))
}

fn checksum(path: &Path) -> std::path::PathBuf {
    path.with_added_extension("sha256")
}

/// Takes the SHA-256 of what goes through it.
struct Hashed<T> {
    inner: T,
    hash: Sha256,
}

impl<T> Hashed<T> {
    fn new(inner: T) -> Hashed<T> {
        Hashed {
            inner,
            hash: Sha256::new(),
        }
    }

    fn finish(self) -> String {
        hex(&self.hash.finalize())
    }
}

impl<T: Read> Read for Hashed<T> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.hash.update(&buffer[..n]);
        Ok(n)
    }
}

impl<T: Write> Write for Hashed<T> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let n = self.inner.write(bytes)?;
        self.hash.update(&bytes[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

/// Raw pixels scaled to [-1, 1], one row an image, in half precision.
///
/// # Errors
/// None but a shape that does not fit in memory.
pub fn pixels(images: &Images) -> Result<Array2<f16>, FeatureError> {
    let mut values = vec![f16::ZERO; images.pixels.len()];
    let stretches = values.par_chunks_mut(NARROWED);
    stretches
        .zip(images.pixels.par_chunks(NARROWED))
        .for_each_init(Vec::new, |unit, (out, pixels)| {
            unit.resize(pixels.len(), 0.0);
            to_unit(pixels, unit);
            out.convert_from_f32_slice(unit);
        });
    shaped(images.n, images.c * images.h * images.w, values)
}

fn shaped(n: usize, d: usize, values: Vec<f16>) -> Result<Array2<f16>, FeatureError> {
    Array2::from_shape_vec((n, d), values).map_err(|e| FeatureError::Shape(e.to_string()))
}

fn key(discriminator: &Discriminator, dataset: &Dataset) -> Result<String, FeatureError> {
    let mut hash = Sha256::new();
    hash.update(VERSION.to_le_bytes());
    for (name, tensor) in discriminator.params().tensors()? {
        hash.update(name.as_bytes());
        for value in tensor.flatten_all()?.to_vec1::<f32>()? {
            hash.update(value.to_le_bytes());
        }
    }
    hash.update(dataset.fingerprint.as_bytes());
    let size = [dataset.images.n, dataset.images.h, dataset.images.w];
    size.iter().for_each(|v| hash.update(v.to_le_bytes()));
    Ok(hex(&hash.finalize()[..6]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_that_are_not_as_written_are_made_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.npy");
        let features = || Array2::from_shape_fn((3, 4), |(i, j)| f16::from_f32((i * 4 + j) as f32));
        keep(&path, features()).unwrap();
        assert_eq!(kept(&path, [3, 4]), Some(features()));
        assert_eq!(kept(&path, [4, 3]), None);
        let whole = std::fs::read(&path).unwrap();
        let mut bytes = whole.clone();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(kept(&path, [3, 4]), None, "a flipped bit");
        // As earlier versions left them.
        std::fs::write(&path, &whole).unwrap();
        std::fs::remove_file(checksum(&path)).unwrap();
        assert_eq!(kept(&path, [3, 4]), Some(features()));
    }
}
