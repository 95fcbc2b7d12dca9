//! Feature extraction: images as bytes in, one row of pooled activations an image out.

use anyhow::{Result, bail};
use candle_core::Device;
use dcgan::nn::{Architecture, Discriminator};
use dcgan::probe::features::extract;
use dcgan::spec::{Latent, LatentDistribution, Preset};
use dcgan::track::progress::Silent;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{Catalogue, Unit, Work, pixels};

/// The features of `count` images by a whole, untrained D; the time does not depend on what it learnt.
///
/// # Errors
/// An unknown preset, or images that cannot be had.
pub fn pooled(catalogue: &Catalogue, preset: &str, width: usize, count: usize) -> Result<Work> {
    let (images, what, file) = pixels::images(catalogue, count, 32)?;
    if preset != Preset::Imagenet32.name() {
        bail!("features are timed on imagenet32, not on `{preset}`");
    }
    let layers = architecture(width).discriminator.len();
    let net = untrained(width, layers)?;
    let run = move || {
        let features = extract(&net, &images, &Device::Cpu, "bench", &Silent);
        let rows = features.expect("features");
        f64::from(rows[[0, 0]])
    };
    Ok(Work::new(count as f64, Unit::Images, run).on(what, file))
}

/// The first `layers` layers of the ImageNet net's D at their initial weights.
///
/// # Errors
/// candle's own.
pub fn untrained(width: usize, layers: usize) -> Result<Discriminator> {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let a = architecture(width);
    Ok(Discriminator::first_layers(
        &a,
        layers,
        false,
        &mut rng,
        &Device::Cpu,
    )?)
}

fn architecture(width: usize) -> Architecture {
    let latent = Latent {
        size: Preset::Imagenet32.latent(),
        distribution: LatentDistribution::Uniform,
    };
    Architecture::new(Preset::Imagenet32, width, latent, 3)
}
