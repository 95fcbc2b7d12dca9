//! The adversarial step over planned buffers: the CPU's way, the same numbers as [`super::tape`] with less memory.

use super::trainer::{StepReport, share};
use super::{Adam, TrainError};
use crate::nn::cpu::activation::{bce_with_logits, bce_with_logits_backward};
use crate::nn::cpu::transpose::swap;
use crate::nn::planned::{Gradients, PlannedDiscriminator, PlannedGenerator};
use crate::nn::{Discriminator, Generator};
use crate::spec::Precision;

/// Both nets' buffers for one size of mini-batch.
pub struct Planned {
    g: PlannedGenerator,
    d: PlannedDiscriminator,
    gradients_g: Gradients,
    gradients_d: Gradients,
    /// Channels last.
    real: Vec<f32>,
    dimages: Vec<f32>,
    dlogits: Vec<f32>,
}

impl Planned {
    /// `None` where the nets are not in single precision on the CPU.
    pub fn new(
        generator: &Generator,
        discriminator: &Discriminator,
        batch: usize,
        precision: Precision,
    ) -> Option<Self> {
        let g = PlannedGenerator::new(generator, batch, precision)?;
        let d = PlannedDiscriminator::new(discriminator, batch, precision)?;
        Some(Planned {
            real: vec![0.0; g.images().len()],
            dimages: vec![0.0; g.images().len()],
            dlogits: vec![0.0; batch],
            gradients_g: Gradients::new(generator.params()),
            gradients_d: Gradients::new(discriminator.params()),
            g,
            d,
        })
    }

    /// Draw fakes from `z`, `[batch, latent]`.
    ///
    /// # Errors
    /// candle's own.
    pub fn draw(&mut self, z: &[f32]) -> Result<(), TrainError> {
        self.g.forward(z)?;
        Ok(())
    }

    /// One update of D on `real`, `[batch, c, h, w]` with `channels` channels, and the fakes drawn last.
    ///
    /// # Errors
    /// candle's own.
    pub fn step_d(
        &mut self,
        net: &Discriminator,
        adam: &mut Adam,
        real: &[f32],
        channels: usize,
        report: &mut StepReport,
    ) -> Result<(), TrainError> {
        let cells = real.len() / self.dlogits.len().max(1) / channels.max(1);
        swap(real, &mut self.real, channels, cells);
        self.gradients_d.clear();
        // Real and fake pass apart, each normalised by its own statistics, as in the authors' code.
        let mut loss = 0.0;
        for (target, key) in [(1.0, "accuracy.real"), (0.0, "accuracy.fake")] {
            let images = match key {
                "accuracy.real" => &self.real,
                _ => self.g.images(),
            };
            let logits = self.d.forward(images)?;
            loss += bce_with_logits(logits, target);
            let sign = if target > 0.5 { 1.0 } else { -1.0 };
            report.values.insert(key.to_string(), share(logits, sign));
            bce_with_logits_backward(logits, target, 1.0, &mut self.dlogits);
            let gradients = Some(&mut self.gradients_d);
            self.d.backward(images, &self.dlogits, gradients, None)?;
        }
        report.values.insert("loss.d".to_string(), f64::from(loss));
        let norm = self.gradients_d.norm();
        report.values.insert("grad.d".to_string(), norm);
        adam.update_from(net.params(), &self.gradients_d)
    }

    /// One update of G through D as it is now, on the fakes drawn last from `z`.
    ///
    /// # Errors
    /// candle's own.
    pub fn step_g(
        &mut self,
        net: &Generator,
        adam: &mut Adam,
        z: &[f32],
        report: &mut StepReport,
    ) -> Result<(), TrainError> {
        let logits = self.d.forward(self.g.images())?;
        let loss = bce_with_logits(logits, 1.0);
        bce_with_logits_backward(logits, 1.0, 1.0, &mut self.dlogits);
        let dimages = Some(self.dimages.as_mut_slice());
        self.d
            .backward(self.g.images(), &self.dlogits, None, dimages)?;
        self.gradients_g.clear();
        self.g.backward(z, &self.dimages, &mut self.gradients_g)?;
        report.values.extend([
            ("loss.g".to_string(), f64::from(loss)),
            ("grad.g".to_string(), self.gradients_g.norm()),
        ]);
        adam.update_from(net.params(), &self.gradients_g)
    }
}
