//! The kernels beneath the operations, forward and backward over kept buffers: what the planned training step runs.

use anyhow::{Result, bail};
use dcgan::nn::EPSILON;
use dcgan::nn::cpu::{Geometry, activation, conv, norm, weights};

use super::{Unit, Work};

const SLOPE: f32 = 0.2;

/// Forward and backward of the operation called `name`, at the size of [`super::ops::op`].
///
/// # Errors
/// An unknown name.
pub fn both(name: &str) -> Result<Work> {
    Ok(match name {
        "conv" => convolution(layer([16, 16, 64], [8, 8, 128]), false),
        "conv-transpose" => convolution(layer([16, 16, 64], [8, 8, 128]), true),
        "conv-transpose-image" => convolution(layer([32, 32, 3], [16, 16, 64]), true),
        "norm-leaky" => norm_leaky(128 * 16 * 16, 128),
        "leaky" => {
            let x = wave(128 * 16 * 16 * 128);
            let (mut y, dy, mut dx) = (vec![0.0; x.len()], vec![1.0; x.len()], vec![0.0; x.len()]);
            Work::new(1.0, Unit::Whole, move || {
                activation::leaky_relu(&x, SLOPE, &mut y);
                activation::leaky_relu_backward(&x, SLOPE, &dy, &mut dx);
                f64::from(y[0] + dx[0])
            })
        }
        "tanh" => {
            let x = wave(128 * 64 * 64 * 3);
            let (mut y, dy, mut dx) = (vec![0.0; x.len()], vec![1.0; x.len()], vec![0.0; x.len()]);
            Work::new(1.0, Unit::Whole, move || {
                activation::tanh(&x, &mut y);
                activation::tanh_backward(&y, &dy, &mut dx);
                f64::from(y[0] + dx[0])
            })
        }
        _ => bail!("there are no kernels called `{name}`"),
    })
}

/// One kernel of the 5x5 layer of stride 2 between `side x side x input` and half that side with `output` channels: `down`,
/// `up` or `weights`.
///
/// # Errors
/// An unknown kernel.
pub fn one(side: usize, input: usize, output: usize, kernel: &str) -> Result<Work> {
    let half = side / 2;
    let g = layer([side, side, input], [half, half, output]);
    let (mut large, mut small) = (wave(g.large_len()), wave(g.small_len()));
    let mut w = wave(g.weight_len());
    let run: Box<dyn FnMut() -> f64> = match kernel {
        "down" => Box::new(move || {
            conv::down(&g, &large, &w, &mut small);
            f64::from(small[0])
        }),
        "up" => Box::new(move || {
            conv::up(&g, &small, &w, &mut large);
            f64::from(large[0])
        }),
        "weights" => Box::new(move || {
            weights::gradient(&g, &large, &small, &mut w);
            f64::from(w[0])
        }),
        _ => bail!("there is no kernel called `{kernel}`"),
    };
    let operations = 2.0 * g.multiply_adds() as f64;
    Ok(Work::new(operations, Unit::Operations, run))
}

fn layer(large: [usize; 3], small: [usize; 3]) -> Geometry {
    Geometry {
        batch: 128,
        large,
        small,
        kernel: [5, 5],
        stride: 2,
        pad: [2, 2],
    }
}

/// Values of both signs, none of them tiny.
fn wave(len: usize) -> Vec<f32> {
    (0..len).map(|i| (i as f32 * 0.37).sin() + 0.01).collect()
}

/// The layer and both its gradients; `up` is the fractionally-strided one.
fn convolution(g: Geometry, up: bool) -> Work {
    let (mut large, mut small) = (wave(g.large_len()), wave(g.small_len()));
    let (w, mut dw) = (wave(g.weight_len()), vec![0.0; g.weight_len()]);
    let mut out = vec![0.0; g.large_len().max(g.small_len())];
    let operations = 3.0 * 2.0 * g.multiply_adds() as f64;
    Work::new(operations, Unit::Operations, move || {
        if up {
            // Forward, then the gradient of its input from that of its output, then the weights'.
            conv::up(&g, &small, &w, &mut large);
            conv::down(&g, &large, &w, &mut out[..small.len()]);
        } else {
            conv::down(&g, &large, &w, &mut small);
            conv::up(&g, &small, &w, &mut out[..large.len()]);
        }
        weights::gradient(&g, &large, &small, &mut dw);
        f64::from(out[0] + dw[0])
    })
}

fn norm_leaky(rows: usize, channels: usize) -> Work {
    let x = wave(rows * channels);
    let (mut y, dy, mut dx) = (vec![0.0; x.len()], vec![1.0; x.len()], vec![0.0; x.len()]);
    let (gain, bias) = (vec![1.0; channels], vec![0.1; channels]);
    Work::new(1.0, Unit::Whole, move || {
        let affine = norm::Affine {
            gain: &gain,
            bias: &bias,
            epsilon: EPSILON as f32,
            slope: SLOPE,
        };
        let statistics = norm::statistics(&x, channels);
        norm::forward(&x, &statistics, affine, &mut y);
        norm::backward(&x, &statistics, affine, true, &dy, &mut dx);
        f64::from(y[0] + dx[0])
    })
}
