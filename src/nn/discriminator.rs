//! The discriminator: strided convolutions to one logit, and the features that the paper's probes read.

use candle_core::{Device, Tensor, Var};
use rand_chacha::ChaCha8Rng;

use super::norm::{BatchNorm, Norm, tensor};
use super::ops::{Activation, BatchMoments, Conv2d, native};
use super::plan::{Architecture, BASE, ConvLayer, Map};
use super::{NnError, Params};

/// Slope below zero in every layer of D (section 3).
pub(super) const SLOPE: f32 = 0.2;

/// D of an [`Architecture`], or its first layers where the others are not at hand. Cloning shares the parameters.
#[derive(Debug, Clone)]
pub struct Discriminator {
    params: Params,
    image: Map,
    pub(super) layers: Vec<(ConvLayer, Var, Option<BatchNorm>)>,
    /// The logit's weights, `(1, units)`; `None` where D is cut.
    pub(super) dense: Option<Var>,
    /// Convolutions of the whole net.
    all: usize,
    /// Parameters are constants: no gradient is computed for them.
    frozen: bool,
}

impl Discriminator {
    /// Weights N(0, 0.02), gains N(1, 0.02), biases 0 (section 4), drawn on the host in layer order.
    ///
    /// # Errors
    /// A device's own.
    pub fn init(a: &Architecture, rng: &mut ChaCha8Rng, device: &Device) -> Result<Self, NnError> {
        Self::first_layers(a, a.discriminator.len(), true, rng, device)
    }

