//! Batch-norm statistics for inference, inferred from data (the authors' code stores none).
//!
//! The mean of the batches' means, and the mean of their biased variances, over training batches of 128: every layer in
//! one pass, each normalised by its own batch on the way.

use std::collections::HashMap;

use candle_core::{Device, Tensor, TensorId};

use super::norm::{BatchNorm, Norm};
use super::ops::BatchMoments;
use super::{Discriminator, Generator, Input, NnError};

/// A network with batch norm.
pub trait Normalised {
    #[doc(hidden)]
    fn watch(&self, x: &Input, see: &mut dyn FnMut(Watched)) -> Result<(), NnError>;
}

/// One layer's batch statistics as they pass.
#[doc(hidden)]
pub struct Watched<'a>(&'a BatchNorm, &'a BatchMoments);

impl Normalised for Discriminator {
    fn watch(&self, x: &Input, see: &mut dyn FnMut(Watched)) -> Result<(), NnError> {
        let watch = &mut |b: &BatchNorm, m: &BatchMoments| see(Watched(b, m));
        self.frozen().all_layers(&x.detach(), Norm::Batch, watch)
    }
}

impl Normalised for Generator {
    fn watch(&self, x: &Input, see: &mut dyn FnMut(Watched)) -> Result<(), NnError> {
        self.run(&x.detach(), Norm::Batch, &mut |b, m| see(Watched(b, m)))?;
        Ok(())
    }
}

/// Running sums of one layer.
struct Sums {
    layer: BatchNorm,
    mean: Vec<f64>,
    variance: Vec<f64>,
}

/// Set `net`'s stored statistics from `batches`: images for a discriminator, z for a generator, 128 rows each, with labels
/// where the net is conditional.
/// Returns the number of batches.
///
/// # Errors
/// [`NnError::NoBatches`], a batch's own, or a device's.
pub fn infer_statistics<N, I, B, E>(net: &N, batches: B) -> Result<usize, E>
where
    N: Normalised,
    I: Into<Input>,
    B: IntoIterator<Item = Result<I, E>>,
    E: From<NnError>,
{
    let mut layers: Vec<Sums> = Vec::new();
    let mut index: HashMap<TensorId, usize> = HashMap::new();
    let mut count = 0usize;
    for batch in batches {
        let batch = batch?.into();
        let mut failure = None;
        net.watch(&batch, &mut |Watched(layer, moments)| {
            let at = *index.entry(layer.mean.id()).or_insert_with(|| {
                let len = layer.mean.elem_count();
                layers.push(Sums {
                    layer: layer.clone(),
                    mean: vec![0.0; len],
                    variance: vec![0.0; len],
                });
                layers.len() - 1
            });
            if let Some(sums) = layers.get_mut(at)
                && let Err(e) = sums.add(moments)
            {
                failure = Some(e);
            }
        })?;
        if let Some(e) = failure {
            return Err(e.into());
        }
        count += 1;
    }
    if count == 0 {
        return Err(NnError::NoBatches.into());
    }
    for sums in &layers {
        sums.store(count)?;
    }
    Ok(count)
}

impl Sums {
    fn add(&mut self, moments: &BatchMoments) -> Result<(), NnError> {
        for (sum, new) in [
            (&mut self.mean, &moments.mean),
            (&mut self.variance, &moments.variance),
        ] {
            for (s, v) in sum.iter_mut().zip(new.to_vec1::<f32>()?) {
                *s += f64::from(v);
            }
        }
        Ok(())
    }

    fn store(&self, count: usize) -> Result<(), NnError> {
        for (var, sum) in [
            (&self.layer.mean, &self.mean),
            (&self.layer.variance, &self.variance),
        ] {
            let mean: Vec<f32> = sum.iter().map(|s| (s / count as f64) as f32).collect();
            let mean = Tensor::new(mean.as_slice(), &Device::Cpu)?;
            var.set(&mean.to_device(var.device())?)?;
        }
        Ok(())
    }
}
