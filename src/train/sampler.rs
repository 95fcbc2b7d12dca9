//! Images of a trained generator, as many as one likes, without storing them.

use rand_chacha::ChaCha8Rng;

use super::{TrainError, latent};
use crate::nn::planned::PlannedSampler;
use crate::nn::{Generator, Input, NnError, Norm, one_hot};
use crate::spec::Latent;

/// Draws images by the generator's stored batch-norm statistics, one z of a stream after the other.
///
/// The same stream gives the same images, however they are divided among calls.
#[derive(Debug, Clone)]
pub struct Sampler {
    generator: Generator,
    /// The CPU's way; `None` on other devices.
    planned: Option<PlannedSampler>,
    latent: Latent,
    rng: ChaCha8Rng,
    z: Vec<f32>,
    images: Vec<f32>,
}

impl Sampler {
    /// Draw from `generator`, as it is now, z of `latent` from `rng`.
    ///
    /// # Errors
    /// The device's own.
    pub fn new(
        generator: &Generator,
        latent: Latent,
        rng: ChaCha8Rng,
    ) -> Result<Sampler, TrainError> {
        Ok(Sampler {
            planned: PlannedSampler::new(generator)?,
            generator: generator.clone(),
            latent,
            rng,
            z: Vec::new(),
            images: Vec::new(),
        })
    }

    /// Classes of a conditional generator; 0 of another.
    pub fn classes(&self) -> usize {
        self.generator.classes()
    }

    /// One image for each of `labels`, in their order, by the next z of the stream: `[labels.len(), c, h, w]` in [-1, 1]. A few
    /// hundred labels keep the cores busy; memory grows with their number.
    ///
    /// # Errors
    /// [`NnError::NoSuchClass`] for a label that the net does not know, [`TrainError::Samples`] where it knows none at all, or
    /// the device's own.
    pub fn labelled(&mut self, labels: &[u8]) -> Result<&[f32], TrainError> {
        let classes = self.classes();
        if classes == 0 {
            return Err(TrainError::Samples(
                "this generator is not conditional: it draws nothing for a label; train one with `model.conditional: true`",
            ));
        }
        if let Some(&label) = labels.iter().find(|l| usize::from(**l) >= classes) {
            return Err(NnError::NoSuchClass { label, classes }.into());
        }
        let rows: Vec<usize> = labels.iter().map(|&l| usize::from(l)).collect();
        self.images(&rows, labels)
    }

    /// `n` images of a generator that is not conditional, as [`Sampler::labelled`] gives them.
    ///
    /// # Errors
    /// [`TrainError::Samples`] for a conditional generator, or the device's own.
    pub fn draw(&mut self, n: usize) -> Result<&[f32], TrainError> {
        if self.classes() > 0 {
            return Err(TrainError::Samples(
                "this generator is conditional: it draws for labels, and none are given",
            ));
        }
        self.images(&vec![0; n], &[])
    }

    fn images(&mut self, rows: &[usize], labels: &[u8]) -> Result<&[f32], TrainError> {
        self.z.resize(rows.len() * self.latent.size, 0.0);
        latent::fill(&self.latent, &mut self.rng, &mut self.z);
        match &self.planned {
            Some(planned) => {
                self.images.resize(rows.len() * planned.image_len(), 0.0);
                planned.draw(&self.z, rows, &mut self.images)?;
            }
            None => {
                let device = self.generator.device();
                let shape = (rows.len(), self.latent.size);
                let x = candle_core::Tensor::from_slice(&self.z, shape, &device)?;
                let labels = match self.classes() {
                    0 => None,
                    classes => Some(one_hot(labels, classes, &device)?),
                };
                let drawn = self.generator.forward(Input { x, labels }, Norm::Infer)?;
                self.images = drawn.flatten_all()?.to_vec1()?;
            }
        }
        Ok(&self.images)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Architecture, infer_statistics};
    use crate::spec::{ActivationRule, LatentDistribution, NormRule, Preset, Resampling, Rules};
    use crate::track::Streams;
    use crate::train::labels;
    use candle_core::{Device, Tensor};
    use rand_distr::{Distribution, Normal};

    const LATENT: Latent = Latent {
        size: 12,
        distribution: LatentDistribution::Normal,
    };

