//! Batch norm and rectifier of a planned layer, with what its backward pass needs.

use candle_core::Result;

use super::Gradients;
use crate::nn::EPSILON;
use crate::nn::cpu::norm::{Affine, Statistics, backward, forward, statistics};
use crate::nn::norm::BatchNorm;
use crate::nn::ops::read;

/// One layer's normalisation.
#[derive(Debug, Clone)]
pub struct Normalise {
    layer: BatchNorm,
    /// Parameter names begin with it.
    name: String,
    slope: f32,
    statistics: Statistics,
}

impl Normalise {
    /// `name` is the layer's, such as `d.1`; `slope` the rectifier's below zero.
    pub fn new(layer: &BatchNorm, name: &str, slope: f32) -> Self {
        Normalise {
            layer: layer.clone(),
            name: format!("{name}.norm"),
            slope,
            statistics: Statistics::default(),
        }
    }

    fn with<R>(&self, f: impl FnOnce(Affine) -> R) -> Result<R> {
        read(self.layer.gain.as_tensor(), |gain| {
            read(self.layer.bias.as_tensor(), |bias| {
                Ok(f(Affine {
                    gain,
                    bias,
                    epsilon: EPSILON as f32,
                    slope: self.slope,
                }))
            })
        })
    }

    /// `y = rectifier(batch norm(x))` by the batch's own statistics, which are kept.
    pub fn forward(&mut self, x: &[f32], y: &mut [f32]) -> Result<()> {
        self.statistics = statistics(x, self.layer.gain.elem_count());
        self.again(x, y)
    }

    /// The same `y` once more, for the `x` of the last [`Normalise::forward`]: a pass over memory is cheaper than to keep it.
    pub fn again(&self, x: &[f32], y: &mut [f32]) -> Result<()> {
        self.with(|affine| forward(x, &self.statistics, affine, y))
    }

    /// Fill `dx` from `dy`; gain and bias go to `gradients` where wanted.
    pub fn backward(
        &self,
        x: &[f32],
        dy: &[f32],
        dx: &mut [f32],
        gradients: Option<&mut Gradients>,
    ) -> Result<()> {
        let of = self.with(|affine| backward(x, &self.statistics, affine, true, dy, dx))?;
        if let Some(gradients) = gradients {
            gradients.add(&format!("{}.weight", self.name), |g| {
                g.copy_from_slice(&of.gain)
            });
            gradients.add(&format!("{}.bias", self.name), |g| {
                g.copy_from_slice(&of.bias)
            });
        }
        Ok(())
    }
}
