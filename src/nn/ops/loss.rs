//! The adversarial loss, on logits.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};

use super::storage::{filled, ours, read, slice};
use crate::nn::cpu::activation as kernel;

/// Mean binary cross-entropy of `logits` (any shape) against one target in [0, 1], a scalar; stable at any logit.
///
/// # Errors
/// An empty tensor, or candle's own.
pub fn bce_with_logits(logits: &Tensor, target: f32) -> Result<Tensor> {
    if logits.elem_count() == 0 {
        bail!("bce_with_logits: there are no logits to average");
    }
    if ours(logits) {
        return logits.contiguous()?.apply_op1(Loss { target });
    }
    // max(x, 0) - x t + ln(1 + e^-|x|)
    let soft = ((logits.abs()?.neg()?.exp()? + 1.0)?).log()?;
    let linear = (logits.relu()? - (logits * target as f64)?)?;
    (linear + soft)?.mean_all()
}

struct Loss {
    target: f32,
}

impl CustomOp1 for Loss {
    fn name(&self) -> &'static str {
        "binary cross-entropy with logits"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let loss = kernel::bce_with_logits(slice(self.name(), x, layout)?, self.target);
        Ok((CpuStorage::F32(vec![loss]), Shape::from(())))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let scale = dy.to_scalar::<f32>()?;
        let dx = read(x, |logits| {
            filled(x, |dx| {
                kernel::bce_with_logits_backward(logits, self.target, scale, dx);
                Ok(())
            })
        })?;
        Ok(Some(dx))
    }
}
