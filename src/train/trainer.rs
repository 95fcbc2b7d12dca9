//! The adversarial step.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{Device, Tensor};
use rand_chacha::ChaCha8Rng;

use super::checkpoint::{self, State};
use super::labels::{self, Labels, Pair};
use super::monitor::{self, Monitor};
use super::planned::Planned;
use super::{Adam, TrainError, latent, tape};
use crate::data::{Images, Loader, to_bytes};
use crate::nn::cpu::bf16_products;
use crate::nn::{Architecture, Discriminator, Generator, Input, Norm};
use crate::spec::{Latent, Precision, Schedule, TrainSpec};
use crate::track::Streams;
use crate::track::filters::Look;

#[cfg(test)]
mod replay;

/// How many samples a sheet shows.
pub const SHEET: usize = 100;

/// Both nets, their optimisers and the random streams of a training.
pub struct Trainer {
    pub generator: Generator,
    pub discriminator: Discriminator,
    trial: String,
    adam_d: Adam,
    adam_g: Adam,
    spec: TrainSpec,
    latent: Latent,
    latent_rng: ChaCha8Rng,
    loader: Loader,
    /// `None` where the nets see no labels.
    labels: Option<Labels>,
    /// The z of every sample sheet.
    fixed: Input,
    device: Device,
    /// The mini-batch's images, `[batch, c, h, w]`.
    real: Vec<f32>,
    /// The CPU's buffers; `None` on other devices.
    planned: Option<Planned>,
    streams: Streams,
    step: u64,
    seconds: f64,
}

/// What one mini-batch did; a net that it did not train has no loss and no gradient norm.
#[derive(Debug, Clone, Default)]
pub struct StepReport {
    /// `loss.d`, `loss.g`, `accuracy.real`, `accuracy.fake`, `grad.d`, `grad.g`.
    pub values: BTreeMap<String, f64>,
}

impl Trainer {
    /// New nets and streams for `images` training images.
    ///
    /// # Errors
    /// [`TrainError::Loader`] for fewer images than a mini-batch, [`TrainError::NoBf16`], or the device's own.
    pub fn new(
        trial: &str,
        architecture: &Architecture,
        spec: &TrainSpec,
        streams: Streams,
        images: usize,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let generator = Generator::init(
            architecture,
            &mut streams.stream("weights.generator"),
            device,
        )?;
        let layers = architecture.discriminator.len();
        let discriminator = untrained(architecture, layers, streams, device)?;
        let latent = architecture.latent;
        let classes = architecture.classes;
        let fixed = labels::sheet(&latent, classes, &mut streams.stream("sheet"), device)?;
        let planned = Planned::new(&generator, &discriminator, spec.batch_size, spec.precision);
        if spec.precision == Precision::Bf16 && (planned.is_none() || !bf16_products()) {
            return Err(TrainError::NoBf16);
        }
        Ok(Trainer {
            trial: trial.to_string(),
            adam_d: Adam::new(spec.adam, spec.l2, discriminator.params().iter())?,
            adam_g: Adam::new(spec.adam, spec.l2, generator.params().iter())?,
            generator,
            discriminator,
            spec: spec.clone(),
            latent,
            latent_rng: streams.stream("latent"),
            loader: Loader::new(images, spec.batch_size, streams.stream("batches"))?,
            labels: (classes > 0).then(|| Labels::new(classes, streams.stream("labels"))),
            fixed,
            device: device.clone(),
            real: Vec::new(),
            planned,
            streams,
            step: 0,
            seconds: 0.0,
        })
    }

    /// Give conditional nets the labels of the training images, one each; others have no use for them.
    ///
    /// # Errors
    /// [`TrainError::WrongLabels`].
    pub fn with_labels(mut self, labels: &[u8]) -> Result<Self, TrainError> {
        if let Some(own) = &mut self.labels {
            own.give(labels, self.loader.state().n)?;
        }
        Ok(self)
    }

    /// Mini-batches done.
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// Mini-batches in an epoch; the last, partial one is left out.
    pub fn steps_per_epoch(&self) -> u64 {
        self.loader.batches_per_epoch() as u64
    }

