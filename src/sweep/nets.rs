//! The nets of a trial: trained here or released by the authors, with their batch-norm statistics.

use std::collections::BTreeMap;

use candle_core::{Device, Tensor};
use rand::seq::SliceRandom;

use super::SweepError;
use super::context::Context;
use super::preflight::{Sets, refused};
use crate::data::{Dataset, Images, Loader};
use crate::nn::{Architecture, Discriminator, Generator, Input, one_hot, released, torch};
use crate::spec::{ModelSpec, Spec};
use crate::track::Streams;
use crate::track::format::Scale;
use crate::track::run::RunFolder;
use crate::train::{self, FINAL, Trainer, labels, to_tensor, untrained};

/// Mini-batches whose statistics are averaged; more change the fourth digit only.
const STATISTICS_BATCHES: usize = 100;
/// The authors inferred the released nets' statistics on mini-batches of this size.
const STATISTICS_BATCH: usize = 128;

/// A trial's nets, ready for use: every batch norm has its statistics.
pub(super) struct Nets {
    pub architecture: Architecture,
    pub discriminator: Discriminator,
    /// Absent where the released folder lacks some of its arrays.
    pub generator: Option<Generator>,
}

impl Nets {
    /// What a table must say about these nets.
    pub fn scale(&self, spec: &Spec, dataset: &Dataset) -> Scale {
        let (net, trained_on, epochs) = match &spec.model {
            ModelSpec::Preset { preset, .. } => (
                preset.name().to_string(),
                spec.data.train.clone(),
                spec.train.epochs as f64,
            ),
            ModelSpec::Released { released } => (
                format!(
                    "released, {} of {} layers",
                    self.discriminator.layers(),
                    self.architecture.discriminator.len()
                ),
                released
                    .file_name()
                    .map_or_else(String::new, |n| n.to_string_lossy().into_owned()),
                0.0,
            ),
            ModelSpec::Torch { torch, .. } => (
                "PyTorch checkpoint".to_string(),
                torch
                    .file_name()
                    .map_or_else(String::new, |n| n.to_string_lossy().into_owned()),
                0.0,
            ),
        };
        Scale {
            net,
            width: self.architecture.width,
            size: self.architecture.image.height,
            epochs,
            trained_on,
            images: dataset.images.n,
            discriminator_parameters: self.discriminator.params().count() as u64,
            generator_parameters: self
                .generator
                .as_ref()
                .map_or(0, |g| g.params().count() as u64),
        }
    }

    /// The same discriminator before its first step, with statistics of its own: the control.
    pub fn untrained(
        &self,
        spec: &Spec,
        context: &Context,
        dataset: &Dataset,
    ) -> Result<Discriminator, SweepError> {
        let streams = Streams::new(spec.seed);
        let layers = self.discriminator.layers();
        let d = untrained(&self.architecture, layers, streams, &context.device)?;
        infer_discriminator(&d, streams, context, dataset)?;
        Ok(d)
    }
}

/// Refuse a training set that the spec's net cannot train on.
pub(super) fn check(spec: &Spec, sets: &mut Sets) -> Result<(), SweepError> {
    let set = sets.split("data", &spec.data.train, &spec.data.split)?;
    let ModelSpec::Preset { rules, .. } = &spec.model else {
        return Ok(());
    };
    if rules.conditional && (set.classes.is_empty() || set.labels.is_none()) {
        let error = train::TrainError::NoLabels;
        return Err(refused("model.conditional", error));
    }
    // The order is of no account, whether there is a mini-batch is.
    let rng = Streams::new(spec.seed).stream("preflight");
    Loader::new(set.images, spec.train.batch_size, rng)
        .map(drop)
        .map_err(|e| refused("train.batch_size", train::TrainError::from(e)))
}

