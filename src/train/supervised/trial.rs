//! One trial: epochs on the labelled images, validated now and then, the best moment kept.

use std::collections::BTreeMap;

use candle_core::{Device, Tensor, Var};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::Settings;
use crate::data::{Images, Loader};
use crate::nn::{Architecture, Classifier, Norm, infer_statistics};
use crate::spec::AdamSpec;
use crate::track::Streams;
use crate::track::progress::{Bar, Progress};
use crate::train::{Adam, TrainError, to_tensor};

/// Times that a trial looks at the validation images, at even distances: early stopping that costs less than the training.
const EVALUATIONS: usize = 5;
/// Images that a forward pass takes at once.
const BATCH: usize = 250;
/// Images from which batch-norm statistics are inferred at a time; a rest below it counts as a batch of its own.
const STATISTICS_BATCH: usize = 128;

/// Images with the class of each.
#[derive(Debug, Clone)]
pub struct Labelled {
    pub images: Images,
    pub labels: Vec<u8>,
}

/// What every trial of a search shares.
pub struct Task<'a> {
    pub architecture: &'a Architecture,
    pub classes: usize,
    pub train: &'a Labelled,
    pub validate: &'a Labelled,
    /// Passes over the labelled images.
    pub epochs: usize,
    pub device: &'a Device,
}

/// A trial's best moment.
#[derive(Debug, Clone)]
pub struct Found {
    /// Validation accuracy, 0 to 1.
    pub validation: f64,
    /// Epochs done then; 0 where the losses left the numbers before the first look.
    pub epoch: usize,
    /// The net then, with its statistics.
    pub tensors: BTreeMap<String, Tensor>,
}

/// Train trial number `trial`. `bar` counts labelled images.
///
/// A trial whose loss leaves the numbers ends there with the best that it had.
///
/// # Errors
/// The loader's or the device's own.
pub fn train(
    task: &Task,
    settings: &Settings,
    streams: Streams,
    trial: usize,
    progress: &dyn Progress,
    bar: &mut dyn Bar,
) -> Result<Found, TrainError> {
    let stream = |what: &str| streams.stream(&format!("supervised.{trial}.{what}"));
    let (device, rows) = (task.device, task.train.images.n);
    let net = Classifier::init(
        task.architecture,
        task.classes,
        &mut stream("weights"),
        device,
    )?;
    let adam = AdamSpec {
        lr: settings.lr,
        beta1: settings.beta1,
        beta2: 0.999,
        eps: 1e-8,
    };
    let mut adam = Adam::new(adam, settings.l2, net.params())?;
    let mut loader = Loader::new(rows, settings.batch_size, stream("batches"))?;
    let mut dropout = stream("dropout");
    let steps = loader.batches_per_epoch();
    let units = net.units();
    let mut best = Found {
        validation: 0.0,
        epoch: 0,
        tensors: net.snapshot()?,
    };
    for epoch in 1..=task.epochs {
        for _ in 0..steps {
            progress.check()?;
            let batch = loader.next_batch();
            let images = to_tensor(&task.train.images, batch, device)?;
            let labels: Vec<u32> = batch
                .iter()
                .filter_map(|i| task.train.labels.get(*i).map(|l| u32::from(*l)))
                .collect();
            let labels = Tensor::new(labels, device)?;
            let mask = mask(settings, batch.len(), units, &mut dropout, device)?;
            let logits = net.forward(&images, Norm::Batch, mask.as_ref())?;
            let loss = candle_nn::loss::cross_entropy(&logits, &labels)?;
            if !loss.to_scalar::<f32>()?.is_finite() {
                return Ok(best);
            }
            let grads = loss.backward()?;
            let pairs: Vec<(&str, &Var, Tensor)> = net
                .params()
                .filter_map(|(name, var)| Some((name, var, grads.get(var)?.clone())))
                .collect();
            adam.update(pairs.into_iter())?;
        }
        bar.advance(rows as u64);
        let every = task.epochs.div_ceil(EVALUATIONS);
        if epoch % every != 0 && epoch != task.epochs {
            continue;
        }
        statistics(&net, &task.train.images, device)?;
        let validation = accuracy(
            &net,
            &task.validate.images,
            &task.validate.labels,
            device,
            progress,
        )?;
        if validation > best.validation {
            best = Found {
                validation,
                epoch,
                tensors: net.snapshot()?,
            };
        }
    }
    Ok(best)
}

