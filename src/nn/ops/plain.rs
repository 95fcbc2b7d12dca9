//! The same operations from candle's own, `(N, C, H, W)`: for CUDA and for other float types than `f32`.

use candle_core::{Result, Tensor, bail};

use super::conv::{Conv2d, ConvTranspose2d};
use super::norm::{Activation, BatchMoments, Normalisation, check};

pub fn conv2d(x: &Tensor, w: &Tensor, c: Conv2d) -> Result<Tensor> {
    x.contiguous()?
        .conv2d(&w.contiguous()?, c.padding, c.stride, 1, 1)
}

pub fn conv_transpose2d(x: &Tensor, w: &Tensor, c: ConvTranspose2d) -> Result<Tensor> {
    let (x, w) = (x.contiguous()?, w.contiguous()?);
    x.conv_transpose2d(&w, c.padding, c.output_padding, c.stride, 1)
}

/// `x` is `(N, C)` or `(N, C, H, W)`.
pub fn batch_norm_act(
    x: &Tensor,
    gain: &Tensor,
    bias: &Tensor,
    normalisation: Normalisation,
    activation: Activation,
    epsilon: f64,
) -> Result<(Tensor, Option<BatchMoments>)> {
    let channels = x.dim(1)?;
    check(channels, gain, bias, normalisation)?;
    let shape: Vec<usize> = match x.rank() {
        2 => vec![1, channels],
        4 => vec![1, channels, 1, 1],
        _ => bail!(
            "batch norm: expected (N, C) or (N, C, H, W), found {:?}",
            x.dims()
        ),
    };
    let over = |t: &Tensor| -> Result<Tensor> {
        if x.rank() == 2 {
            t.mean_keepdim(0)
        } else {
            t.mean_keepdim((0, 2, 3))
        }
    };
    let (mean, variance, moments) = match normalisation {
        Normalisation::Batch => {
            let mean = over(x)?;
            let variance = over(&x.broadcast_sub(&mean)?.sqr()?)?;
            let moments = BatchMoments {
                mean: mean.detach().reshape(channels)?,
                variance: variance.detach().reshape(channels)?,
            };
            (mean, variance, Some(moments))
        }
        Normalisation::Given(m) => (
            m.mean.detach().reshape(shape.as_slice())?,
            m.variance.detach().reshape(shape.as_slice())?,
            None,
        ),
    };
    let deviation = (variance + epsilon)?.sqrt()?;
    let y = x
        .broadcast_sub(&mean)?
        .broadcast_div(&deviation)?
        .broadcast_mul(&gain.reshape(shape.as_slice())?)?
        .broadcast_add(&bias.reshape(shape.as_slice())?)?;
    Ok((activate(&y, activation)?, moments))
}

pub fn activate(x: &Tensor, activation: Activation) -> Result<Tensor> {
    match activation {
        Activation::Identity => Ok(x.clone()),
        Activation::Relu => x.relu(),
        Activation::Tanh => x.tanh(),
        // slope x + (1 - slope) relu(x)
        Activation::LeakyRelu(slope) => {
            let slope = slope as f64;
            (x * slope)? + (x.relu()? * (1.0 - slope))?
        }
    }
}

pub fn sigmoid(x: &Tensor) -> Result<Tensor> {
    // Through tanh, which candle differentiates and which is finite everywhere.
    ((x * 0.5)?.tanh()? + 1.0)? * 0.5
}

/// Windows as in [`crate::nn::cpu::pool::GridPool`].
pub fn max_pool_to_grid(x: &Tensor, grid: usize) -> Result<Tensor> {
    let (n, c, h, w) = x.dims4()?;
    if h % grid == 0 && w % grid == 0 && h == w {
        return x.contiguous()?.max_pool2d(h / grid);
    }
    let mut cells = Vec::with_capacity(grid * grid);
    for y in 0..grid {
        for i in 0..grid {
            let (y0, y1) = (y * h / grid, ((y + 1) * h).div_ceil(grid));
            let (x0, x1) = (i * w / grid, ((i + 1) * w).div_ceil(grid));
            let part = x.narrow(2, y0, y1 - y0)?.narrow(3, x0, x1 - x0)?;
            cells.push(part.flatten_from(2)?.max_keepdim(2)?);
        }
    }
    Tensor::cat(&cells, 2)?.reshape((n, c, grid, grid))
}

/// Each cell as a square of `factor x factor`.
pub fn unpool(x: &Tensor, factor: usize) -> Result<Tensor> {
    let (n, c, h, w) = x.dims4()?;
    x.reshape((n, c, h, 1, w, 1))?
        .broadcast_as((n, c, h, factor, w, factor))?
        .contiguous()?
        .reshape((n, c, h * factor, w * factor))
}
