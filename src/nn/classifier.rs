//! D's convolutions under a softmax: the purely supervised net that table 2 compares with.

use std::collections::{BTreeMap, HashMap};

use candle_core::{Device, Tensor, Var};
use rand_chacha::ChaCha8Rng;

use super::{Architecture, Discriminator, NnError, Norm, Params};

/// A net of D's architecture whose last map leads to one logit a class, with a bias, in place of D's single one.
#[derive(Debug, Clone)]
pub struct Classifier {
    body: Discriminator,
    head: Params,
    weight: Var,
    bias: Var,
}

impl Classifier {
    /// Weights N(0, 0.02), gains N(1, 0.02), biases 0, as D's.
    ///
    /// # Errors
    /// [`NnError::OtherRules`] for a D with hidden layers or labels; a device's own.
    pub fn init(
        a: &Architecture,
        classes: usize,
        rng: &mut ChaCha8Rng,
        device: &Device,
    ) -> Result<Self, NnError> {
        let last = a.discriminator.last();
        let Some(last) = last.filter(|_| a.classes == 0 && a.discriminator_dense.is_empty()) else {
            return Err(NnError::OtherRules {
                what: "a supervised net of D's architecture",
            });
        };
        let units = last.output.len();
        let body = Discriminator::first_layers(a, a.discriminator.len(), false, rng, device)?;
        let mut head = Params::new("head.");
        let shape = [classes, units];
        let weight = head.drawn("head.weight".into(), &shape, 0.0, rng, device)?;
        let bias = head.zeros("head.bias".into(), &[classes], device)?;
        Ok(Self {
            body,
            head,
            weight,
            bias,
        })
    }

    /// Logits `(N, classes)` of images `(N, C, H, W)` in [-1, 1], on the tape. `mask` `(N, units)`, where there is one,
    /// multiplies the flattened last map (dropout).
    ///
    /// # Errors
    /// [`NnError::Input`] for images of another shape, or a device's own.
    pub fn forward(
        &self,
        images: &Tensor,
        norm: Norm,
        mask: Option<&Tensor>,
    ) -> Result<Tensor, NnError> {
        logits(
            &self.body,
            images,
            norm,
            mask,
            (self.weight.as_tensor(), self.bias.as_tensor()),
        )
    }

    /// The class of each image by the stored batch-norm statistics ([`super::infer_statistics`]), off the tape.
    ///
    /// # Errors
    /// As [`Classifier::forward`].
    pub fn classify(&self, images: &Tensor) -> Result<Vec<u32>, NnError> {
        let head = (
            self.weight.as_detached_tensor(),
            self.bias.as_detached_tensor(),
        );
        let logits = logits(
            &self.body.frozen(),
            images,
            Norm::Infer,
            None,
            (&head.0, &head.1),
        )?;
        Ok(logits.argmax(1)?.to_vec1()?)
    }

    /// Trained parameters in layer order.
    pub fn params(&self) -> impl Iterator<Item = (&str, &Var)> {
        self.body.params().iter().chain(self.head.iter())
    }

    /// Values of the flattened last map.
    pub fn units(&self) -> usize {
        self.weight.dims().last().copied().unwrap_or(0)
    }

    /// The convolutions, for their batch-norm statistics.
    pub fn body(&self) -> &Discriminator {
        &self.body
    }

    /// A copy of every tensor, parameters and statistics, which later updates leave alone.
    ///
    /// # Errors
    /// A device's own.
    pub fn snapshot(&self) -> Result<BTreeMap<String, Tensor>, NnError> {
        let mut tensors = self.body.params().tensors()?;
        tensors.extend(self.head.tensors()?);
        let copy = |(name, tensor): (String, Tensor)| Ok((name, tensor.copy()?));
        tensors.into_iter().map(copy).collect()
    }

    /// Take what [`Classifier::snapshot`] gave.
    ///
    /// # Errors
    /// As [`Params::load`].
    pub fn load(&self, from: &HashMap<String, Tensor>) -> Result<(), NnError> {
        self.body.params().load(from)?;
        self.head.load(from)
    }
}

fn logits(
    body: &Discriminator,
    images: &Tensor,
    norm: Norm,
    mask: Option<&Tensor>,
    (weight, bias): (&Tensor, &Tensor),
) -> Result<Tensor, NnError> {
    let layers = body.layers();
    let last = body.features(images, norm, layers)?.pop();
    let last = last.ok_or(NnError::LayersMissing {
        present: layers,
        all: layers,
        what: "classify images",
    })?;
    let mut flat = last.flatten_from(1)?;
    if let Some(mask) = mask {
        flat = (flat * mask)?;
    }
    Ok(flat.matmul(&weight.t()?)?.broadcast_add(bias)?)
}