/// Share of the images that `net` classifies right by its stored statistics.
///
/// # Errors
/// The device's own.
pub fn accuracy(
    net: &Classifier,
    images: &Images,
    truth: &[u8],
    device: &Device,
    progress: &dyn Progress,
) -> Result<f64, TrainError> {
    let rows: Vec<usize> = (0..images.n).collect();
    let mut right = 0;
    for batch in rows.chunks(BATCH) {
        progress.check()?;
        let found = net.classify(&to_tensor(images, batch, device)?)?;
        let truth = batch.iter().filter_map(|i| truth.get(*i));
        right += found
            .iter()
            .zip(truth)
            .filter(|(a, b)| **a == u32::from(**b))
            .count();
    }
    Ok(right as f64 / rows.len().max(1) as f64)
}

/// The statistics of the labelled images, all that the net may know.
fn statistics(net: &Classifier, images: &Images, device: &Device) -> Result<(), TrainError> {
    let rows: Vec<usize> = (0..images.n).collect();
    let batches = rows
        .chunks(STATISTICS_BATCH)
        .map(|batch| to_tensor(images, batch, device));
    infer_statistics(net.body(), batches)?;
    Ok(())
}

/// Zeros and, to keep the mean, 1 / (1 - dropout); `None` without dropout.
fn mask(
    settings: &Settings,
    rows: usize,
    units: usize,
    rng: &mut ChaCha8Rng,
    device: &Device,
) -> Result<Option<Tensor>, TrainError> {
    if settings.dropout == 0.0 {
        return Ok(None);
    }
    let kept = 1.0 - settings.dropout;
    let values: Vec<f32> = (0..rows * units)
        .map(|_| {
            if rng.random_bool(kept) {
                (1.0 / kept) as f32
            } else {
                0.0
            }
        })
        .collect();
    Ok(Some(Tensor::from_vec(values, (rows, units), device)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Latent, LatentDistribution, Preset};
    use crate::track::progress::Silent;

    /// Images of three classes that differ in their mean colour.
    fn set(n: usize, seed: u64) -> Labelled {
        let mut rng = Streams::new(seed).stream("test");
        let labels: Vec<u8> = (0..n).map(|i| (i % 3) as u8).collect();
        let one = |label: u8| -> Vec<u8> {
            let shade = |c: usize| if c == usize::from(label) { 40 } else { 0 };
            (0..3 * 1024)
                .map(|i| rng.random_range(80..160u8) + shade(i / 1024))
                .collect()
        };
        let pixels = labels.iter().copied().flat_map(one).collect();
        Labelled {
            images: Images::new(3, 32, 32, pixels).unwrap(),
            labels,
        }
    }

    fn architecture() -> Architecture {
        let latent = Latent {
            size: 8,
            distribution: LatentDistribution::Uniform,
        };
        Architecture::new(Preset::Svhn32, 4, latent, 3)
    }

    #[test]
    fn a_trial_learns_repeats_itself_and_keeps_its_best_net() {
        let (architecture, labelled, held_out) = (architecture(), set(60, 1), set(90, 2));
        let task = Task {
            architecture: &architecture,
            classes: 3,
            train: &labelled,
            validate: &held_out,
            epochs: 10,
            device: &Device::Cpu,
        };
        let settings = Settings {
            lr: 3e-3,
            beta1: 0.9,
            l2: 1e-5,
            batch_size: 20,
            dropout: 0.25,
        };
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.unwrap().install(|| {
                let streams = Streams::new(5);
                train(&task, &settings, streams, 0, &Silent, &mut Silent).unwrap()
            })
        };
        let (found, again) = (run(1), run(2));
        assert!(found.validation > 0.8, "{}", found.validation);
        assert_eq!(found.validation, again.validation);
        for (name, tensor) in &found.tensors {
            let values = |t: &Tensor| t.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            assert_eq!(values(tensor), values(&again.tensors[name]), "{name}");
        }
        let mut rng = Streams::new(9).stream("other");
        let net = Classifier::init(&architecture, 3, &mut rng, &Device::Cpu).unwrap();
        net.load(&found.tensors.into_iter().collect()).unwrap();
        let accuracy = accuracy(
            &net,
            &held_out.images,
            &held_out.labels,
            &Device::Cpu,
            &Silent,
        )
        .unwrap();
        assert_eq!(accuracy, found.validation);
    }

    #[test]
    fn a_trial_that_leaves_the_numbers_ends_with_what_it_had() {
        let (architecture, labelled) = (architecture(), set(40, 1));
        let task = Task {
            architecture: &architecture,
            classes: 3,
            train: &labelled,
            validate: &labelled,
            epochs: 5,
            device: &Device::Cpu,
        };
        let settings = Settings {
            lr: 1e30,
            beta1: 0.9,
            l2: 0.0,
            batch_size: 20,
            dropout: 0.0,
        };
        let found = train(&task, &settings, Streams::new(0), 0, &Silent, &mut Silent);
        assert!(found.unwrap().validation < 0.6);
    }
}
