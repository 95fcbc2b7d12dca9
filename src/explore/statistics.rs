//! Batch-norm statistics of a D that came without: released nets and random ones.

use std::collections::HashMap;

use candle_core::Device;

use super::{ExploreError, Net};
use crate::data::Images;
use crate::nn::Discriminator;
use crate::track::Streams;
use crate::track::progress::Progress;
use crate::train::{self, to_tensor, untrained};

/// Images to a mini-batch.
const BATCH: usize = 128;

/// Statistics from whole mini-batches, or from all images where there are fewer.
pub(super) fn infer(
    d: &Discriminator,
    images: &Images,
    progress: &dyn Progress,
) -> Result<(), ExploreError> {
    let rows: Vec<usize> = (0..images.n).collect();
    let whole = (images.n / BATCH * BATCH).max(images.n.min(BATCH));
    let batches: Vec<&[usize]> = rows[..whole].chunks(BATCH).collect();
    let count = (batches.len(), BATCH);
    let what = "batch-norm statistics of D";
    train::infer(d, what, count, progress, |i| {
        Ok::<_, ExploreError>(to_tensor(images, batches[i], &Device::Cpu)?)
    })
}

/// The net's D, with statistics from `images` where it came without: on a copy, so that what one figure infers is not what
/// the next one reads.
pub(super) fn with_statistics(
    net: &Net,
    images: &Images,
    progress: &dyn Progress,
) -> Result<Discriminator, ExploreError> {
    let d = &net.discriminator;
    if net.statistics {
        return Ok(d.clone());
    }
    let copy = untrained(&net.architecture, d.layers(), Streams::new(0), &Device::Cpu)?;
    let tensors: HashMap<_, _> = d.params().tensors()?.into_iter().collect();
    copy.params().load(&tensors)?;
    infer(&copy, images, progress)?;
    Ok(copy)
}
