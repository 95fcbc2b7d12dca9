//! What a net draws from z.

use candle_core::{Device, Tensor};
use rand_chacha::ChaCha8Rng;

use super::{ExploreError, Net, Without};
use crate::data::{Images, to_bytes};
use crate::nn::plan::Map;
use crate::nn::{Generator, Input, NnError, Norm, one_hot};
use crate::track::progress::{Progress, Unit};
use crate::train::Sampler;

/// Images are drawn so many at a time, the last batch filled up: the same work for a sample wherever it stands.
const BATCH: usize = 32;

impl Net {
    /// What G draws from each z: images as floats in [-1, 1], by stored statistics. Those of a released G are inferred
    /// first, from z of a stream of their own.
    ///
    /// # Errors
    /// [`ExploreError::NoGenerator`], [`ExploreError::Latent`], or candle's own.
    pub fn generate(
        &self,
        z: &[Vec<f32>],
        progress: &dyn Progress,
    ) -> Result<Generated, ExploreError> {
        self.generate_labelled(z, &[], progress)
    }

    /// As [`Net::generate`], of a conditional net: `labels` has one for each z.
    ///
    /// # Errors
    /// As [`Net::generate`], [`ExploreError::Labels`], [`crate::nn::NnError::NoSuchClass`].
    pub fn generate_labelled(
        &self,
        z: &[Vec<f32>],
        labels: &[u8],
        progress: &dyn Progress,
    ) -> Result<Generated, ExploreError> {
        self.images(z, labels, None, progress)
    }

    /// As [`Net::generate`], with feature maps of G left out.
    ///
    /// # Errors
    /// As [`Net::generate`]; of a map that does not exist.
    pub fn generate_without(
        &self,
        z: &[Vec<f32>],
        without: Option<&Without>,
        progress: &dyn Progress,
    ) -> Result<Generated, ExploreError> {
        self.images(z, &[], without, progress)
    }

    /// The activations of G's hidden layer `layer` for each z, and the shape of one of them.
    ///
    /// # Errors
    /// As [`Net::generate`]; of a layer that does not exist.
    pub fn hidden(
        &self,
        z: &[Vec<f32>],
        layer: usize,
        progress: &dyn Progress,
    ) -> Result<(Vec<f32>, Map), ExploreError> {
        let values = self.each(z, &[], progress, |g, x| g.hidden(x, Norm::Infer, layer))?;
        let map = self.hidden_maps()?.get(layer).copied();
        let map = map.unwrap_or(self.architecture.image);
        Ok((values, map))
    }

    /// The shapes of G's hidden maps, lowest first.
    ///
    /// # Errors
    /// [`ExploreError::NoGenerator`].
    pub fn hidden_maps(&self) -> Result<Vec<Map>, ExploreError> {
        Ok(self.generator()?.hidden_maps())
    }

    fn images(
        &self,
        z: &[Vec<f32>],
        labels: &[u8],
        without: Option<&Without>,
        progress: &dyn Progress,
    ) -> Result<Generated, ExploreError> {
        let image = self.architecture.image;
        let values = self.each(z, labels, progress, |generator, input| match without {
            None => generator.forward(input, Norm::Infer),
            Some(w) => generator.forward_without(input, Norm::Infer, w.layer, &w.maps),
        })?;
        Ok(Generated {
            values,
            shape: [image.channels, image.height, image.width],
        })
    }

    /// What `run` makes of each z and its label, one after the other.
    fn each(
        &self,
        z: &[Vec<f32>],
        labels: &[u8],
        progress: &dyn Progress,
        run: impl Fn(&Generator, Input) -> Result<Tensor, NnError>,
    ) -> Result<Vec<f32>, ExploreError> {
        let size = self.architecture.latent.size;
        if let Some(wrong) = z.iter().find(|z| z.len() != size) {
            return Err(ExploreError::Latent {
                found: wrong.len(),
                expected: size,
            });
        }
        let classes = self.architecture.classes;
        if labels.len() != if classes > 0 { z.len() } else { 0 } {
            return Err(ExploreError::Labels {
                classes,
                z: z.len(),
                found: labels.len(),
            });
        }
        let generator = self.ready(progress)?;
        let mut bar = progress.begin("images", Some(z.len() as u64), Unit::Images);
        let mut values = Vec::new();
        for (i, batch) in z.chunks(BATCH).enumerate() {
            progress.check()?;
            let mut rows = batch.concat();
            rows.resize(BATCH * size, 0.0);
            let rows = Tensor::from_vec(rows, (BATCH, size), &Device::Cpu)?;
            let mut of_batch: Vec<u8> =
                labels.iter().skip(i * BATCH).take(BATCH).copied().collect();
            of_batch.resize(BATCH, 0);
            let of_batch = match classes {
                0 => None,
                _ => Some(one_hot(&of_batch, classes, &Device::Cpu)?),
            };
            let drawn = run(generator, (&rows, of_batch.as_ref()).into())?;
            let drawn: Vec<f32> = drawn.flatten_all()?.to_vec1()?;
            values.extend_from_slice(&drawn[..drawn.len() / BATCH * batch.len()]);
            bar.advance(batch.len() as u64);
        }
        Ok(values)
    }

    /// Images in any number by z of `rng`, not stored, by stored statistics: those of a released G are inferred first.
    ///
    /// # Errors
    /// As [`Net::generate`].
    pub fn sampler(
        &self,
        rng: ChaCha8Rng,
        progress: &dyn Progress,
    ) -> Result<Sampler, ExploreError> {
        let generator = self.ready(progress)?;
        Ok(Sampler::new(generator, self.architecture.latent, rng)?)
    }
}

/// Images in [-1, 1], each channel by channel, row by row.
#[derive(Debug, Clone)]
pub struct Generated {
    values: Vec<f32>,
    /// Channels, height, width.
    shape: [usize; 3],
}

impl Generated {
    /// The values of each image in turn.
    pub fn iter(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.shape.iter().product())
    }

    /// All of them as bytes.
    ///
    /// # Errors
    /// As [`Images::new`].
    pub fn to_images(&self) -> Result<Images, ExploreError> {
        let [c, h, w] = self.shape;
        let mut pixels = vec![0; self.values.len()];
        to_bytes(&self.values, &mut pixels);
        Ok(Images::new(c, h, w, pixels)?)
    }
}
