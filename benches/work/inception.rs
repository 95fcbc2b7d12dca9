//! The FID Inception: images as bytes in, 2,048 features an image out.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use candle_core::{Device, Tensor};
use dcgan::nn::inception::{Inception, Weights};

use super::{Catalogue, Unit, Work, pixels};

/// Features of `count` images of 32 pixels; the weights say nothing of the time.
///
/// # Errors
/// Images that cannot be had.
pub fn features(catalogue: &Catalogue, count: usize) -> Result<Work> {
    let (images, what, file) = pixels::images(catalogue, count, 32)?;
    let mut tensors = BTreeMap::new();
    for (name, shape) in Inception::tensors() {
        let value = if shape.len() > 1 { 0.01f32 } else { 1.0 };
        tensors.insert(name, Tensor::full(value, shape, &Device::Cpu)?);
    }
    let net = Inception::new(&Weights::from_tensors(Path::new("constant"), tensors)?)?;
    let run = move || {
        let found = net.features(&images, 0..images.n).expect("features");
        f64::from(found.pooled[0])
    };
    Ok(Work::new(count as f64, Unit::Images, run).on(what, file))
}
