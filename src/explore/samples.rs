//! Samples by number.

use candle_core::Device;

use super::ExploreError;
use crate::spec::Latent;
use crate::track::Streams;
use crate::train::latent;

/// Numbered samples of each seed.
pub const SAMPLES: usize = 10_000;

/// The numbered z of a net and a seed: sample `i` is the `i`-th draw of one stream, whatever else is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Samples {
    pub latent: Latent,
    pub seed: u64,
}

impl Samples {
    /// z of each of the samples `indices`, in that order.
    ///
    /// # Errors
    /// [`ExploreError::NoSamples`] for an empty list, which `what` names; [`ExploreError::NoSuchSample`].
    pub fn z(&self, what: &'static str, indices: &[usize]) -> Result<Vec<Vec<f32>>, ExploreError> {
        let Some(&last) = indices.iter().max() else {
            return Err(ExploreError::NoSamples { what });
        };
        if last >= SAMPLES {
            return Err(ExploreError::NoSuchSample { index: last });
        }
        let mut rng = Streams::new(self.seed).stream("explore.samples");
        let all = latent::draw(&self.latent, last + 1, &mut rng, &Device::Cpu)?;
        Ok(indices
            .iter()
            .map(|&i| all.get(i)?.to_vec1())
            .collect::<candle_core::Result<_>>()?)
    }

    /// The numbers `from`, `from + 1`, ..., `count` of them.
    ///
    /// # Errors
    /// [`ExploreError::NoSuchSample`].
    pub fn range(from: usize, count: usize) -> Result<Vec<usize>, ExploreError> {
        let end = from.saturating_add(count);
        match end <= SAMPLES {
            true => Ok((from..end).collect()),
            false => Err(ExploreError::NoSuchSample {
                index: from.max(SAMPLES),
            }),
        }
    }

    /// A stream of this seed for draws other than samples.
    pub(super) fn stream(&self, name: &str) -> rand_chacha::ChaCha8Rng {
        Streams::new(self.seed).stream(name)
    }
}

/// The first `count` samples that are not among `taken`.
pub(super) fn others(taken: &[usize], count: usize) -> Vec<usize> {
    let free = (0..).filter(|i| !taken.contains(i));
    free.take(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::LatentDistribution;

    #[test]
    fn a_number_is_a_sample_whatever_else_is_drawn() {
        for distribution in [LatentDistribution::Normal, LatentDistribution::Uniform] {
            let latent = Latent {
                size: 7,
                distribution,
            };
            let samples = Samples { latent, seed: 3 };
            let all = samples.z("", &(0..50).collect::<Vec<_>>()).unwrap();
            let some = samples.z("", &[31, 0, 31]).unwrap();
            assert_eq!(some, [&all[31], &all[0], &all[31]].map(Clone::clone));
            let other = Samples { latent, seed: 4 };
            assert_ne!(other.z("", &[0]).unwrap()[0], all[0]);
        }
    }

    #[test]
    fn samples_that_do_not_exist_are_named() {
        let latent = Latent {
            size: 2,
            distribution: LatentDistribution::Normal,
        };
        let samples = Samples { latent, seed: 0 };
        assert!(samples.z("", &[SAMPLES - 1]).is_ok());
        insta::assert_snapshot!(samples.z("", &[3, SAMPLES]).unwrap_err(), @"sample 10000 does not exist: samples are numbered 0 to 9999; `dcgan explore browse` shows them");
        insta::assert_snapshot!(samples.z("--left", &[]).unwrap_err(), @"--left: an empty list of samples; name one or more by their numbers, such as 3,17,21");
    }
}
