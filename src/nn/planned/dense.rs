//! The two dense layers of a DCGAN: z to G's first map, and D's last map to its logit.

use rayon::prelude::*;

use crate::nn::cpu::dense as kernel;
use crate::nn::cpu::transpose::swap;

/// Logits of maps in `(N, H, W, C)` by weights in `(C, H, W)` order, as the authors flatten.
///
/// `last` is `[batch, cells, channels]`, `w` `[channels, cells]`.
pub fn logits(last: &[f32], w: &[f32], channels: usize, out: &mut [f32]) {
    let w = channels_last(w, channels);
    out.par_iter_mut()
        .zip(last.par_chunks_exact(w.len().max(1)))
        .for_each(|(out, x)| *out = kernel::dot(x, &w));
}

/// Gradient of [`logits`] for the maps.
pub fn logits_backward(w: &[f32], channels: usize, dlogits: &[f32], dlast: &mut [f32]) {
    let last_first = channels_last(w, channels);
    dlast
        .par_chunks_exact_mut(w.len().max(1))
        .zip(dlogits)
        .for_each(|(dx, d)| {
            dx.iter_mut()
                .zip(&last_first)
                .for_each(|(dx, w)| *dx = d * w);
        });
}

/// Gradient of [`logits`] for the weights.
pub fn logits_weights(last: &[f32], dlogits: &[f32], channels: usize, dw: &mut [f32]) {
    let mut sum = vec![0.0; dw.len()];
    for (x, d) in last.chunks_exact(dw.len().max(1)).zip(dlogits) {
        sum.iter_mut().zip(x).for_each(|(s, x)| *s += d * x);
    }
    swap(&sum, dw, dw.len() / channels.max(1), channels);
}

/// `[channels, cells]` to `[cells, channels]`.
fn channels_last(w: &[f32], channels: usize) -> Vec<f32> {
    let mut out = vec![0.0; w.len()];
    swap(w, &mut out, channels, w.len() / channels.max(1));
    out
}
