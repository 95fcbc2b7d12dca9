//! The operations on feature maps in the device's own memory order.
//!
//! A native map is `(N, H, W, C)` for `f32` on the CPU, where our kernels run, and `(N, C, H, W)` elsewhere.
//! [`from_nchw`] and [`to_nchw`] convert; every other function takes and returns native maps. Matrices `(N, units)` are
//! the same in both.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};

use super::activation::Elementwise;
use super::conv::{Conv2d, ConvTranspose2d, Down, Up};
use super::norm::{Activation, BatchMoments, NormAct, Normalisation};
use super::pool::MaxToGrid;
use super::storage::{filled, ours, read, slice};
use super::unpool::Unpool;
use super::{norm, plain};
use crate::nn::cpu::pool::GridPool;
use crate::nn::cpu::transpose::swap;
use crate::nn::cpu::unpool::Repeat;

/// `(N, C, H, W)` to native.
///
/// # Errors
/// A tensor of another rank, or candle's own.
pub fn from_nchw(x: &Tensor) -> Result<Tensor> {
    let (n, c, h, w) = x.dims4()?;
    if !ours(x) {
        return Ok(x.clone());
    }
    let order = Reorder {
        a: c,
        b: h * w,
        shape: Shape::from((n, h, w, c)),
    };
    x.contiguous()?.apply_op1(order)
}

/// Native to `(N, C, H, W)`.
///
/// # Errors
/// A tensor of another rank, or candle's own.
pub fn to_nchw(x: &Tensor) -> Result<Tensor> {
    if !ours(x) {
        return Ok(x.clone());
    }
    let (n, h, w, c) = x.dims4()?;
    let order = Reorder {
        a: h * w,
        b: c,
        shape: Shape::from((n, c, h, w)),
    };
    x.contiguous()?.apply_op1(order)
}

/// Strided convolution of a native map with weights `(out, in, kh, kw)`.
///
/// # Errors
/// Shapes that do not fit together, or candle's own.
pub fn conv2d(x: &Tensor, w: &Tensor, config: Conv2d) -> Result<Tensor> {
    if !ours(x) {
        return plain::conv2d(x, w, config);
    }
    let g = config.geometry(dims(x)?, dims(w)?)?;
    x.contiguous()?.apply_op2(&w.contiguous()?, Down(g))
}

/// Fractionally-strided convolution of a native map with weights `(in, out, kh, kw)`.
///
/// # Errors
/// Shapes that do not fit together, or candle's own.
pub fn conv_transpose2d(x: &Tensor, w: &Tensor, config: ConvTranspose2d) -> Result<Tensor> {
    if !ours(x) {
        return plain::conv_transpose2d(x, w, config);
    }
    let g = config.geometry(dims(x)?, dims(w)?)?;
    x.contiguous()?.apply_op2(&w.contiguous()?, Up(g))
}

/// Batch normalisation and activation of a native map or a matrix `(N, units)`; gain, bias and given statistics are
/// `(channels)`. With [`Normalisation::Batch`] the batch's statistics come back too.
///
/// # Errors
/// Per-channel tensors of another length, or candle's own.
pub fn batch_norm_act(
    x: &Tensor,
    gain: &Tensor,
    bias: &Tensor,
    normalisation: Normalisation,
    activation: Activation,
    epsilon: f64,
) -> Result<(Tensor, Option<BatchMoments>)> {
    if !ours(x) {
        return plain::batch_norm_act(x, gain, bias, normalisation, activation, epsilon);
    }
    let (y, moments) = NormAct::apply(x, gain, bias, normalisation, activation, epsilon)?;
    // Rectifiers are fused with the normalisation.
    let y = match activation {
        Activation::Tanh => tanh(&y)?,
        _ => y,
    };
    Ok((y, moments))
}

/// An activation alone.
///
/// # Errors
/// Candle's own.
pub fn activate(x: &Tensor, activation: norm::Activation) -> Result<Tensor> {
    match activation {
        Activation::Identity => Ok(x.clone()),
        Activation::Tanh => tanh(x),
        _ if ours(x) => x
            .contiguous()?
            .apply_op1(Elementwise::LeakyRelu(activation.slope())),
        _ => plain::activate(x, activation),
    }
}