    fn generator(preset: Preset, rules: &Rules) -> Generator {
        let a = Architecture::of(preset, 8, LATENT, rules, 1, 10);
        let mut rng = Streams::new(3).stream("weights.generator");
        let g = Generator::init(&a, &mut rng, &Device::Cpu).unwrap();
        // Biases and what else starts at zero, too.
        for (_, var) in g.params().iter() {
            let noise = Normal::new(0f32, 0.1).unwrap().sample_iter(&mut rng);
            let noise: Vec<f32> = noise.take(var.elem_count()).collect();
            let noise = Tensor::from_vec(noise, var.dims(), &Device::Cpu).unwrap();
            var.set(&(var.as_detached_tensor() + noise).unwrap())
                .unwrap();
        }
        let (mut z, mut l) = (
            Streams::new(1).stream("z"),
            Streams::new(1).stream("labels"),
        );
        let batch = labels::input(&LATENT, a.classes, 64, (&mut z, &mut l), &Device::Cpu);
        infer_statistics(&g, [batch]).unwrap();
        g
    }

    fn all_rules() -> Vec<(Preset, Rules)> {
        let (own, paper) = (Rules::of(Preset::Mnist28, 8), Rules::default());
        let changed = Rules {
            norm: NormRule::None,
            resampling: Resampling::Pool,
            activation: ActivationRule::Tanh,
            ..own
        };
        vec![
            (Preset::Mnist28, own),
            (Preset::Mnist28, changed),
            (
                Preset::Mnist28,
                Rules {
                    conditional: false,
                    ..changed
                },
            ),
            (Preset::Fc28, Rules::of(Preset::Fc28, 8)),
            (Preset::Svhn32, paper),
            (
                Preset::Imagenet32,
                Rules {
                    resampling: Resampling::Pool,
                    hidden: 5,
                    ..paper
                },
            ),
        ]
    }

    #[test]
    fn images_are_those_of_the_tape_however_they_are_divided() {
        const LABELS: [u8; 7] = [3, 3, 0, 9, 1, 4, 7];
        for (preset, rules) in all_rules() {
            let g = generator(preset, &rules);
            let stream = || Streams::new(5).stream("samples");
            let draw = |sampler: &mut Sampler, labels: &[u8]| match rules.conditional {
                true => sampler.labelled(labels).unwrap().to_vec(),
                false => sampler.draw(labels.len()).unwrap().to_vec(),
            };
            let mut sampler = Sampler::new(&g, LATENT, stream()).unwrap();
            let whole = draw(&mut sampler, &LABELS);
            let mut sampler = Sampler::new(&g, LATENT, stream()).unwrap();
            let mut parts = draw(&mut sampler, &LABELS[..2]);
            parts.extend(draw(&mut sampler, &LABELS[2..]));
            assert_eq!(whole, parts, "{preset:?} {rules:?}");
            let mut sampler = Sampler::new(&g, LATENT, stream()).unwrap();
            sampler.planned = None;
            let tape = draw(&mut sampler, &LABELS);
            assert_eq!(whole.len(), tape.len());
            let away = whole.iter().zip(&tape).map(|(a, b)| (a - b).abs());
            let most = away.fold(0.0, f32::max);
            assert!(most < 2e-5, "{preset:?} {rules:?}: {most}");
            assert!(
                tape.iter().any(|v| v.abs() > 0.01),
                "an empty image tells nothing"
            );
        }
    }

    #[test]
    fn labels_belong_to_conditional_nets() {
        let stream = || Streams::new(5).stream("samples");
        let g = generator(Preset::Svhn32, &Rules::default());
        let mut plain = Sampler::new(&g, LATENT, stream()).unwrap();
        assert!(matches!(plain.labelled(&[1]), Err(TrainError::Samples(_))));
        let g = generator(Preset::Mnist28, &Rules::of(Preset::Mnist28, 8));
        let mut conditional = Sampler::new(&g, LATENT, stream()).unwrap();
        assert!(matches!(conditional.draw(1), Err(TrainError::Samples(_))));
        insta::assert_snapshot!(conditional.labelled(&[1, 10]).unwrap_err(), @"label 10 does not exist: the net knows 10 classes, counted from 0");
    }
}
