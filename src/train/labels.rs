//! Labels of a conditional training: those of the images, and those that fakes are drawn for.

use candle_core::{Device, Tensor};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::{TrainError, latent};
use crate::nn::{Input, one_hot};
use crate::spec::Latent;

/// Samples of a sheet's row.
pub const SHEET_COLUMNS: usize = 10;

/// `n` labels below `classes`, each as likely.
pub fn draw(classes: usize, n: usize, rng: &mut impl Rng) -> Vec<u8> {
    // A label is a byte, so there are no more classes than bytes.
    let classes = classes.clamp(1, 256) as u32;
    let label = |_| rng.random_range(0..classes) as u8;
    (0..n).map(label).collect()
}

/// z for `n` images, of a conditional net with labels drawn from a stream of their own.
///
/// # Errors
/// The device's own.
pub fn input(
    latent: &Latent,
    classes: usize,
    n: usize,
    (z, labels): (&mut ChaCha8Rng, &mut ChaCha8Rng),
    device: &Device,
) -> Result<Input, TrainError> {
    let x = latent::draw(latent, n, z, device)?;
    let labels = match classes {
        0 => None,
        _ => Some(one_hot(&draw(classes, n, labels), classes, device)?),
    };
    Ok(Input { x, labels })
}

/// What a sheet of samples shows: 100 z, or of a conditional net a row of ten for each class.
///
/// # Errors
/// The device's own.
pub fn sheet(
    latent: &Latent,
    classes: usize,
    rng: &mut ChaCha8Rng,
    device: &Device,
) -> Result<Input, TrainError> {
    if classes == 0 {
        return Ok(latent::draw(latent, super::SHEET, rng, device)?.into());
    }
    let rows = (0..classes).flat_map(|class| [class as u8; SHEET_COLUMNS]);
    let labels = one_hot(&rows.collect::<Vec<u8>>(), classes, device)?;
    let x = latent::draw(latent, classes * SHEET_COLUMNS, rng, device)?;
    Ok((&x, &labels).into())
}

/// The labels that a [`super::Trainer`] of conditional nets deals with.
#[derive(Debug, Clone)]
pub(super) struct Labels {
    pub classes: usize,
    /// Of every training image in turn; empty before they are given.
    of_images: Vec<u8>,
    /// Where the fakes' come from.
    pub rng: ChaCha8Rng,
}

/// One-hot labels of a mini-batch's images and of its fakes.
pub(super) struct Pair {
    pub real: Tensor,
    pub fake: Tensor,
}

impl Labels {
    /// None yet.
    pub fn new(classes: usize, rng: ChaCha8Rng) -> Self {
        Labels {
            classes,
            of_images: Vec::new(),
            rng,
        }
    }

    /// Take those of the `images` training images.
    pub fn give(&mut self, labels: &[u8], images: usize) -> Result<(), TrainError> {
        let known = |l: &u8| usize::from(*l) < self.classes;
        if labels.len() != images || !labels.iter().all(known) {
            return Err(TrainError::WrongLabels {
                found: labels.len(),
                images,
                classes: self.classes,
            });
        }
        self.of_images = labels.to_vec();
        Ok(())
    }

    /// Those of the images at `rows`, one-hot.
    pub fn of(&self, rows: &[usize], device: &Device) -> Result<Tensor, TrainError> {
        let labels: Option<Vec<u8>> = rows
            .iter()
            .map(|&r| self.of_images.get(r).copied())
            .collect();
        let labels = labels.ok_or(TrainError::NoLabels)?;
        Ok(one_hot(&labels, self.classes, device)?)
    }

    /// Those of the images at `rows`, and as many for fakes.
    pub fn pair(&mut self, rows: &[usize], device: &Device) -> Result<Pair, TrainError> {
        let fake = draw(self.classes, rows.len(), &mut self.rng);
        Ok(Pair {
            real: self.of(rows, device)?,
            fake: one_hot(&fake, self.classes, device)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::Streams;

    #[test]
    fn labels_that_do_not_fit_the_images_are_refused() {
        let mut labels = Labels::new(3, Streams::new(0).stream("labels"));
        assert!(matches!(
            labels.pair(&[0], &Device::Cpu),
            Err(TrainError::NoLabels)
        ));
        insta::assert_snapshot!(labels.give(&[0, 1], 3).unwrap_err(), @"expected one label below 3 for each of 3 images, found 2 labels; use the data set that the trial was made with");
        assert!(labels.give(&[0, 1, 3], 3).is_err());
        labels.give(&[0, 1, 2], 3).unwrap();
        let pair = labels.pair(&[2, 0], &Device::Cpu).unwrap();
        assert_eq!(
            pair.real.to_vec2::<f32>().unwrap(),
            [[0., 0., 1.], [1., 0., 0.]]
        );
    }

    #[test]
    fn every_class_is_drawn_as_often() {
        let mut counts = [0; 10];
        let labels = draw(10, 20_000, &mut Streams::new(1).stream("labels"));
        labels.iter().for_each(|&l| counts[usize::from(l)] += 1);
        // Five standard deviations of a binomial of 20,000 and 0.1.
        assert!(
            counts.iter().all(|c| (1788..=2212).contains(c)),
            "{counts:?}"
        );
    }
}
