//! Guided backpropagation (Springenberg et al. 2015, section 3.4) from D's last convolution to the image: figure 5.
//!
//! Through a ReLU, the guided rule passes a gradient on only where the unit was active and the gradient is positive, so
//! that what the image would have to lose is left out. D's rectifiers leak (slope 0.2 below zero), for which that paper
//! states no rule; here a unit counts as active where its input is positive, as there, and nothing passes the leak. The
//! forward pass is D's own, leak and all.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, Var};

use super::discriminator::SLOPE;
use super::norm::EPSILON;
use super::ops::{Activation, BatchMoments, Conv2d, Normalisation, native};
use super::{Discriminator, NnError};

/// A unit of the last convolution present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    pub channel: usize,
    pub y: usize,
    pub x: usize,
}

impl Discriminator {
    /// The guided gradient of one unit of the last convolution present for each of `images` `(N, C, H, W)`, by the stored
    /// batch-norm statistics: `(N, C, H, W)`. On the CPU, in single precision.
    ///
    /// # Errors
    /// [`NnError::Input`] for images of another shape, [`NnError::Tensor`] where there is not one unit an image or the
    /// map lacks a unit, or candle's own.
    pub fn guided_gradient(
        &self,
        images: &Tensor,
        units: &[Unit],
    ) -> std::result::Result<Tensor, NnError> {
        if !self.is_plain() {
            return Err(NnError::OtherRules {
                what: "guided backpropagation",
            });
        }
        self.check_images(images)?;
        let images = Var::from_tensor(&images.detach())?;
        let mut x = native::from_nchw(images.as_tensor())?;
        for (l, weight, batch_norm) in &self.layers {
            let config = Conv2d {
                stride: l.stride,
                padding: l.padding(),
            };
            x = native::conv2d(&x, &weight.as_detached_tensor(), config)?;
            if let Some(b) = batch_norm {
                let stored = BatchMoments {
                    mean: b.mean.as_detached_tensor(),
                    variance: b.variance.as_detached_tensor(),
                };
                x = native::batch_norm_act(
                    &x,
                    &b.gain.as_detached_tensor(),
                    &b.bias.as_detached_tensor(),
                    Normalisation::Given(&stored),
                    Activation::Identity,
                    EPSILON,
                )?
                .0;
            }
            x = x.contiguous()?.apply_op1(Guided)?;
        }
        // Images do not touch each other here, so one pass serves them all.
        let maps = native::to_nchw(&x)?;
        let wanted = (maps * mask(x.device(), &self.last_map(units.len()), units)?)?;
        let gradients = wanted.sum_all()?.backward()?;
        match gradients.get(images.as_tensor()) {
            Some(gradient) => Ok(gradient.clone()),
            None => Ok(images.as_tensor().zeros_like()?.detach()),
        }
    }

    fn last_map(&self, n: usize) -> [usize; 4] {
        let map = self.layers.last().map(|(l, ..)| l.output);
        map.map_or([n, 0, 0, 0], |m| [n, m.channels, m.height, m.width])
    }
}

/// 1 at each image's unit, 0 elsewhere.
fn mask(device: &candle_core::Device, shape: &[usize; 4], units: &[Unit]) -> Result<Tensor> {
    let &[_, channels, height, width] = shape;
    let mut values = vec![0f32; shape.iter().product()];
    for (n, u) in units.iter().enumerate() {
        if u.channel >= channels || u.y >= height || u.x >= width {
            candle_core::bail!("no unit {u:?} in a map of {channels}x{height}x{width}");
        }
        values[((n * channels + u.channel) * height + u.y) * width + u.x] = 1.0;
    }
    Tensor::from_vec(values, shape.as_slice(), device)
}

/// D's rectifier forward, the guided rule backward.
struct Guided;

impl CustomOp1 for Guided {
    fn name(&self) -> &'static str {
        "guided leaky relu"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x: &[f32] = x.as_slice()?;
        let x = match layout.contiguous_offsets() {
            Some((from, to)) => &x[from..to],
            None => candle_core::bail!("guided leaky relu: a contiguous map is needed"),
        };
        let leaky = |&x: &f32| if x > 0.0 { x } else { x * SLOPE };
        let y = x.iter().map(leaky).collect();
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let active = x.detach().gt(0.0)?.to_dtype(dy.dtype())?;
        Ok(Some((dy.relu()? * active)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Architecture, Norm, infer_statistics};
    use crate::spec::{Latent, LatentDistribution, Preset};
    use candle_core::{Device, IndexOp};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution, StandardNormal};

    #[test]
    fn only_positive_gradients_of_active_units_pass() {
        let x = Var::new(&[2f32, 2.0, -1.0, -1.0, 0.0], &Device::Cpu).unwrap();
        let y = x.as_tensor().apply_op1(Guided).unwrap();
        assert_eq!(y.to_vec1::<f32>().unwrap(), [2.0, 2.0, -0.2, -0.2, 0.0]);
        let weights = Tensor::new(&[3f32, -3.0, 3.0, -3.0, 3.0], &Device::Cpu).unwrap();
        let gradients = (y * weights)
            .unwrap()
            .sum_all()
            .unwrap()
            .backward()
            .unwrap();
        let dx = gradients.get(x.as_tensor()).unwrap();
        assert_eq!(dx.to_vec1::<f32>().unwrap(), [3.0, 0.0, 0.0, 0.0, 0.0]);
    }

