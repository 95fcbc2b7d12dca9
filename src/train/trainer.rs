//! The adversarial step.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::backprop::GradStore;
use candle_core::{Device, Tensor, Var};
use rand_chacha::ChaCha8Rng;

use super::checkpoint::{self, State};
use super::{Adam, TrainError, latent};
use crate::data::{Images, Loader, to_bytes};
use crate::nn::{Architecture, Discriminator, Generator, Norm, Params, bce_with_logits};
use crate::spec::{Latent, Schedule, TrainSpec};
use crate::track::Streams;

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
    /// The z of every sample sheet.
    fixed: Tensor,
    device: Device,
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
    /// [`TrainError::Loader`] for fewer images than a mini-batch, or the device's own.
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
        let fixed = latent::draw(&latent, SHEET, &mut streams.stream("sheet"), device)?;
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
            fixed,
            device: device.clone(),
            step: 0,
            seconds: 0.0,
        })
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

    /// Train on the next mini-batch of `images`.
    ///
    /// # Errors
    /// [`TrainError::Diverged`] as soon as a loss or a gradient is not a number.
    pub fn step(&mut self, images: &Images) -> Result<StepReport, TrainError> {
        let started = std::time::Instant::now();
        let batch = self.loader.next_batch();
        let real = to_tensor(images, batch, &self.device)?;
        let z = latent::draw(
            &self.latent,
            self.spec.batch_size,
            &mut self.latent_rng,
            &self.device,
        )?;
        let (train_d, train_g) = match self.spec.schedule {
            Schedule::Both => (true, true),
            // The released code trains G first: mini-batch 0 is G's.
            Schedule::Alternate => (self.step % 2 == 1, self.step.is_multiple_of(2)),
        };
        let mut report = StepReport::default();
        let fake = self.generator.forward(&z, Norm::Batch)?;
        if train_d {
            self.step_d(&real, &fake.detach(), &mut report)?;
        }
        if train_g {
            self.step_g(&fake, &mut report)?;
        }
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

    fn step_d(
        &mut self,
        real: &Tensor,
        fake: &Tensor,
        report: &mut StepReport,
    ) -> Result<(), TrainError> {
        // Real and fake pass apart, each normalised by its own statistics, as in the authors' code.
        let on_real = self.discriminator.forward(real, Norm::Batch)?;
        let on_fake = self.discriminator.forward(fake, Norm::Batch)?;
        let loss = (bce_with_logits(&on_real, 1.0)? + bce_with_logits(&on_fake, 0.0)?)?;
        let grads = loss.backward()?;
        let norm = apply(&mut self.adam_d, self.discriminator.params(), &grads)?;
        let share = |logits: &Tensor, sign: f32| -> Result<f64, TrainError> {
            let logits: Vec<f32> = logits.flatten_all()?.to_vec1()?;
            let right = logits.iter().filter(|l| **l * sign > 0.0).count();
            Ok(right as f64 / logits.len() as f64)
        };
        report.values.extend([
            ("loss.d".to_string(), scalar(&loss)?),
            ("accuracy.real".to_string(), share(&on_real, 1.0)?),
            ("accuracy.fake".to_string(), share(&on_fake, -1.0)?),
            ("grad.d".to_string(), norm),
        ]);
        Ok(())
    }

    fn step_g(&mut self, fake: &Tensor, report: &mut StepReport) -> Result<(), TrainError> {
        // Frozen: the gradients of D's weights are not wanted here and not computed.
        let logits = self.discriminator.frozen().forward(fake, Norm::Batch)?;
        let loss = bce_with_logits(&logits, 1.0)?;
        let grads = loss.backward()?;
        let norm = apply(&mut self.adam_g, self.generator.params(), &grads)?;
        report.values.extend([
            ("loss.g".to_string(), scalar(&loss)?),
            ("grad.g".to_string(), norm),
        ]);
        Ok(())
    }

    /// The samples of the fixed z as bytes, NCHW, [`SHEET`] images.
    ///
    /// # Errors
    /// The device's own.
    pub fn samples(&self) -> Result<Images, TrainError> {
        let images = self.generator.forward(&self.fixed, Norm::Batch)?;
        let (n, c, h, w) = images.dims4()?;
        let values: Vec<f32> = images.flatten_all()?.to_vec1()?;
        let mut pixels = vec![0; values.len()];
        to_bytes(&values, &mut pixels);
        Ok(Images { n, c, h, w, pixels })
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
        let state = State::new(
            &self.trial,
            self.step,
            self.seconds,
            (self.adam_d.updates(), self.adam_g.updates()),
            self.latent_rng.clone(),
            self.loader.state().clone(),
        );
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

/// Update `params` from `grads`; returns the norm of all their gradients together.
fn apply(adam: &mut Adam, params: &Params, grads: &GradStore) -> Result<f64, TrainError> {
    let mut squares = 0.0;
    let mut pairs: Vec<(&str, &Var, Tensor)> = Vec::new();
    for (name, var) in params.iter() {
        if let Some(grad) = grads.get(var) {
            squares += scalar(&grad.sqr()?.sum_all()?)?;
            pairs.push((name, var, grad.clone()));
        }
    }
    adam.update(pairs.into_iter())?;
    Ok(squares.sqrt())
}

fn scalar(t: &Tensor) -> Result<f64, TrainError> {
    Ok(f64::from(t.to_scalar::<f32>()?))
}
