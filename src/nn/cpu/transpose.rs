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