    /// Seconds of training so far, over all sessions.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// A filter monitor of this training, its fixed z and real images drawn from streams of its own; `past` are its looks
    /// before.
    ///
    /// # Errors
    /// The device's own.
    pub fn monitor(&self, images: &Images, past: Vec<Look>) -> Result<Monitor, TrainError> {
        let [mut z, mut labels, mut rows] =
            ["latent", "labels", "images"].map(|s| self.streams.stream(&format!("monitor.{s}")));
        let (classes, n) = (self.generator.classes(), monitor::SAMPLES.min(images.n));
        let rows = rand::seq::index::sample(&mut rows, images.n, n).into_vec();
        let real = Input {
            x: to_tensor(images, &rows, &self.device)?,
            labels: match &self.labels {
                Some(labels) => Some(labels.of(&rows, &self.device)?),
                None => None,
            },
        };
        let streams = (&mut z, &mut labels);
        let z = labels::input(
            &self.latent,
            classes,
            monitor::SAMPLES,
            streams,
            &self.device,
        )?;
        Ok(Monitor::new(z, real, past))
    }

    /// Train on the next mini-batch of `images`.
    ///
    /// # Errors
    /// [`TrainError::Diverged`] as soon as a loss or a gradient is not a number, [`TrainError::NoLabels`].
    pub fn step(&mut self, images: &Images) -> Result<StepReport, TrainError> {
        let started = std::time::Instant::now();
        let batch = self.loader.next_batch();
        let mut real = std::mem::take(&mut self.real);
        images.batch_into(batch, &mut real)?;
        let labels = match &mut self.labels {
            Some(labels) => Some(labels.pair(batch, &self.device)?),
            None => None,
        };
        let z = latent::draw(
            &self.latent,
            self.spec.batch_size,
            &mut self.latent_rng,
            &self.device,
        )?;
        let shape = [images.c, images.h, images.w];
        let report = self.update(&real, shape, &z, labels.as_ref())?;
        self.real = real;
        self.step += 1;
        self.seconds += started.elapsed().as_secs_f64();
        match report.values.iter().find(|(_, v)| !v.is_finite()) {
            Some((name, value)) => Err(TrainError::Diverged {
                step: self.step,
                what: format!("{name} is {value}"),
            }),
            None => Ok(report),
        }
    }

    /// Update the nets whose turn it is on `real`, a mini-batch of images `[c, h, w]`, and on the fakes of `z`;
    /// conditional nets see the labels of both.
    fn update(
        &mut self,
        real: &[f32],
        image: [usize; 3],
        z: &Tensor,
        labels: Option<&Pair>,
    ) -> Result<StepReport, TrainError> {
        let (train_d, train_g) = match self.spec.schedule {
            Schedule::Both => (true, true),
            // The released code trains G first: mini-batch 0 is G's.
            Schedule::Alternate => (self.step % 2 == 1, self.step.is_multiple_of(2)),
        };
        let [channels, height, width] = image;
        let mut report = StepReport::default();
        if let Some(planned) = &mut self.planned {
            let z: Vec<f32> = z.flatten_all()?.to_vec1()?;
            planned.draw(&z)?;
            if train_d {
                let (net, adam) = (&self.discriminator, &mut self.adam_d);
                planned.step_d(net, adam, real, channels, &mut report)?;
            }
            if train_g {
                planned.step_g(&self.generator, &mut self.adam_g, &z, &mut report)?;
            }
        } else {
            let shape = (self.spec.batch_size, channels, height, width);
            let real = Tensor::from_slice(real, shape, &self.device)?;
            let (of_real, of_fake) = (labels.map(|l| &l.real), labels.map(|l| &l.fake));
            let fake = self.generator.forward((z, of_fake), Norm::Batch)?;
            let (d, g) = (&self.discriminator, &self.generator);
            if train_d {
                let both = [(&real, of_real).into(), (&fake.detach(), of_fake).into()];
                tape::step_d(d, &mut self.adam_d, &both, &mut report)?;
            }
            if train_g {
                let fake = (&fake, of_fake).into();
                tape::step_g(g, d, &mut self.adam_g, &fake, &mut report)?;
            }
        }
        Ok(report)
    }

    /// The samples of the fixed z as bytes, NCHW: [`SHEET`] images, or ten for each class of a conditional net.
    ///
    /// # Errors
    /// The device's own.
    pub fn samples(&self) -> Result<Images, TrainError> {
        let images = self.generator.forward(self.fixed.clone(), Norm::Batch)?;
        to_images(&images)
    }

