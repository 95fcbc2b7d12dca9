//! The operations in candle's `(N, C, H, W)`: each converts to the native order, runs, and converts back.

use candle_core::{Result, Tensor};

use super::conv::{Conv2d, ConvTranspose2d};
use super::native;
use super::norm::{Activation, BatchMoments, Normalisation};

/// Strided convolution of `(N, in, H, W)` with `(out, in, kh, kw)`.
///
/// # Errors
/// Shapes that do not fit together, or candle's own.
pub fn conv2d(x: &Tensor, w: &Tensor, config: Conv2d) -> Result<Tensor> {
    native::to_nchw(&native::conv2d(&native::from_nchw(x)?, w, config)?)
}

/// Fractionally-strided convolution of `(N, in, H, W)` with `(in, out, kh, kw)`.
///
/// # Errors
/// Shapes that do not fit together, or candle's own.
pub fn conv_transpose2d(x: &Tensor, w: &Tensor, config: ConvTranspose2d) -> Result<Tensor> {
    native::to_nchw(&native::conv_transpose2d(
        &native::from_nchw(x)?,
        w,
        config,
    )?)
}

/// Batch normalisation and rectifier of `(N, C, H, W)` or `(N, C)`; see [`native::batch_norm_act`].
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
    if x.rank() == 2 {
        return native::batch_norm_act(x, gain, bias, normalisation, activation, epsilon);
    }
    let x = native::from_nchw(x)?;
    let (y, moments) = native::batch_norm_act(&x, gain, bias, normalisation, activation, epsilon)?;
    Ok((native::to_nchw(&y)?, moments))
}

/// Leaky ReLU of any shape.
///
/// # Errors
/// Candle's own.
pub fn leaky_relu(x: &Tensor, slope: f32) -> Result<Tensor> {
    native::activate(x, Activation::LeakyRelu(slope))
}

pub use native::{sigmoid, tanh};

/// Repeat each cell of `(N, C, H, W)` as a square of `factor x factor`; see [`native::unpool`].
///
/// # Errors
/// A factor of zero or an empty map, or candle's own.
pub fn unpool(x: &Tensor, factor: usize) -> Result<Tensor> {
    native::to_nchw(&native::unpool(&native::from_nchw(x)?, factor)?)
}

/// Max-pool `(N, C, H, W)` to `(N, C, grid, grid)`; see [`native::max_pool_to_grid`].
///
/// # Errors
/// A grid of zero or an empty map, or candle's own.
pub fn max_pool_to_grid(x: &Tensor, grid: usize) -> Result<Tensor> {
    native::to_nchw(&native::max_pool_to_grid(&native::from_nchw(x)?, grid)?)
}
