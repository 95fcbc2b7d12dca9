//! The generator: z is projected, reshaped, and grown by fractionally-strided convolutions (figure 1).

use candle_core::{Device, Tensor, Var};
use rand_chacha::ChaCha8Rng;

use super::norm::{BatchNorm, Norm};
use super::ops::{Activation, BatchMoments, ConvTranspose2d, native};
use super::plan::{Architecture, ConvLayer, Map};
use super::{NnError, Params};

/// G of an [`Architecture`]. Cloning shares the parameters.
#[derive(Debug, Clone)]
pub struct Generator {
    params: Params,
    pub(super) latent: usize,
    pub(super) projection: Map,
    pub(super) project: Var,
    pub(super) project_norm: BatchNorm,
    pub(super) layers: Vec<(ConvLayer, Var, Option<BatchNorm>)>,
}

impl Generator {
    /// Weights N(0, 0.02), gains N(1, 0.02), biases 0 (section 4), drawn on the host in layer order, so that one seed
    /// gives one net on every device.
    ///
    /// # Errors
    /// A device's own.
    pub fn init(a: &Architecture, rng: &mut ChaCha8Rng, device: &Device) -> Result<Self, NnError> {
        let mut params = Params::new("g.");
        let units = a.projection.len();
        let project = params.drawn(
            "g.0.weight".into(),
            &[units, a.latent.size],
            0.0,
            rng,
            device,
        )?;
        let project_norm = BatchNorm::init(&mut params, "g.0", units, rng, device)?;
        let mut layers = Vec::with_capacity(a.generator.len());
        for (i, l) in a.generator.iter().enumerate() {
            let name = format!("g.{}", i + 1);
            let shape = [l.input.channels, l.output.channels, l.kernel, l.kernel];
            let weight = params.drawn(format!("{name}.weight"), &shape, 0.0, rng, device)?;
            let norm = match l.norm {
                true => Some(BatchNorm::init(
                    &mut params,
                    &name,
                    l.output.channels,
                    rng,
                    device,
                )?),
                false => None,
            };
            layers.push((*l, weight, norm));
        }
        Ok(Self {
            params,
            latent: a.latent.size,
            projection: a.projection,
            project,
            project_norm,
            layers,
        })
    }

    /// Images `(N, C, H, W)` in [-1, 1] from z `(N, latent)`.
    ///
    /// # Errors
    /// [`NnError::Input`] for z of another shape, or a device's own.
    pub fn forward(&self, z: &Tensor, norm: Norm) -> Result<Tensor, NnError> {
        Ok(native::to_nchw(&self.run(z, norm, &mut |_, _| ())?)?)
    }

    /// The names and tensors of the net.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// Images in the device's own order; `watch` sees each layer's batch statistics.
    pub(super) fn run(
        &self,
        z: &Tensor,
        norm: Norm,
        watch: &mut dyn FnMut(&BatchNorm, &BatchMoments),
    ) -> Result<Tensor, NnError> {
        let n = match z.dims() {
            [n, size] if *size == self.latent => *n,
            found => {
                return Err(NnError::Input {
                    net: "generator",
                    expected: self.latent.to_string(),
                    found: found.to_vec(),
                });
            }
        };
        let x = z.matmul(&self.project.as_tensor().t()?)?;
        let x = self
            .project_norm
            .forward(&x, Activation::Relu, norm, false, watch)?;
        let Map {
            channels,
            height,
            width,
        } = self.projection;
        // The authors' units are in channels-first order.
        let mut x = native::from_nchw(&x.reshape((n, channels, height, width))?)?;
        for (l, weight, batch_norm) in &self.layers {
            let config = ConvTranspose2d {
                stride: l.stride,
                padding: l.padding(),
                output_padding: l.output_padding(),
            };
            x = native::conv_transpose2d(&x, weight.as_tensor(), config)?;
            x = match batch_norm {
                Some(b) => b.forward(&x, Activation::Relu, norm, false, watch)?,
                None => native::tanh(&x)?,
            };
        }
        Ok(x)
    }
}
