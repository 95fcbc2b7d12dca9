//! A batch-norm layer: its parameters, its stored statistics, and the choice between them and the batch's.

use candle_core::{Device, Tensor, Var};
use rand_chacha::ChaCha8Rng;

use super::ops::{Activation, BatchMoments, Normalisation, native};
use super::{NnError, Params};

/// Added to the variance, as in the authors' code. It is far below single precision's resolution beside any variance
/// that training shows, and the kernels add it in double precision, so it only guards against exact zero.
pub const EPSILON: f64 = 1e-8;

/// Weight of the newest batch in the running statistics.
const MOMENTUM: f64 = 0.1;

/// Which statistics a forward pass normalises by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Norm {
    /// The batch's; running averages are updated.
    Train,
    /// The batch's, and nothing else happens: the released code's way, in training and in sampling.
    Batch,
    /// The stored ones (running averages, or inferred by [`super::infer_statistics`]).
    Infer,
}

/// Gain, bias and stored statistics of one layer; or, where a spec gives batch norm up, a bias alone: the same by
/// statistics and a gain that are constant.
#[derive(Debug, Clone)]
pub(super) struct BatchNorm {
    pub gain: Var,
    pub bias: Var,
    pub mean: Var,
    pub variance: Var,
    /// No batch norm: everything but the bias is constant.
    pub fixed: bool,
}

impl BatchNorm {
    /// Gain N(1, 0.02), bias 0, statistics of the standard normal.
    pub fn init(
        params: &mut Params,
        layer: &str,
        channels: usize,
        rng: &mut ChaCha8Rng,
        device: &Device,
    ) -> Result<Self, NnError> {
        Ok(Self {
            gain: params.drawn(
                format!("{layer}.norm.weight"),
                &[channels],
                1.0,
                rng,
                device,
            )?,
            bias: params.zeros(format!("{layer}.norm.bias"), &[channels], device)?,
            mean: params.buffer(format!("{layer}.norm.running_mean"), channels, 0.0, device)?,
            variance: params.buffer(format!("{layer}.norm.running_var"), channels, 1.0, device)?,
            fixed: false,
        })
    }

    /// A bias of 0 in its place.
    pub fn bias_only(
        params: &mut Params,
        layer: &str,
        channels: usize,
        device: &Device,
    ) -> Result<Self, NnError> {
        let constant = |value: f32| Var::from_tensor(&Tensor::full(value, channels, device)?);
        Ok(Self {
            gain: constant(1.0)?,
            bias: params.zeros(format!("{layer}.bias"), &[channels], device)?,
            mean: constant(0.0)?,
            variance: constant(1.0)?,
            fixed: true,
        })
    }

    /// What follows a layer of `channels` channels: batch norm, a bias, or neither.
    pub fn after(
        (norm, bias): (bool, bool),
        params: &mut Params,
        layer: &str,
        channels: usize,
        rng: &mut ChaCha8Rng,
        device: &Device,
    ) -> Result<Option<Self>, NnError> {
        match (norm, bias) {
            (true, _) => Ok(Some(Self::init(params, layer, channels, rng, device)?)),
            (_, true) => Ok(Some(Self::bias_only(params, layer, channels, device)?)),
            _ => Ok(None),
        }
    }

    /// Normalise and activate a native map or a matrix; `watch` sees the batch's statistics where they are used.
    pub fn forward(
        &self,
        x: &Tensor,
        activation: Activation,
        norm: Norm,
        frozen: bool,
        watch: &mut dyn FnMut(&BatchNorm, &BatchMoments),
    ) -> Result<Tensor, NnError> {
        let gain = tensor(&self.gain, frozen || self.fixed);
        let bias = tensor(&self.bias, frozen);
        if self.fixed || norm == Norm::Infer {
            let stored = BatchMoments {
                mean: self.mean.as_detached_tensor(),
                variance: self.variance.as_detached_tensor(),
            };
            let n = Normalisation::Given(&stored);
            return Ok(native::batch_norm_act(x, &gain, &bias, n, activation, EPSILON)?.0);
        }
        let (y, moments) =
            native::batch_norm_act(x, &gain, &bias, Normalisation::Batch, activation, EPSILON)?;
        if let Some(moments) = moments {
            if norm == Norm::Train {
                blend(&self.mean, &moments.mean)?;
                blend(&self.variance, &moments.variance)?;
            }
            watch(self, &moments);
        }
        Ok(y)
    }
}

fn blend(stored: &Var, new: &Tensor) -> Result<(), NnError> {
    let old = (stored.as_detached_tensor() * (1.0 - MOMENTUM))?;
    Ok(stored.set(&(old + (new * MOMENTUM)?)?)?)
}

/// A parameter as an operand, on the tape unless `frozen`.
pub(super) fn tensor(var: &Var, frozen: bool) -> Tensor {
    if frozen {
        var.as_detached_tensor()
    } else {
        var.as_tensor().clone()
    }
}
