//! The discriminator: strided convolutions to one logit, and the features that the paper's probes read.

use candle_core::{Device, Tensor, Var};
use rand_chacha::ChaCha8Rng;

use super::dense::Dense;
use super::norm::{BatchNorm, Norm, tensor};
use super::ops::{Activation, BatchMoments, Conv2d, native};
pub(super) use super::plan::SLOPE;
use super::plan::{Architecture, BASE, ConvLayer, Map};
use super::{Input, NnError, Params};

/// What errors call it.
const NAME: &str = "discriminator";

/// D of an [`Architecture`], or its first layers where the others are not at hand. Cloning shares the parameters.
#[derive(Debug, Clone)]
pub struct Discriminator {
    params: Params,
    image: Map,
    pub(super) layers: Vec<(ConvLayer, Var, Option<BatchNorm>)>,
    /// From the last map to what the logit reads.
    hidden: Vec<Dense>,
    /// The logit's weights, `(1, units)`; `None` where D is cut.
    pub(super) dense: Option<Var>,
    /// Classes of the labels that it sees; 0 where it sees none.
    classes: usize,
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
            let inputs = l.input.channels + l.labels;
            let shape = [l.output.channels, inputs, l.kernel, l.kernel];
            let weight = params.drawn(format!("{name}.weight"), &shape, 0.0, rng, device)?;
            let (follow, channels) = ((l.norm, l.bias), l.output.channels);
            let norm = BatchNorm::after(follow, &mut params, &name, channels, rng, device)?;
            layers.push((*l, weight, norm));
        }
        let all = a.discriminator.len();
        let mut hidden = Vec::new();
        let mut dense = None;
        if logit {
            for (i, l) in a.discriminator_dense.iter().enumerate() {
                let name = format!("d.{}", all + i);
                hidden.push(Dense::init(l, &name, &mut params, rng, device)?);
            }
            let name = format!("d.{}.weight", all + hidden.len());
            let shape = [1, a.logit_inputs() + a.classes];
            let normal = (0.0, a.logit_deviation());
            dense = Some(params.drawn_from(normal, name, &shape, rng, device)?);
        }
        Ok(Self {
            params,
            image: a.image,
            layers,
            hidden,
            dense,
            classes: a.classes,
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

    /// Logits `(N)` of images `(N, C, H, W)` in [-1, 1], of a conditional net with one-hot labels `(N, classes)`; positive
    /// means real.
    ///
    /// # Errors
    /// [`NnError::Input`] for images of another shape, [`NnError::Labels`], [`NnError::LayersMissing`] for a cut net, or a
    /// device's own.
    pub fn forward(&self, images: impl Into<Input>, norm: Norm) -> Result<Tensor, NnError> {
        self.run(&images.into(), norm, &mut |_, _| ())
    }

    /// Strided layers with leaky ReLU, those inside with batch norm, no hidden layer, no labels: what the planned nets and
    /// guided backpropagation know.
    pub(super) fn is_plain(&self) -> bool {
        let plain = |l: &ConvLayer| {
            l.pooled() == 1 && !l.bias && l.activation == Activation::LeakyRelu(SLOPE)
        };
        self.classes == 0
            && self.hidden.is_empty()
            && !self.layers.is_empty()
            && self.layers.iter().all(|(l, ..)| plain(l))
    }

    /// [`Discriminator::forward`]; `watch` sees each layer's batch statistics.
    pub(super) fn run(
        &self,
        input: &Input,
        norm: Norm,
        watch: &mut dyn FnMut(&BatchNorm, &BatchMoments),
    ) -> Result<Tensor, NnError> {
        let dense = self
            .dense
            .as_ref()
            .ok_or_else(|| self.missing("judge images"))?;
        let mut last = None;
        self.walk(input, norm, self.layers.len(), watch, &mut |x| {
            last = Some(x.clone());
            Ok(())
        })?;
        // The authors flatten channels first, as images are.
        let mut x = match last {
            Some(last) => native::to_nchw(&last)?,
            None => input.x.clone(),
        };
        x = x.flatten_from(1)?;
        let labels = input.checked(NAME, self.classes)?;
        for layer in &self.hidden {
            x = layer.forward(&x, labels, norm, self.frozen, watch)?;
        }
        if let Some(labels) = labels {
            x = native::beside(&x, labels)?;
        }
        let logits = x.matmul(&tensor(dense, self.frozen).t()?)?;
        Ok(logits.squeeze(1)?)
    }

    /// Activations `(N, C, H, W)` of the first `layers` convolutions.
    ///
    /// # Errors
    /// As [`Discriminator::forward`].
    pub fn features(
        &self,
        images: impl Into<Input>,
        norm: Norm,
        layers: usize,
    ) -> Result<Vec<Tensor>, NnError> {
        if layers > self.layers.len() {
            return Err(self.missing("give the features asked for"));
        }
        let mut maps = Vec::with_capacity(layers);
        self.walk(&images.into(), norm, layers, &mut |_, _| (), &mut |x| {
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
    pub fn pooled_features(&self, images: impl Into<Input>) -> Result<Tensor, NnError> {
        let mut parts = Vec::with_capacity(self.layers.len());
        let (images, net) = (images.into().detach(), self.frozen());
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

    /// Classes of the labels that it sees; 0 where it sees none.
    pub fn classes(&self) -> usize {
        self.classes
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
        input: &Input,
        norm: Norm,
        layers: usize,
        watch: &mut dyn FnMut(&BatchNorm, &BatchMoments),
        visit: &mut dyn FnMut(&Tensor) -> Result<(), NnError>,
    ) -> Result<(), NnError> {
        self.check_images(&input.x)?;
        let labels = input.checked(NAME, self.classes)?;
        if self.layers.is_empty() {
            return Ok(());
        }
        let mut x = native::from_nchw(&input.x)?;
        for (l, weight, batch_norm) in self.layers.iter().take(layers) {
            if let Some(labels) = labels {
                x = native::beside(&x, labels)?;
            }
            let config = Conv2d {
                stride: l.conv_stride(),
                padding: l.padding(),
            };
            x = native::conv2d(&x, &tensor(weight, self.frozen), config)?;
            if l.pooled() > 1 {
                x = native::max_pool_to_grid(&x, l.output.height)?;
            }
            x = match batch_norm {
                Some(b) => b.forward(&x, l.activation, norm, self.frozen, watch)?,
                None => native::activate(&x, l.activation)?,
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
                net: NAME,
                expected: expected.map(|side| side.to_string()).join(", "),
                found: found.to_vec(),
            }),
        }
    }

    /// Every layer that has batch norm, whether or not the logit is at hand.
    pub(super) fn all_layers(
        &self,
        input: &Input,
        norm: Norm,
        watch: &mut dyn FnMut(&BatchNorm, &BatchMoments),
    ) -> Result<(), NnError> {
        match &self.dense {
            Some(_) => self.run(input, norm, watch).map(|_| ()),
            None => self.walk(input, norm, self.layers.len(), watch, &mut |_| Ok(())),
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