    /// Layer by layer from candle's own operations, the chain rule written out.
    fn by_hand(d: &Discriminator, images: &Tensor, units: &[Unit]) -> Tensor {
        let mut x = images.clone();
        let mut passed = Vec::new();
        for (l, weight, norm) in &d.layers {
            let w = weight.as_detached_tensor();
            x = x.conv2d(&w, l.padding(), l.stride, 1, 1).unwrap();
            let shape = (1, l.output.channels, 1, 1);
            let per_channel = |t: &Var| t.as_detached_tensor().reshape(shape).unwrap();
            let scale = norm.as_ref().map(|b| {
                let deviation = (per_channel(&b.variance) + EPSILON)
                    .unwrap()
                    .sqrt()
                    .unwrap();
                per_channel(&b.gain).div(&deviation).unwrap()
            });
            if let (Some(b), Some(scale)) = (norm, &scale) {
                x = x.broadcast_sub(&per_channel(&b.mean)).unwrap();
                x = x.broadcast_mul(scale).unwrap();
                x = x.broadcast_add(&per_channel(&b.bias)).unwrap();
            }
            let active = x.gt(0.0).unwrap().to_dtype(x.dtype()).unwrap();
            passed.push((active, scale));
            x = (x.relu().unwrap()
                - (x.neg().unwrap().relu().unwrap() * f64::from(SLOPE)).unwrap())
            .unwrap();
        }
        let mut g = mask(&Device::Cpu, &d.last_map(units.len()), units).unwrap();
        for ((l, weight, _), (active, scale)) in d.layers.iter().zip(passed).rev() {
            g = (g.relu().unwrap() * active).unwrap();
            if let Some(scale) = scale {
                g = g.broadcast_mul(&scale).unwrap();
            }
            let w = weight.as_detached_tensor();
            let more = l.output_padding();
            g = g
                .conv_transpose2d(&w, l.padding(), more, l.stride, 1)
                .unwrap();
        }
        g
    }

    #[test]
    fn the_gradient_is_the_chain_rule_s_and_stays_in_the_unit_s_field() {
        let latent = Latent {
            size: 4,
            distribution: LatentDistribution::Normal,
        };
        for preset in [Preset::Svhn32, Preset::Imagenet32] {
            let a = Architecture::new(preset, 6, latent, 3);
            let mut rng = ChaCha8Rng::seed_from_u64(4);
            let d = Discriminator::init(&a, &mut rng, &Device::Cpu).unwrap();
            let values: Vec<f32> = StandardNormal
                .sample_iter(&mut rng)
                .take(2 * 3 * 32 * 32)
                .collect();
            let images = Tensor::from_vec(values, (2, 3, 32, 32), &Device::Cpu).unwrap();
            infer_statistics(&d, [Ok::<_, NnError>(images.clone())]).unwrap();
            // In the corner and inside, of the channel that is most active there.
            let maps = d.features(&images, Norm::Infer, d.layers()).unwrap();
            let units = [(0, 0, 0), (1, 2, 1)].map(|(n, y, x)| {
                let all = maps.last().unwrap().i((n, .., y, x)).unwrap();
                let channel = all.argmax(0).unwrap().to_scalar::<u32>().unwrap() as usize;
                Unit { channel, y, x }
            });
            let found = d.guided_gradient(&images, &units).unwrap();
            let wanted = by_hand(&d, &images, &units);
            let most = |t: &Tensor| -> f32 {
                let t = t.abs().unwrap().flatten_all().unwrap();
                t.max(0).unwrap().to_scalar().unwrap()
            };
            assert!(most(&wanted) > 0.0);
            let away = most(&(&found - &wanted).unwrap());
            assert!(away <= 1e-5 * most(&wanted), "{away} of {}", most(&wanted));
            if preset == Preset::Svhn32 {
                // Three 5x5 kernels of stride 2 at the corner see 2 + 2 * (2 + 2 * 2) = 14 cells further.
                let corner = found.get(0).unwrap();
                assert_eq!(most(&corner.narrow(1, 15, 17).unwrap()), 0.0);
                assert_eq!(most(&corner.narrow(2, 15, 17).unwrap()), 0.0);
            }
        }
        let a = Architecture::new(Preset::Svhn32, 6, latent, 3);
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let d = Discriminator::init(&a, &mut rng, &Device::Cpu).unwrap();
        let images = Tensor::zeros((1, 3, 32, 32), candle_core::DType::F32, &Device::Cpu).unwrap();
        let outside = Unit {
            channel: 24,
            y: 0,
            x: 0,
        };
        assert!(d.guided_gradient(&images, &[outside]).is_err());
        assert!(d.guided_gradient(&images, &[]).is_err());
    }
}