/// Train, or read what was trained or released.
pub(super) fn trained(
    spec: &Spec,
    id: &str,
    context: &Context,
    dataset: &Dataset,
    folder: &mut RunFolder,
) -> Result<Nets, SweepError> {
    let streams = Streams::new(spec.seed);
    match &spec.model {
        ModelSpec::Preset {
            preset,
            width,
            latent,
            rules,
        } => {
            let (channels, classes) = (dataset.images.c, dataset.classes.len());
            let architecture = Architecture::of(*preset, *width, *latent, rules, channels, classes);
            if rules.conditional && (classes == 0 || dataset.labels.is_none()) {
                return Err(train::TrainError::NoLabels.into());
            }
            check_images(&architecture, &dataset.images)?;
            let done = folder.path(FINAL);
            if done.exists() {
                return load(&done, architecture, context);
            }
            let mut trainer = Trainer::new(
                id,
                &architecture,
                &spec.train,
                streams,
                dataset.images.n,
                &context.device,
            )?
            .with_labels(dataset.labels.as_deref().unwrap_or_default())?;
            train::run(
                &mut trainer,
                &spec.train,
                &dataset.images,
                folder,
                context.progress,
            )?;
            let nets = Nets {
                architecture,
                discriminator: trainer.discriminator,
                generator: Some(trainer.generator),
            };
            infer(&nets, streams, context, dataset)?;
            save(&done, &nets)?;
            Ok(nets)
        }
        ModelSpec::Released { released } => {
            let read = released::load(released, &context.device)?;
            check_images(&read.architecture, &dataset.images)?;
            let nets = Nets {
                architecture: read.architecture,
                discriminator: read.discriminator,
                generator: read.generator,
            };
            infer(&nets, streams, context, dataset)?;
            Ok(nets)
        }
        ModelSpec::Torch { torch, generator } => {
            let read = torch::load(torch, generator.as_deref(), &context.device)?;
            check_images(&read.architecture, &dataset.images)?;
            Ok(Nets {
                architecture: read.architecture,
                discriminator: read.discriminator,
                generator: read.generator,
            })
        }
    }
}

fn check_images(architecture: &Architecture, images: &Images) -> Result<(), SweepError> {
    let found = (images.c, images.h, images.w);
    let image = architecture.image;
    let expected = (image.channels, image.height, image.width);
    match found == expected {
        true => Ok(()),
        false => Err(train::TrainError::WrongImages { found, expected }.into()),
    }
}

/// Statistics of both nets.
pub(super) fn infer(
    nets: &Nets,
    streams: Streams,
    context: &Context,
    dataset: &Dataset,
) -> Result<(), SweepError> {
    infer_discriminator(&nets.discriminator, streams, context, dataset)?;
    if let Some(generator) = &nets.generator {
        let mut rng = streams.stream("statistics.latent");
        let mut of_labels = streams.stream("statistics.labels");
        let a = &nets.architecture;
        let (size, device) = (STATISTICS_BATCH, &context.device);
        let what = "batch-norm statistics of G";
        let count = (STATISTICS_BATCHES, size);
        return train::infer(generator, what, count, context.progress, |_| {
            let streams = (&mut rng, &mut of_labels);
            let input = labels::input(&a.latent, a.classes, size, streams, device)?;
            Ok::<_, SweepError>(input)
        });
    }
    Ok(())
}

fn infer_discriminator(
    discriminator: &Discriminator,
    streams: Streams,
    context: &Context,
    dataset: &Dataset,
) -> Result<(), SweepError> {
    let mut order: Vec<usize> = (0..dataset.images.n).collect();
    order.shuffle(&mut streams.stream("statistics"));
    order.truncate(STATISTICS_BATCHES * STATISTICS_BATCH);
    let batches: Vec<&[usize]> = order.chunks(STATISTICS_BATCH).collect();
    let what = "batch-norm statistics of D";
    let count = (batches.len(), STATISTICS_BATCH);
    train::infer(discriminator, what, count, context.progress, |i| {
        shown(discriminator, dataset, batches[i], &context.device)
    })
}

/// The images at `rows`, with their labels where D sees labels.
fn shown(
    discriminator: &Discriminator,
    dataset: &Dataset,
    rows: &[usize],
    device: &Device,
) -> Result<Input, SweepError> {
    let x = to_tensor(&dataset.images, rows, device)?;
    let labels = match (discriminator.classes(), &dataset.labels) {
        (0, _) => None,
        (classes, Some(labels)) => {
            let labels: Vec<u8> = rows.iter().map(|&row| labels[row]).collect();
            Some(one_hot(&labels, classes, device).map_err(train::TrainError::from)?)
        }
        (_, None) => return Err(train::TrainError::NoLabels.into()),
    };
    Ok(Input { x, labels })
}

fn save(path: &std::path::Path, nets: &Nets) -> Result<(), SweepError> {
    let mut tensors: BTreeMap<String, Tensor> = BTreeMap::new();
    tensors.extend(nets.discriminator.params().tensors()?);
    if let Some(generator) = &nets.generator {
        tensors.extend(generator.params().tensors()?);
    }
    Ok(train::save(path, &tensors, None)?)
}

/// The nets of a checkpoint as they are in it.
pub(super) fn load(
    path: &std::path::Path,
    architecture: Architecture,
    context: &Context,
) -> Result<Nets, SweepError> {
    let (tensors, _) = train::load(path, &context.device)?;
    let (generator, discriminator) = train::from_tensors(&architecture, &tensors, &context.device)?;
    Ok(Nets {
        architecture,
        discriminator,
        generator: Some(generator),
    })
}
