//! Batch normalisation fused with its rectifier: configuration, checks, and the custom op.

use std::sync::{Arc, OnceLock};

use candle_core::{CpuStorage, CustomOp3, Device, Layout, Result, Shape, Tensor, bail};

use super::storage::{read, slice};
use crate::nn::cpu::norm::{Affine, Statistics, backward, forward, statistics};

/// What follows a layer's sum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    Identity,
    Relu,
    /// Slope below zero; the paper's is 0.2.
    LeakyRelu(f32),
    Tanh,
}

impl Activation {
    /// The rectifier's slope below zero; 1 where there is none.
    pub fn slope(self) -> f32 {
        match self {
            Self::Identity | Self::Tanh => 1.0,
            Self::Relu => 0.0,
            Self::LeakyRelu(slope) => slope,
        }
    }
}

/// Mean and biased variance of each channel, both `(channels)` and outside any tape.
#[derive(Debug, Clone)]
pub struct BatchMoments {
    pub mean: Tensor,
    pub variance: Tensor,
}

/// Which statistics a layer normalises by.
#[derive(Debug, Clone, Copy)]
pub enum Normalisation<'a> {
    /// Those of the batch; gradients flow through them.
    Batch,
    /// Stored ones, constants to the gradient.
    Given(&'a BatchMoments),
}

/// Channels last in, channels last out; keeps the batch's statistics for the backward pass and the caller.
pub(super) struct NormAct {
    epsilon: f32,
    slope: f32,
    /// True where the statistics are the input's own.
    batch: bool,
    statistics: Arc<OnceLock<Statistics>>,
}

impl NormAct {
    /// Apply to `x`, `(.., channels)`. Returns the output and, with batch statistics, the statistics.
    pub(super) fn apply(
        x: &Tensor,
        gain: &Tensor,
        bias: &Tensor,
        normalisation: Normalisation,
        activation: Activation,
        epsilon: f64,
    ) -> Result<(Tensor, Option<BatchMoments>)> {
        let channels = x.dims().last().copied().unwrap_or(0);
        check(channels, gain, bias, normalisation)?;
        let cell = Arc::new(OnceLock::new());
        let batch = match normalisation {
            Normalisation::Batch => true,
            Normalisation::Given(m) => {
                let given = Statistics {
                    mean: m.mean.to_vec1()?,
                    variance: m.variance.to_vec1()?,
                };
                // A fresh cell: setting it cannot fail.
                let _ = cell.set(given);
                false
            }
        };
        let op = NormAct {
            epsilon: epsilon as f32,
            slope: activation.slope(),
            batch,
            statistics: cell.clone(),
        };
        let y = x
            .contiguous()?
            .apply_op3(&gain.contiguous()?, &bias.contiguous()?, op)?;
        let moments = match cell.get() {
            Some(s) if batch => Some(BatchMoments {
                mean: Tensor::new(s.mean.as_slice(), &Device::Cpu)?,
                variance: Tensor::new(s.variance.as_slice(), &Device::Cpu)?,
            }),
            _ => None,
        };
        Ok((y, moments))
    }
}

/// All per-channel tensors have one value a channel.
pub(super) fn check(channels: usize, gain: &Tensor, bias: &Tensor, n: Normalisation) -> Result<()> {
    let mut named = vec![("gain", gain), ("bias", bias)];
    if let Normalisation::Given(m) = n {
        named.extend([("mean", &m.mean), ("variance", &m.variance)]);
    }
    for (name, t) in named {
        if t.dims() != [channels] {
            bail!(
                "batch norm: the {name} has shape {:?} and the input {channels} channels",
                t.dims()
            );
        }
    }
    Ok(())
}

impl CustomOp3 for NormAct {
    fn name(&self) -> &'static str {
        "batch norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        lx: &Layout,
        gain: &CpuStorage,
        lg: &Layout,
        bias: &CpuStorage,
        lb: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let x = slice(self.name(), x, lx)?;
        let affine = Affine {
            gain: slice(self.name(), gain, lg)?,
            bias: slice(self.name(), bias, lb)?,
            epsilon: self.epsilon,
            slope: self.slope,
        };
        let statistics = self
            .statistics
            .get_or_init(|| statistics(x, affine.gain.len()));
        let mut y = vec![0.0; x.len()];
        forward(x, statistics, affine, &mut y);
        Ok((CpuStorage::F32(y), lx.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        gain: &Tensor,
        bias: &Tensor,
        _: &Tensor,
        dy: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let Some(statistics) = self.statistics.get() else {
            bail!("batch norm: backward before forward");
        };
        let dy = dy.contiguous()?;
        let (dx, parameters) = read(x, |x| {
            read(gain, |gain| {
                read(bias, |bias| {
                    read(&dy, |dy| {
                        let affine = Affine {
                            gain,
                            bias,
                            epsilon: self.epsilon,
                            slope: self.slope,
                        };
                        let mut dx = vec![0.0; x.len()];
                        let parameters = backward(x, statistics, affine, self.batch, dy, &mut dx);
                        Ok((dx, parameters))
                    })
                })
            })
        })?;
        let dx = Tensor::from_vec(dx, dy.shape(), dy.device())?;
        let dgain = Tensor::from_vec(parameters.gain, gain.shape(), gain.device())?;
        let dbias = Tensor::from_vec(parameters.bias, bias.shape(), bias.device())?;
        Ok((
            Some(dx),
            gain.track_op().then_some(dgain),
            bias.track_op().then_some(dbias),
        ))
    }
}
