//! What each convolution answers, for those who watch a net and change nothing.

use candle_core::Tensor;

use super::norm::Norm;
use super::ops::native;
use super::{Discriminator, Generator, Input, NnError};

impl Generator {
    /// Activations `(N, C, H, W)` of every convolution, the image last, off the tape.
    ///
    /// # Errors
    /// As [`Generator::forward`].
    pub fn activations(&self, z: &Input, norm: Norm) -> Result<Vec<(String, Tensor)>, NnError> {
        let mut seen = Vec::with_capacity(self.layers.len());
        self.run_edited(z, norm, &mut |_, _| (), &mut |i, x| {
            let x = x.detach();
            seen.push((format!("g.{}", self.dense.len() + i), native::to_nchw(&x)?));
            Ok(x)
        })?;
        Ok(seen)
    }
}

impl Discriminator {
    /// Activations `(N, C, H, W)` of every convolution, off the tape.
    ///
    /// # Errors
    /// As [`Discriminator::forward`].
    pub fn activations(
        &self,
        images: &Input,
        norm: Norm,
    ) -> Result<Vec<(String, Tensor)>, NnError> {
        let maps = self
            .frozen()
            .features(images.clone(), norm, self.layers())?;
        let named = maps.into_iter().enumerate();
        Ok(named.map(|(i, map)| (format!("d.{i}"), map)).collect())
    }
}
