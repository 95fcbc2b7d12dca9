//! Every measure of two sets of images at once.

use std::time::Instant;

use ndarray::{Array2, Axis};
use rand::seq::SliceRandom;

use super::kernel::kernel;
use super::neighbours::{NEAREST, neighbours};
use super::score::inception_score;
use super::space::{Extracted, Space};
use super::{QualityError, frechet};
use crate::data::Images;
use crate::track::Streams;
use crate::track::progress::Progress;
use crate::track::protocol;
use crate::track::quality::{KernelRecord, NeighboursRecord, QualityRecord, ScoreRecord};

/// Fewest images in either set: each needs more than the five neighbours that coverage asks for.
pub const FEWEST: usize = 10;
/// Stretches that the Inception score is taken over.
const SPLITS: usize = 10;

/// What the record says beside the numbers.
#[derive(Debug, Clone)]
pub struct Settings {
    /// As it was asked for, such as `untrained`.
    pub space: String,
    /// Which network that is.
    pub net: String,
    /// What the images are compared with: data set and split.
    pub against: String,
    /// Where the images are from: a trial's generator or a data set.
    pub images: String,
    pub seed: u64,
}

/// Compare `generated` with `real`.
///
/// In a discriminator's space every feature is first centred and scaled by its mean and deviation over `real`: a layer
/// without batch norm would count for next to nothing otherwise. Inception's features are taken as they are, so that
/// its numbers are the published ones.
///
/// # Errors
/// [`QualityError`].
pub fn measure(
    space: &Space,
    generated: &Images,
    real: &Images,
    settings: &Settings,
    progress: &dyn Progress,
) -> Result<QualityRecord, QualityError> {
    let started = Instant::now();
    for (what, set) in [("the set to judge", generated), ("the reference", real)] {
        if set.n < FEWEST {
            return Err(QualityError::TooFew {
                what,
                found: set.n,
                needed: FEWEST,
            });
        }
    }
    let mut theirs = space.extract(real, "real images", progress)?;
    let mut ours = space.extract(generated, "images to judge", progress)?;
    let standardised = matches!(space, Space::Discriminator(_));
    if standardised {
        standardise(&mut theirs, &mut ours);
    }
    let streams = Streams::new(settings.seed);
    let (a, b) = (ours.features.view(), theirs.features.view());
    let mut rng = streams.stream("quality.kernel");
    let kernel = kernel(a, b, &mut rng, progress)?;
    let near = neighbours(a, b, progress)?;
    progress.note("Fréchet distance");
    let frechet = frechet(a, b)?;
    let [k_radius, k_density] = NEAREST;
    Ok(QualityRecord {
        protocol: protocol::QUALITY,
        space: settings.space.clone(),
        net: settings.net.clone(),
        images: settings.images.clone(),
        against: settings.against.clone(),
        samples: generated.n,
        reference: real.n,
        dimensions: space.dimensions(),
        standardised,
        seed: settings.seed,
        frechet,
        kernel: KernelRecord {
            mean: kernel.mean,
            deviation: kernel.deviation,
            subsets: kernel.subsets,
            size: kernel.size,
        },
        inception_score: ours.logits.as_ref().map(|logits| {
            let (mean, deviation) = score(logits, streams);
            ScoreRecord {
                mean,
                deviation,
                splits: SPLITS,
            }
        }),
        neighbours: NeighboursRecord {
            precision: near.precision,
            recall: near.recall,
            density: near.density,
            coverage: near.coverage,
            k_precision_recall: k_radius,
            k_density_coverage: k_density,
        },
        seconds: started.elapsed().as_secs_f64(),
    })
}

/// The rows come in any order, perhaps class by class: shuffled, every stretch is a sample of all.
fn score(logits: &Array2<f64>, streams: Streams) -> (f64, f64) {
    let mut order: Vec<usize> = (0..logits.nrows()).collect();
    order.shuffle(&mut streams.stream("quality.score"));
    inception_score(logits.select(Axis(0), &order).view(), SPLITS)
}

/// Both sets by the reference's mean and deviation, column by column; a column without deviation is only centred.
fn standardise(reference: &mut Extracted, other: &mut Extracted) {
    let columns = reference.features.axis_iter_mut(Axis(1));
    for (mut own, mut theirs) in columns.zip(other.features.axis_iter_mut(Axis(1))) {
        let mean = own.mean().unwrap_or(0.0);
        let deviation = own.std(0.0);
        let scale = if deviation > 0.0 {
            1.0 / deviation
        } else {
            1.0
        };
        own.mapv_inplace(|v| (v - mean) * scale);
        theirs.mapv_inplace(|v| (v - mean) * scale);
    }
}
