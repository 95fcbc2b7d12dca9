//! A fully connected layer on the tape.

use candle_core::{Device, Tensor, Var};
use rand_chacha::ChaCha8Rng;

use super::norm::{BatchNorm, Norm, tensor};
use super::ops::{BatchMoments, native};
use super::plan::DenseLayer;
use super::{NnError, Params};

/// Its weights `(units, inputs + labels)`, and what follows them.
#[derive(Debug, Clone)]
pub(super) struct Dense {
    pub layer: DenseLayer,
    pub weight: Var,
    pub norm: Option<BatchNorm>,
}

impl Dense {
    /// Weights around 0 of the layer's own deviation.
    pub fn init(
        layer: &DenseLayer,
        name: &str,
        params: &mut Params,
        rng: &mut ChaCha8Rng,
        device: &Device,
    ) -> Result<Self, NnError> {
        let shape = [layer.units, layer.inputs + layer.labels];
        let normal = (0.0, layer.deviation);
        let weight = params.drawn_from(normal, format!("{name}.weight"), &shape, rng, device)?;
        let follow = (layer.norm, layer.bias);
        Ok(Self {
            norm: BatchNorm::after(follow, params, name, layer.units, rng, device)?,
            layer: *layer,
            weight,
        })
    }

    /// `(N, units)` from `(N, inputs)` and, in conditional nets, one-hot labels.
    pub fn forward(
        &self,
        x: &Tensor,
        labels: Option<&Tensor>,
        norm: Norm,
        frozen: bool,
        watch: &mut dyn FnMut(&BatchNorm, &BatchMoments),
    ) -> Result<Tensor, NnError> {
        let x = match labels {
            Some(labels) => native::beside(x, labels)?,
            None => x.clone(),
        };
        let x = x.matmul(&tensor(&self.weight, frozen).t()?)?;
        let activation = self.layer.activation;
        match &self.norm {
            Some(b) => b.forward(&x, activation, norm, frozen, watch),
            None => Ok(native::activate(&x, activation)?),
        }
    }
}
