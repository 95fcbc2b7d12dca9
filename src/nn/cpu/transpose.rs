//! Changes of memory order: channels first and last, and the orders in which kernels want their weights.

use rayon::prelude::*;

/// `[batch, a, b]` to `[batch, b, a]`. Channels first to last is `a = channels, b = height * width`.
pub fn swap(src: &[f32], dst: &mut [f32], a: usize, b: usize) {
    let plane = a * b;
    if plane == 0 {
        return;
    }
    dst.par_chunks_exact_mut(plane)
        .zip(src.par_chunks_exact(plane))
        .with_min_len((1 << 14) / plane.clamp(1, 1 << 14))
        .for_each(|(dst, src)| swap_one(src, dst, a, b));
}

fn swap_one(src: &[f32], dst: &mut [f32], a: usize, b: usize) {
    // Blocks of 16 keep both sides within a few cache lines.
    const BLOCK: usize = 16;
    for j0 in (0..b).step_by(BLOCK) {
        for i0 in (0..a).step_by(BLOCK) {
            for j in j0..(j0 + BLOCK).min(b) {
                let row = &mut dst[j * a..(j + 1) * a];
                for i in i0..(i0 + BLOCK).min(a) {
                    row[i] = src[i * b + j];
                }
            }
        }
    }
}

/// Weights `[small, large, taps]` to `[taps, large, small]`: the right-hand matrix of [`super::conv::down`].
pub(super) fn weights_down(w: &[f32], small: usize, large: usize, taps: usize) -> Vec<f32> {
    let mut out = vec![0.0; w.len()];
    // As a matrix [small, large * taps] transposed, then (large, taps) exchanged: written per tap.
    out.par_chunks_mut((large * small).max(1))
        .enumerate()
        .for_each(|(tap, out)| {
            const BLOCK: usize = 16;
            for s0 in (0..small).step_by(BLOCK) {
                for l in 0..large {
                    let row = &mut out[l * small..(l + 1) * small];
                    for s in s0..(s0 + BLOCK).min(small) {
                        row[s] = w[(s * large + l) * taps + tap];
                    }
                }
            }
        });
    out
}

/// Weights `[small, large, taps]` to `[chosen taps, small, large]`: one phase's right-hand matrix of
/// [`super::conv::up`].
pub(super) fn weights_up(
    w: &[f32],
    small: usize,
    large: usize,
    taps: usize,
    chosen: &[usize],
) -> Vec<f32> {
    let mut out = vec![0.0; small * large * chosen.len()];
    out.par_chunks_mut((large * small).max(1))
        .zip(chosen.par_iter())
        .for_each(|(out, &tap)| {
            for (cell, w) in out.iter_mut().zip(w.chunks_exact(taps)) {
                *cell = w[tap];
            }
        });
    out
}
