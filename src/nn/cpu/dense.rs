//! Dense layers: a matrix product with few inputs, its weights' gradient, and a dot product.

use rayon::prelude::*;

use super::micro::{self, PANEL, Reach, SLACK, panels};

/// Rows of the batch that a task computes.
const ROWS: usize = 32;

/// Weights `[units, inputs]` in the order that [`forward_packed`] reads.
#[derive(Debug, Clone)]
pub struct Packed {
    inputs: usize,
    units: usize,
    panels: Vec<f32>,
}

impl Packed {
    /// `weight(unit, input)` of each.
    pub fn new(inputs: usize, units: usize, weight: impl Fn(usize, usize) -> f32 + Sync) -> Self {
        Packed {
            inputs,
            units,
            panels: panels(inputs, units, |k, u| weight(u, k)),
        }
    }

    /// Columns of the output.
    pub fn units(&self) -> usize {
        self.units
    }
}

/// `out[n, units] = x[n, inputs] w^T`, with `w` `[units, inputs]`.
pub fn forward(x: &[f32], w: &[f32], inputs: usize, out: &mut [f32]) {
    let units = w.len() / inputs.max(1);
    forward_packed(
        x,
        &Packed::new(inputs, units, |u, k| w[u * inputs + k]),
        out,
    );
}

/// [`forward`] by weights that serve many calls.
pub fn forward_packed(x: &[f32], w: &Packed, out: &mut [f32]) {
    let Packed {
        inputs,
        units,
        ref panels,
    } = *w;
    let reach = Reach {
        segments: 1,
        step: 0,
        len: inputs,
    };
    out.par_chunks_mut((ROWS * units).max(1))
        .zip(x.par_chunks((ROWS * inputs).max(1)))
        .for_each(|(out, x)| {
            let rows = x.len() / inputs.max(1);
            let bases: Vec<usize> = (0..rows).map(|i| i * inputs).collect();
            let places = (0..rows).map(|i| i * units).collect();
            micro::by_panel(x, &bases, reach, panels, out, places, units);
        });
}

/// `dw[units, inputs] = dy^T x`, with `dy` `[n, units]` and `x` `[n, inputs]`.
pub fn weights(x: &[f32], dy: &[f32], inputs: usize, dw: &mut [f32]) {
    let units = dw.len() / inputs.max(1);
    let rows = x.len() / inputs.max(1);
    let mut padded = x.to_vec();
    padded.resize(x.len() + SLACK, 0.0);
    let bases: Vec<usize> = (0..rows).map(|i| i * inputs).collect();
    dw.par_chunks_mut((PANEL * inputs).max(1))
        .enumerate()
        .for_each(|(p, dw)| {
            let first = p * PANEL;
            let width = (units - first).min(PANEL);
            let mut dy_panel = vec![0.0; rows * PANEL];
            for (to, from) in dy_panel.chunks_exact_mut(PANEL).zip(dy.chunks_exact(units)) {
                to[..width].copy_from_slice(&from[first..first + width]);
            }
            let mut sum = vec![0.0; inputs * PANEL];
            micro::gradient(&padded, &bases, inputs, &dy_panel, PANEL, &mut sum);
            for (u, dw) in dw.chunks_exact_mut(inputs).enumerate() {
                for (k, v) in dw.iter_mut().enumerate() {
                    *v = sum[k * PANEL + u];
                }
            }
        });
}

/// Sum of products, in 16 interleaved sums.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    let (a_vectors, a_rest) = a.as_chunks::<LANES>();
    let (b_vectors, b_rest) = b.as_chunks::<LANES>();
    let mut sums = [0.0f32; LANES];
    for (a, b) in a_vectors.iter().zip(b_vectors) {
        for ((s, a), b) in sums.iter_mut().zip(a).zip(b) {
            *s += a * b;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}