    /// As [`Discriminator::init`], the first `present` convolutions only, with or without the logit.
    pub fn first_layers(
        a: &Architecture,
        present: usize,
        logit: bool,
        rng: &mut ChaCha8Rng,
        device: &Device,
    ) -> Result<Self, NnError> {
        let mut params = Params::new("d.");
        let mut layers = Vec::with_capacity(present);
        for (i, l) in a.discriminator.iter().take(present).enumerate() {
            let name = format!("d.{i}");
            let shape = [l.output.channels, l.input.channels, l.kernel, l.kernel];
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
        let all = a.discriminator.len();
        let dense = match logit {
            true => {
                let shape = [1, a.projection.len()];
                Some(params.drawn(format!("d.{all}.weight"), &shape, 0.0, rng, device)?)
            }
            false => None,
        };
        Ok(Self {
            params,
            image: a.image,
            layers,
            dense,
            all,
            frozen: false,
        })
    }

    /// The same net whose parameters are constants: G's step through it computes no gradient of D's.
    pub fn frozen(&self) -> Self {
        Self {
            frozen: true,
            ..self.clone()
        }
    }

    /// Logits `(N)` of images `(N, C, H, W)` in [-1, 1]; positive means real.
    ///
    /// # Errors
    /// [`NnError::Input`] for images of another shape, [`NnError::LayersMissing`] for a cut net, or a device's own.
    pub fn forward(&self, images: &Tensor, norm: Norm) -> Result<Tensor, NnError> {
        self.run(images, norm, &mut |_, _| ())
    }

    /// [`Discriminator::forward`]; `watch` sees each layer's batch statistics.
    pub(super) fn run(
        &self,
        images: &Tensor,
        norm: Norm,
        watch: &mut dyn FnMut(&BatchNorm, &BatchMoments),
    ) -> Result<Tensor, NnError> {
        let dense = self
            .dense
            .as_ref()
            .ok_or_else(|| self.missing("judge images"))?;
        let mut last = None;
        self.walk(images, norm, self.layers.len(), watch, &mut |x| {
            last = Some(x.clone());
            Ok(())
        })?;
        let last = last.ok_or_else(|| self.missing("judge images"))?;
        // The authors flatten channels first.
        let flat = native::to_nchw(&last)?.flatten_from(1)?;
        let logits = flat.matmul(&tensor(dense, self.frozen).t()?)?;
        Ok(logits.squeeze(1)?)
    }

    /// Activations `(N, C, H, W)` of the first `layers` convolutions.
    ///
    /// # Errors
    /// As [`Discriminator::forward`].
    pub fn features(
        &self,
        images: &Tensor,
        norm: Norm,
        layers: usize,
    ) -> Result<Vec<Tensor>, NnError> {
        if layers > self.layers.len() {
            return Err(self.missing("give the features asked for"));
        }
        let mut maps = Vec::with_capacity(layers);
        self.walk(images, norm, layers, &mut |_, _| (), &mut |x| {
            maps.push(native::to_nchw(x)?);
            Ok(())
        })?;
        Ok(maps)
    }

    /// The probe's features (section 5.1), `(N, feature_len)`: the activations of every convolution present, normalised
    /// by the stored statistics, max-pooled to a 4x4 grid, flattened channels first and concatenated. Off the tape.
    ///
    /// # Errors
    /// As [`Discriminator::forward`].
    pub fn pooled_features(&self, images: &Tensor) -> Result<Tensor, NnError> {
        let mut parts = Vec::with_capacity(self.layers.len());
        let (images, net) = (images.detach(), self.frozen());
        net.walk(
            &images,
            Norm::Infer,
            self.layers.len(),
            &mut |_, _| (),
            &mut |x| {
                let pooled = native::max_pool_to_grid(x, BASE)?;
                parts.push(native::to_nchw(&pooled)?.flatten_from(1)?);
                Ok(())
            },
        )?;
        Ok(Tensor::cat(&parts, 1)?)
    }

    /// Length of a [`Discriminator::pooled_features`] row.
    pub fn feature_len(&self) -> usize {
        self.units() * BASE * BASE
    }

    /// Units of the widest convolution present: the last column of table 1.
    pub fn max_units(&self) -> usize {
        self.layers
            .iter()
            .map(|(l, ..)| l.output.channels)
            .max()
            .unwrap_or(0)
    }

    /// Units of all convolutions present.
    pub fn units(&self) -> usize {
        self.layers.iter().map(|(l, ..)| l.output.channels).sum()
    }

    /// Units of the last convolution present.
    pub fn last_units(&self) -> usize {
        self.layers.last().map_or(0, |(l, ..)| l.output.channels)
    }

    /// Convolutions present.
    pub fn layers(&self) -> usize {
        self.layers.len()
    }

    /// The names and tensors of the net.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// Run the first `layers` convolutions; `visit` sees each activation in the device's own order.
    pub(super) fn walk(
        &self,
        images: &Tensor,
        norm: Norm,
        layers: usize,
        watch: &mut dyn FnMut(&BatchNorm, &BatchMoments),
        visit: &mut dyn FnMut(&Tensor) -> Result<(), NnError>,
    ) -> Result<(), NnError> {
        self.check_images(images)?;
        let mut x = native::from_nchw(images)?;
        for (l, weight, batch_norm) in self.layers.iter().take(layers) {
            let config = Conv2d {
                stride: l.stride,
                padding: l.padding(),
            };
            x = native::conv2d(&x, &tensor(weight, self.frozen), config)?;
            let activation = Activation::LeakyRelu(SLOPE);
            x = match batch_norm {
                Some(b) => b.forward(&x, activation, norm, self.frozen, watch)?,
                None => native::activate(&x, activation)?,
            };
            visit(&x)?;
        }
        Ok(())
    }

    pub(super) fn check_images(&self, images: &Tensor) -> Result<(), NnError> {
        let expected = [self.image.channels, self.image.height, self.image.width];
        match images.dims() {
            [_, found @ ..] if *found == expected => Ok(()),
            found => Err(NnError::Input {
                net: "discriminator",
                expected: expected.map(|side| side.to_string()).join(", "),
                found: found.to_vec(),
            }),
        }
    }

    fn missing(&self, what: &'static str) -> NnError {
        NnError::LayersMissing {
            present: self.layers.len(),
            all: self.all,
            what,
        }
    }
}
