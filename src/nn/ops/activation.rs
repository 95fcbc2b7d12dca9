//! Elementwise custom ops.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::storage::{filled, read, slice};
use crate::nn::cpu::activation as kernel;

/// An activation on its own, without a normalisation before it.
pub(super) enum Elementwise {
    LeakyRelu(f32),
    Tanh,
    Sigmoid,
}

impl CustomOp1 for Elementwise {
    fn name(&self) -> &'static str {
        match self {
            Self::LeakyRelu(_) => "leaky relu",
            Self::Tanh => "tanh",
            Self::Sigmoid => "sigmoid",
        }
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = slice(self.name(), x, layout)?;
        let mut y = vec![0.0; x.len()];
        match self {
            Self::LeakyRelu(slope) => kernel::leaky_relu(x, *slope, &mut y),
            Self::Tanh => kernel::tanh(x, &mut y),
            Self::Sigmoid => kernel::sigmoid(x, &mut y),
        }
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, y: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let dy = dy.contiguous()?;
        // Leaky ReLU reads its input, the others their output.
        let known = if matches!(self, Self::LeakyRelu(_)) {
            x
        } else {
            y
        };
        let dx = read(known, |known| {
            read(&dy, |dy| {
                filled(x, |dx| {
                    match self {
                        Self::LeakyRelu(slope) => {
                            kernel::leaky_relu_backward(known, *slope, dy, dx)
                        }
                        Self::Tanh => kernel::tanh_backward(known, dy, dx),
                        Self::Sigmoid => kernel::sigmoid_backward(known, dy, dx),
                    }
                    Ok(())
                })
            })
        })?;
        Ok(Some(dx))
    }
}
