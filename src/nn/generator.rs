//! The generator: z is projected, reshaped, and grown by fractionally-strided convolutions (figure 1).

use candle_core::{Device, Tensor, Var};
use rand_chacha::ChaCha8Rng;

use super::dense::Dense;
use super::norm::{BatchNorm, Norm};
use super::ops::{Activation, BatchMoments, ConvTranspose2d, native};
use super::plan::{Architecture, ConvLayer, Map};
use super::{Input, NnError, Params};

/// G of an [`Architecture`]. Cloning shares the parameters.
#[derive(Debug, Clone)]
pub struct Generator {
    params: Params,
    pub(super) latent: usize,
    pub(super) projection: Map,
    /// Classes of the labels that it sees; 0 where it sees none.
    pub(super) classes: usize,
    /// From z to the projection.
    pub(super) dense: Vec<Dense>,
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
        let mut dense = Vec::with_capacity(a.generator_dense.len());
        for (i, l) in a.generator_dense.iter().enumerate() {
            dense.push(Dense::init(l, &format!("g.{i}"), &mut params, rng, device)?);
        }
        let mut layers = Vec::with_capacity(a.generator.len());
        for (i, l) in a.generator.iter().enumerate() {
            let name = format!("g.{}", dense.len() + i);
            let inputs = l.input.channels + l.labels;
            let shape = [inputs, l.output.channels, l.kernel, l.kernel];
            let weight = params.drawn(format!("{name}.weight"), &shape, 0.0, rng, device)?;
            let (follow, channels) = ((l.norm, l.bias), l.output.channels);
            let norm = BatchNorm::after(follow, &mut params, &name, channels, rng, device)?;
            layers.push((*l, weight, norm));
        }
        Ok(Self {
            params,
            latent: a.latent.size,
            projection: a.projection,
            classes: a.classes,
            dense,
            layers,
        })
    }

    /// Images `(N, C, H, W)` in [-1, 1] from z `(N, latent)`, of a conditional net with one-hot labels `(N, classes)`.
    ///
    /// # Errors
    /// [`NnError::Input`] for z of another shape, [`NnError::Labels`], or a device's own.
    pub fn forward(&self, z: impl Into<Input>, norm: Norm) -> Result<Tensor, NnError> {
        Ok(native::to_nchw(&self.run(
            &z.into(),
            norm,
            &mut |_, _| (),
        )?)?)
    }

    /// Where its parameters lie.
    pub fn device(&self) -> Device {
        let mut all = self.params.iter();
        all.next()
            .map_or(Device::Cpu, |(_, var)| var.device().clone())
    }

    /// Classes of the labels that it sees; 0 where it sees none.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// One projection and strided layers with batch norm and ReLU, no labels: what the planned nets know.
    pub(super) fn is_plain(&self) -> bool {
        let dense = |d: &Dense| d.layer.norm && d.layer.activation == Activation::Relu;
        let inside = |l: &ConvLayer| l.norm && l.activation == Activation::Relu;
        self.classes == 0
            && self.dense.len() == 1
            && self.dense.iter().all(dense)
            && self.layers.iter().all(|(l, ..)| l.pooled() == 1)
            && self
                .layers
                .split_last()
                .is_some_and(|(_, before)| before.iter().all(|(l, ..)| inside(l)))
    }

    /// The names and tensors of the net.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// Images in the device's own order; `watch` sees each layer's batch statistics.
    pub(super) fn run(
        &self,
        input: &Input,
        norm: Norm,
        watch: &mut dyn FnMut(&BatchNorm, &BatchMoments),
    ) -> Result<Tensor, NnError> {
        self.run_edited(input, norm, watch, &mut |_, x| Ok(x))
    }

    /// As [`Generator::run`], where `edit` may put another in the place of each convolution's activations.
    pub(super) fn run_edited(
        &self,
        input: &Input,
        norm: Norm,
        watch: &mut dyn FnMut(&BatchNorm, &BatchMoments),
        edit: &mut dyn FnMut(usize, Tensor) -> candle_core::Result<Tensor>,
    ) -> Result<Tensor, NnError> {
        let z = &input.x;
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
        let labels = input.checked("generator", self.classes)?;
        let mut x = z.clone();
        for layer in &self.dense {
            x = layer.forward(&x, labels, norm, false, watch)?;
        }
        let Map {
            channels,
            height,
            width,
        } = self.projection;
        // The authors' units are in channels-first order.
        let mut x = native::from_nchw(&x.reshape((n, channels, height, width))?)?;
        for (i, (l, weight, batch_norm)) in self.layers.iter().enumerate() {
            if let Some(labels) = labels {
                x = native::beside(&x, labels)?;
            }
            if l.pooled() > 1 {
                x = native::unpool(&x, l.pooled())?;
            }
            let config = ConvTranspose2d {
                stride: l.conv_stride(),
                padding: l.padding(),
                output_padding: l.output_padding(),
            };
            x = native::conv_transpose2d(&x, weight.as_tensor(), config)?;
            x = match batch_norm {
                Some(b) => b.forward(&x, l.activation, norm, false, watch)?,
                None => native::activate(&x, l.activation)?,
            };
            x = edit(i, x)?;
        }
        Ok(x)
    }
}
