//! The adversarial step: our own trainer, as a sweep drives it.

use anyhow::{Result, bail};
use candle_core::Device;
use dcgan::nn::Architecture;
use dcgan::spec::{ModelSpec, Spec, load, resolve};
use dcgan::track::Streams;
use dcgan::train::Trainer;

use super::{Catalogue, Unit, Work, pixels};

const BATCH: usize = 128;
/// Images to draw mini-batches from: ten, so that they do not stay in the cache.
const IMAGES: usize = 10 * BATCH;

/// One mini-batch through [`Trainer::step`]: D on real and on fake images, then G.
///
/// # Errors
/// A preset that a spec does not know, or images that cannot be had.
pub fn adversarial(
    catalogue: &Catalogue,
    preset: &str,
    width: &str,
    precision: &str,
) -> Result<Work> {
    let spec = spec(preset, width, precision)?;
    let ModelSpec::Preset {
        preset,
        width,
        latent,
        rules,
    } = spec.model
    else {
        bail!("a step needs a preset to train");
    };
    let (images, what, file) = pixels::images(catalogue, IMAGES, preset.size())?;
    let architecture = Architecture::of(preset, width, latent, &rules, images.c, 0);
    let mut trainer = Trainer::new(
        "bench",
        &architecture,
        &spec.train,
        Streams::new(0),
        images.n,
        &Device::Cpu,
    )?;
    let run = move || {
        let report = trainer.step(&images).expect("a step that does not diverge");
        report.values["loss.d"] + report.values["loss.g"]
    };
    Ok(Work::new(BATCH as f64, Unit::Images, run).on(what, file))
}

/// Through the same door as an experiment's file.
fn spec(preset: &str, width: &str, precision: &str) -> Result<Spec> {
    let text = format!(
        "name: bench\ndata: {{train: cifar10}}\nmodel: {{preset: {preset}, width: {width}}}\n\
         train: {{epochs: 1, batch_size: {BATCH}, precision: {precision}}}\n"
    );
    let tree = load::parse(&text, "bench")?;
    Ok(resolve(&tree)?)
}
