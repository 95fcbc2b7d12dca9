//! Single operations on candle's tape, as a user of the library calls them, at the sizes of a DCGAN of 32 pixels and width
//! 64, 128 images a batch. Each call allocates its result, as PyTorch's do; [`super::kernels`] times what the planned training
//! step runs instead.

use anyhow::{Result, bail};
use candle_core::{Device, Tensor, Var};
use dcgan::nn::ops::{Activation, Conv2d, ConvTranspose2d, Normalisation, native};
use dcgan::nn::{EPSILON, bce_with_logits};

use super::{Unit, Work};

const HALVE: Conv2d = Conv2d {
    stride: 2,
    padding: 2,
};
const DOUBLE: ConvTranspose2d = ConvTranspose2d {
    stride: 2,
    padding: 2,
    output_padding: 1,
};

/// One operation on feature maps in their native order, as its nets call it on candle's tape; with `backward` also the
/// gradients of all its arguments.
///
/// # Errors
/// An unknown name, or candle's own.
pub fn op(name: &str, backward: bool) -> Result<Work> {
    // Multiply-adds of the 5x5 layer between 16x16x64 and 8x8x128, whichever way it is walked.
    let layer =
        |large: usize, small: usize, cells: usize| 2.0 * (128 * cells * 25 * large * small) as f64;
    Ok(match name {
        "conv" => flops(
            layer(64, 128, 64),
            backward,
            [random(&[128, 16, 16, 64])?, random(&[128, 64, 5, 5])?],
            |[x, w]| native::conv2d(x, w, HALVE),
        ),
        "conv-transpose" => flops(
            layer(64, 128, 64),
            backward,
            [random(&[128, 8, 8, 128])?, random(&[128, 64, 5, 5])?],
            |[x, w]| native::conv_transpose2d(x, w, DOUBLE),
        ),
        "conv-transpose-image" => flops(
            layer(3, 64, 256),
            backward,
            [random(&[128, 16, 16, 64])?, random(&[64, 3, 5, 5])?],
            |[x, w]| native::conv_transpose2d(x, w, DOUBLE),
        ),
        "matmul" => flops(
            2.0 * (8192 * 1600 * 128) as f64,
            backward,
            [random(&[8192, 1600])?, random(&[1600, 128])?],
            |[a, b]| a.matmul(b),
        ),
        "norm-leaky" => {
            let arguments = [
                random(&[128, 16, 16, 128])?,
                random(&[128])?,
                random(&[128])?,
            ];
            elements(backward, arguments, |[x, gain, bias]| {
                let (norm, leaky) = (Normalisation::Batch, Activation::LeakyRelu(0.2));
                Ok(native::batch_norm_act(x, gain, bias, norm, leaky, EPSILON)?.0)
            })
        }
        "leaky" => elements(backward, [random(&[128, 16, 16, 128])?], |[x]| {
            native::activate(x, Activation::LeakyRelu(0.2))
        }),
        "tanh" => elements(backward, [random(&[128, 64, 64, 3])?], |[x]| {
            native::tanh(x)
        }),
        "pool" => elements(backward, [random(&[128, 16, 16, 128])?], |[x]| {
            native::max_pool_to_grid(x, 4)
        }),
        "bce" => elements(backward, [random(&[128])?], |[x]| bce_with_logits(x, 1.0)),
        _ => bail!("there is no operation called `{name}`"),
    })
}

fn random(shape: &[usize]) -> Result<Var> {
    Ok(Var::randn(0f32, 1f32, shape, &Device::Cpu)?)
}

/// Counted in floating-point operations: the backward pass computes two gradients of the forward pass's cost.
fn flops<const N: usize>(
    forward: f64,
    backward: bool,
    arguments: [Var; N],
    f: impl Fn([&Tensor; N]) -> candle_core::Result<Tensor> + 'static,
) -> Work {
    let amount = if backward { 3.0 * forward } else { forward };
    Work::new(amount, Unit::Operations, iteration(backward, arguments, f))
}

/// Bound by memory: only the time counts.
fn elements<const N: usize>(
    backward: bool,
    arguments: [Var; N],
    f: impl Fn([&Tensor; N]) -> candle_core::Result<Tensor> + 'static,
) -> Work {
    Work::new(1.0, Unit::Whole, iteration(backward, arguments, f))
}

fn iteration<const N: usize>(
    backward: bool,
    arguments: [Var; N],
    f: impl Fn([&Tensor; N]) -> candle_core::Result<Tensor> + 'static,
) -> impl FnMut() -> f64 {
    move || {
        let y =
            f(arguments.each_ref().map(Var::as_tensor)).expect("an operation on fitting shapes");
        let seen = if backward {
            // The gradient from above is one everywhere.
            let gradients = y.backward().expect("gradients");
            gradients.get(&arguments[0]).expect("a gradient").clone()
        } else {
            y
        };
        // One element, without copying the rest.
        let corner = (0..seen.rank()).try_fold(seen, |t, _| t.get(0));
        let first = corner.and_then(|t| t.to_scalar::<f32>());
        f64::from(first.expect("an element"))
    }
}
