//! Unpooling by repetition as a custom op.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::storage::{filled, read, slice};
use crate::nn::cpu::unpool::{Repeat, repeat, repeat_backward};

/// `(n, h, w, c)` to `(n, h factor, w factor, c)`.
pub(super) struct Unpool(pub Repeat);

impl CustomOp1 for Unpool {
    fn name(&self) -> &'static str {
        "unpooling"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let Repeat {
            batch,
            input: [h, w, c],
            factor,
        } = self.0;
        let mut y = vec![0.0; batch * h * w * c * factor * factor];
        repeat(&self.0, slice(self.name(), x, layout)?, &mut y);
        let shape = Shape::from((batch, h * factor, w * factor, c));
        Ok((CpuStorage::F32(y), shape))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let dy = dy.contiguous()?;
        let dx = read(&dy, |dy| {
            filled(x, |dx| {
                repeat_backward(&self.0, dy, dx);
                Ok(())
            })
        })?;
        Ok(Some(dx))
    }
}
