//! Drawing from a conditional generator by stored statistics: labels in, images out.

use anyhow::{Result, bail};
use candle_core::Device;
use dcgan::nn::{Architecture, Generator};
use dcgan::spec::{Latent, LatentDistribution, Preset, Rules};
use dcgan::track::Streams;
use dcgan::train::Sampler;

use super::{Unit, Work};

/// `count` images of ten classes by an untrained G; the time does not depend on what it learnt.
///
/// # Errors
/// A preset without labels, or candle's own.
pub fn labelled(preset: &str, width: usize, count: usize) -> Result<Work> {
    let preset = match preset {
        "mnist28" => Preset::Mnist28,
        "fc28" => Preset::Fc28,
        other => bail!("samples are timed on mnist28 and fc28, not on `{other}`"),
    };
    let latent = Latent {
        size: preset.latent(),
        distribution: LatentDistribution::Uniform,
    };
    let rules = Rules::of(preset, width);
    let a = Architecture::of(preset, width, latent, &rules, 1, 10);
    let streams = Streams::new(0);
    let mut rng = streams.stream("weights.generator");
    let generator = Generator::init(&a, &mut rng, &Device::Cpu)?;
    let mut sampler = Sampler::new(&generator, latent, streams.stream("bench"))?;
    let labels: Vec<u8> = (0..count).map(|i| (i % 10) as u8).collect();
    let run = move || f64::from(sampler.labelled(&labels).expect("ten classes")[0]);
    Ok(Work::new(count as f64, Unit::Images, run))
}