    /// Save both nets as they are: their parameters, no state to go on from.
    ///
    /// # Errors
    /// [`TrainError::Write`].
    pub fn save_nets(&self, path: &Path) -> Result<(), TrainError> {
        let mut tensors = BTreeMap::new();
        for params in [self.generator.params(), self.discriminator.params()] {
            tensors.extend(params.tensors()?);
        }
        checkpoint::save(path, &tensors, None)
    }

    /// Save everything needed to go on from here.
    ///
    /// # Errors
    /// [`TrainError::Write`].
    pub fn save(&self, path: &Path) -> Result<(), TrainError> {
        let mut tensors = BTreeMap::new();
        for params in [self.generator.params(), self.discriminator.params()] {
            tensors.extend(params.tensors()?);
        }
        self.adam_d.save("adam.d", &mut tensors);
        self.adam_g.save("adam.g", &mut tensors);
        let mut state = State::new(
            &self.trial,
            self.step,
            self.seconds,
            (self.adam_d.updates(), self.adam_g.updates()),
            self.latent_rng.clone(),
            self.loader.state().clone(),
        );
        state.labels = self.labels.as_ref().map(|l| l.rng.clone());
        checkpoint::save(path, &tensors, Some(&state))
    }

    /// Go on from what [`Trainer::save`] wrote.
    ///
    /// # Errors
    /// [`TrainError::BadCheckpoint`] for a broken file or one of another trial or model.
    pub fn resume(&mut self, path: &Path) -> Result<(), TrainError> {
        let (tensors, state) = checkpoint::load(path, &self.device)?;
        let bad = |message: String| TrainError::BadCheckpoint {
            path: path.to_path_buf(),
            message,
        };
        let state = state.ok_or_else(|| bad("has no training state".into()))?;
        if state.trial != self.trial {
            return Err(bad(format!(
                "belongs to trial {}, not {}",
                state.trial, self.trial
            )));
        }
        let mut load = || -> Result<(), TrainError> {
            self.generator.params().load(&tensors)?;
            self.discriminator.params().load(&tensors)?;
            self.adam_d.load("adam.d", state.updates.0, &tensors)?;
            self.adam_g.load("adam.g", state.updates.1, &tensors)
        };
        load().map_err(|e| bad(e.to_string()))?;
        self.latent_rng = state.latent;
        if let Some(labels) = &mut self.labels {
            labels.rng = state
                .labels
                .ok_or_else(|| bad("has no state of the labels' stream".into()))?;
        }
        let images = self.loader.state().n;
        self.loader = Loader::resume(state.loader, images).map_err(|e| bad(e.to_string()))?;
        self.step = state.step;
        self.seconds = state.seconds;
        Ok(())
    }
}

/// D's first `layers` layers before the first step: the control of table 1, and, whole, where training starts.
///
/// # Errors
/// The device's own.
pub fn untrained(
    architecture: &Architecture,
    layers: usize,
    streams: Streams,
    device: &Device,
) -> Result<Discriminator, TrainError> {
    let mut rng = streams.stream("weights.discriminator");
    Ok(Discriminator::first_layers(
        architecture,
        layers,
        layers == architecture.discriminator.len(),
        &mut rng,
        device,
    )?)
}

/// Images (n, c, h, w) in [-1, 1] as bytes.
///
/// # Errors
/// The device's own.
pub fn to_images(images: &Tensor) -> Result<Images, TrainError> {
    let (n, c, h, w) = images.dims4()?;
    let values: Vec<f32> = images.flatten_all()?.to_vec1()?;
    let mut pixels = vec![0; values.len()];
    to_bytes(&values, &mut pixels);
    Ok(Images { n, c, h, w, pixels })
}

/// The images at `indices` scaled to [-1, 1]: a tensor (n, c, h, w).
///
/// # Errors
/// The device's own.
pub fn to_tensor(
    images: &Images,
    indices: &[usize],
    device: &Device,
) -> Result<Tensor, TrainError> {
    let values = images.batch(indices)?;
    let shape = (indices.len(), images.c, images.h, images.w);
    Ok(Tensor::from_vec(values, shape, device)?)
}

/// Share of the logits that have this sign.
pub(super) fn share(logits: &[f32], sign: f32) -> f64 {
    let right = logits.iter().filter(|l| **l * sign > 0.0).count();
    right as f64 / logits.len().max(1) as f64
}