/// Hyperbolic tangent, G's output.
///
/// # Errors
/// Candle's own.
pub fn tanh(x: &Tensor) -> Result<Tensor> {
    if ours(x) {
        x.contiguous()?.apply_op1(Elementwise::Tanh)
    } else {
        x.tanh()
    }
}

/// Logistic function, D's probability.
///
/// # Errors
/// Candle's own.
pub fn sigmoid(x: &Tensor) -> Result<Tensor> {
    if ours(x) {
        x.contiguous()?.apply_op1(Elementwise::Sigmoid)
    } else {
        plain::sigmoid(x)
    }
}

/// Max-pool a native map to `grid x grid` cells; cell i covers rows `floor(i h / grid) .. ceil((i + 1) h / grid)`.
///
/// # Errors
/// A grid of zero or an empty map, or candle's own.
pub fn max_pool_to_grid(x: &Tensor, grid: usize) -> Result<Tensor> {
    let [n, h, w, c] = dims(x)?;
    if grid == 0 || h * w * c == 0 {
        bail!(
            "max-pool to a grid: a grid of {grid} over a map of {:?}",
            x.dims()
        );
    }
    if !ours(x) {
        return plain::max_pool_to_grid(x, grid);
    }
    let pool = GridPool {
        batch: n,
        input: [h, w, c],
        grid,
    };
    x.contiguous()?.apply_op1(MaxToGrid(pool))
}

/// Repeat each cell of a native map as a square of `factor x factor`.
///
/// # Errors
/// A factor of zero or an empty map, or candle's own.
pub fn unpool(x: &Tensor, factor: usize) -> Result<Tensor> {
    if factor == 0 || x.elem_count() == 0 {
        bail!(
            "unpooling: a factor of {factor} over a map of {:?}",
            x.dims()
        );
    }
    if !ours(x) {
        return plain::unpool(x, factor);
    }
    let [batch, h, w, c] = dims(x)?;
    let repeat = Repeat {
        batch,
        input: [h, w, c],
        factor,
    };
    x.contiguous()?.apply_op1(Unpool(repeat))
}

/// A native map with constant maps of one-hot labels `(N, classes)` after its channels, or a matrix with them after its
/// columns.
///
/// # Errors
/// Labels of another number of rows, or candle's own.
pub fn beside(x: &Tensor, labels: &Tensor) -> Result<Tensor> {
    let (n, k) = labels.dims2()?;
    if x.rank() == 2 {
        return Tensor::cat(&[x, labels], 1);
    }
    let [_, a, b, c] = dims(x)?;
    if ours(x) {
        let maps = labels.reshape((n, 1, 1, k))?.broadcast_as((n, a, b, k))?;
        Tensor::cat(&[x, &maps.contiguous()?], 3)
    } else {
        let maps = labels.reshape((n, k, 1, 1))?.broadcast_as((n, k, b, c))?;
        Tensor::cat(&[x, &maps.contiguous()?], 1)
    }
}

fn dims(x: &Tensor) -> Result<[usize; 4]> {
    let (a, b, c, d) = x.dims4()?;
    Ok([a, b, c, d])
}

/// `(N, a, b)` to `(N, b, a)`, given its full output shape.
struct Reorder {
    a: usize,
    b: usize,
    shape: Shape,
}

impl CustomOp1 for Reorder {
    fn name(&self) -> &'static str {
        "channel order"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = slice(self.name(), x, layout)?;
        let mut y = vec![0.0; x.len()];
        swap(x, &mut y, self.a, self.b);
        Ok((CpuStorage::F32(y), self.shape.clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let dy = dy.contiguous()?;
        let dx = read(&dy, |dy| {
            filled(x, |dx| {
                swap(dy, dx, self.b, self.a);
                Ok(())
            })
        })?;
        Ok(Some(dx))
    }
}
