//! G's feature maps: looked at, and left out (section 6.3.1 of the paper, figure 6).

use candle_core::Tensor;

use super::norm::Norm;
use super::ops::native;
use super::plan::Map;
use super::{Generator, Input, NnError};

impl Generator {
    /// The maps that a convolution makes for the next one to read, lowest first: all but the image.
    pub fn hidden_maps(&self) -> Vec<Map> {
        let hidden = self.layers.len().saturating_sub(1);
        self.layers[..hidden]
            .iter()
            .map(|(l, ..)| l.output)
            .collect()
    }

    /// Activations `(N, C, H, W)` of [`Generator::hidden_maps`]' number `layer`.
    ///
    /// # Errors
    /// As [`Generator::forward`]; [`NnError::NoSuchMap`].
    pub fn hidden(
        &self,
        input: impl Into<Input>,
        norm: Norm,
        layer: usize,
    ) -> Result<Tensor, NnError> {
        self.check_maps(layer, &[])?;
        let input = input.into();
        let mut seen = None;
        self.run_edited(&input, norm, &mut |_, _| (), &mut |i, x| {
            if i == layer {
                seen = Some(native::to_nchw(&x)?);
            }
            Ok(x)
        })?;
        seen.ok_or(NnError::NoSuchMap {
            layer,
            map: 0,
            there: 0,
        })
    }

    /// As [`Generator::forward`], with these maps of hidden layer `layer` dropped from all positions: set to zero.
    ///
    /// # Errors
    /// As [`Generator::forward`]; [`NnError::NoSuchMap`].
    pub fn forward_without(
        &self,
        input: impl Into<Input>,
        norm: Norm,
        layer: usize,
        maps: &[usize],
    ) -> Result<Tensor, NnError> {
        let input = input.into();
        let channels = self.check_maps(layer, maps)?;
        let mut keep = vec![1f32; channels];
        maps.iter().for_each(|&m| keep[m] = 0.0);
        let keep = Tensor::from_vec(keep, (1, channels, 1, 1), input.x.device())?;
        let images = self.run_edited(&input, norm, &mut |_, _| (), &mut |i, x| {
            if i != layer {
                return Ok(x);
            }
            let x = native::to_nchw(&x)?;
            native::from_nchw(&x.broadcast_mul(&keep.to_dtype(x.dtype())?)?)
        })?;
        Ok(native::to_nchw(&images)?)
    }

    /// The channels of a hidden layer that has all of `maps`.
    fn check_maps(&self, layer: usize, maps: &[usize]) -> Result<usize, NnError> {
        let there = self.hidden_maps().get(layer).map_or(0, |m| m.channels);
        let map = maps.iter().copied().max().unwrap_or(0);
        match map < there {
            true => Ok(there),
            false => Err(NnError::NoSuchMap { layer, map, there }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Architecture;
    use crate::spec::{Latent, LatentDistribution, Preset};
    use candle_core::Device;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn net() -> (Generator, Tensor) {
        let latent = Latent {
            size: 6,
            distribution: LatentDistribution::Uniform,
        };
        let a = Architecture::new(Preset::Svhn32, 4, latent, 1);
        let g = Generator::init(&a, &mut ChaCha8Rng::seed_from_u64(3), &Device::Cpu).unwrap();
        let z: Vec<f32> = (0..18).map(|i| ((i * 7) % 11) as f32 / 5.0 - 1.0).collect();
        (g, Tensor::from_vec(z, (3, 6), &Device::Cpu).unwrap())
    }

    fn values(t: &Tensor) -> Vec<f32> {
        t.flatten_all().unwrap().to_vec1().unwrap()
    }

    #[test]
    fn nothing_dropped_is_the_same_image_and_everything_dropped_is_grey() {
        let (g, z) = net();
        let whole = values(&g.forward(&z, Norm::Infer).unwrap());
        for (layer, map) in g.hidden_maps().into_iter().enumerate() {
            let none = g.forward_without(&z, Norm::Infer, layer, &[]).unwrap();
            assert_eq!(values(&none), whole);
            let all: Vec<usize> = (0..map.channels).collect();
            let grey = values(&g.forward_without(&z, Norm::Infer, layer, &all).unwrap());
            // Without input all samples are one image, and what is left of it is biases.
            let (first, rest) = grey.split_at(grey.len() / 3);
            assert!(rest.chunks(first.len()).all(|image| image == first));
            assert_ne!(grey, whole);
        }
    }

    #[test]
    fn a_map_counts_where_it_is_active_and_only_there() {
        let (g, z) = net();
        let layer = 1;
        let maps = g.hidden(&z, Norm::Infer, layer).unwrap();
        let (n, channels, h, w) = maps.dims4().unwrap();
        assert_eq!([n, channels, h, w], [3, 4, 16, 16]);
        let active = values(&maps);
        let whole = values(&g.forward(&z, Norm::Infer).unwrap());
        for channel in 0..channels {
            let dropped = g
                .forward_without(&z, Norm::Infer, layer, &[channel])
                .unwrap();
            let dropped = values(&dropped);
            for image in 0..n {
                let plane = &active[(image * channels + channel) * h * w..][..h * w];
                let part = |v: &[f32]| v[image * 32 * 32..(image + 1) * 32 * 32].to_vec();
                let same = part(&dropped) == part(&whole);
                assert_eq!(same, plane.iter().all(|v| *v == 0.0), "{image}, {channel}");
            }
        }
    }

    #[test]
    fn maps_that_do_not_exist_are_refused() {
        let (g, z) = net();
        insta::assert_snapshot!(g.forward_without(&z, Norm::Infer, 1, &[3, 4]).unwrap_err(), @"hidden layer 1 of the generator has no feature map 4: its maps are numbered from 0, and there are 4");
        assert!(g.hidden(&z, Norm::Infer, 2).is_err());
    }
}
