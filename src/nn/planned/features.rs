//! D's pooled features over planned buffers: two maps, however many layers there are.

use candle_core::{Result, Var};
use rayon::prelude::*;

use crate::nn::EPSILON;
use crate::nn::cpu::norm::{Affine, Statistics, folded, forward_in_place};
use crate::nn::cpu::pool::{GridPool, image_to_grid};
use crate::nn::cpu::spare::lend;
use crate::nn::cpu::transpose::swap;
use crate::nn::cpu::{Geometry, activation, conv};
use crate::nn::discriminator::{Discriminator, SLOPE};
use crate::nn::norm::BatchNorm;
use crate::nn::ops::{Conv2d, read};
use crate::nn::plan::BASE;

/// The features of section 5.1 as [`Discriminator::pooled_features`] gives them, to the same bits.
pub struct PlannedFeatures {
    layers: Vec<Layer>,
    /// Values of an image, and of its features.
    image: usize,
    len: usize,
}

struct Layer {
    /// For one image.
    g: Geometry,
    weight: Var,
    norm: Option<BatchNorm>,
}

impl PlannedFeatures {
    /// The layers that `net` has; `None` where it is of other rules than the paper's or not in single precision on the CPU.
    pub fn new(net: &Discriminator) -> Option<Self> {
        if !net.is_plain() {
            return None;
        }
        let mut layers = Vec::with_capacity(net.layers.len());
        for (l, weight, norm) in &net.layers {
            if !weight.device().is_cpu() {
                return None;
            }
            let config = Conv2d {
                stride: l.stride,
                padding: l.padding(),
            };
            let input = [1, l.input.height, l.input.width, l.input.channels];
            layers.push(Layer {
                g: config.geometry(input, weight.dims4().ok()?.into()).ok()?,
                weight: weight.clone(),
                norm: norm.clone(),
            });
        }
        Some(PlannedFeatures {
            image: layers.first()?.g.large_len(),
            len: net.feature_len(),
            layers,
        })
    }

    /// Fill `out`, `[batch, feature_len]`, from `images`, `[batch, h, w, c]` in [-1, 1].
    ///
    /// # Errors
    /// candle's own.
    pub fn rows(&self, images: &[f32], out: &mut [f32]) -> Result<()> {
        let batch = images.len() / self.image.max(1);
        let maps = self.layers.iter().map(|l| l.g.small_len());
        let largest = batch * maps.chain([self.image]).max().unwrap_or(0);
        // Each layer reads one and writes the other.
        let (mut from, mut to) = (lend(largest), lend(largest));
        from[..images.len()].copy_from_slice(images);
        let mut column = 0;
        for layer in &self.layers {
            let one = layer.g;
            let g = Geometry { batch, ..one };
            read(layer.weight.as_tensor(), |w| {
                conv::down(&g, &from[..g.large_len()], w, &mut to[..g.small_len()]);
                Ok(())
            })?;
            let pool = GridPool {
                batch: 1,
                input: g.small,
                grid: BASE,
            };
            let channels = g.small[2];
            let pooled = BASE * BASE * channels;
            let folded = layer.norm.as_ref().map(stored).transpose()?;
            to[..g.small_len()]
                .par_chunks_exact_mut(one.small_len().max(1))
                .zip(out.par_chunks_exact_mut(self.len.max(1)))
                .for_each(|(map, row)| {
                    match &folded {
                        Some((scale, shift)) => forward_in_place(map, (scale, shift), SLOPE),
                        None => activation::leaky_relu_in_place(map, SLOPE),
                    }
                    let mut cells = vec![0.0; pooled];
                    image_to_grid(&pool, map, &mut cells);
                    swap(
                        &cells,
                        &mut row[column..column + pooled],
                        BASE * BASE,
                        channels,
                    );
                });
            column += pooled;
            std::mem::swap(&mut from, &mut to);
        }
        Ok(())
    }
}

/// A layer's normalisation by its stored statistics.
fn stored(norm: &BatchNorm) -> Result<(Vec<f32>, Vec<f32>)> {
    let values = |v: &Var| v.as_detached_tensor().to_vec1::<f32>();
    let statistics = Statistics {
        mean: values(&norm.mean)?,
        variance: values(&norm.variance)?,
    };
    let affine = Affine {
        gain: &values(&norm.gain)?,
        bias: &values(&norm.bias)?,
        epsilon: EPSILON as f32,
        slope: SLOPE,
    };
    Ok(folded(&statistics, affine))
}
