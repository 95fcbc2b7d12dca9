//! Max-pooling to a grid as a custom op.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::storage::{filled, read, slice};
use crate::nn::cpu::pool::{GridPool, max_to_grid, max_to_grid_backward};

/// `(n, h, w, c)` to `(n, grid, grid, c)`.
pub(super) struct MaxToGrid(pub GridPool);

impl CustomOp1 for MaxToGrid {
    fn name(&self) -> &'static str {
        "max-pool to a grid"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let GridPool { batch, input, grid } = self.0;
        let mut y = vec![0.0; batch * grid * grid * input[2]];
        max_to_grid(&self.0, slice(self.name(), x, layout)?, &mut y);
        Ok((
            CpuStorage::F32(y),
            Shape::from((batch, grid, grid, input[2])),
        ))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let dy = dy.contiguous()?;
        let dx = read(x, |cells| {
            read(&dy, |dy| {
                filled(x, |dx| {
                    max_to_grid_backward(&self.0, cells, dy, dx);
                    Ok(())
                })
            })
        })?;
        Ok(Some(dx))
    }
}
