//! Drawing z.

use candle_core::{Device, Tensor};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::spec::{Latent, LatentDistribution};

/// Draw `n` latent vectors from `rng`: a tensor (n, size).
///
/// # Errors
/// The device's own.
pub fn draw(
    latent: &Latent,
    n: usize,
    rng: &mut impl Rng,
    device: &Device,
) -> candle_core::Result<Tensor> {
    let mut values = vec![0.0; n * latent.size];
    fill(latent, rng, &mut values);
    Tensor::from_vec(values, (n, latent.size), device)
}

/// Draw components of latent vectors into `values`.
pub fn fill(latent: &Latent, rng: &mut impl Rng, values: &mut [f32]) {
    for value in values {
        *value = match latent.distribution {
            LatentDistribution::Uniform => rng.random_range(-1.0..1.0),
            LatentDistribution::Normal => StandardNormal.sample(rng),
        };
    }
}
