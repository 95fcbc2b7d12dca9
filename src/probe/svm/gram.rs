//! The Gram matrix X X^T, half of it computed and the other half mirrored.
//!
//! A task owns a few rows of the result. It packs those rows of X into panels, feature by feature, a stretch of features at a
//! time, and multiplies all earlier rows with them where they lie, with all sums of a small tile in registers.

use ndarray::{Array2, ArrayView2, Axis, s};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

/// Rows of the result that one task owns: a whole number of panels of every width.
const OWN: usize = 96;
/// Features of a stretch: its panels stay in the second-level cache.
const STRETCH: usize = 512;
/// Rows that meet a panel at once; with two vectors of sums each they fill the registers.
const TILE: usize = 12;

/// Gram matrix X X^T + `shift`, `[n, n]`, single precision.
pub fn gram(x: ArrayView2<f32>, shift: f32) -> Array2<f32> {
    let x = x.as_standard_layout();
    let (n, d) = x.dim();
    let mut out = Array2::from_elem((n, n), shift);
    if let (Some(x), Some(out)) = (x.as_slice(), out.as_slice_mut()) {
        // The longest tasks first, for an even end.
        out.par_chunks_mut((OWN * n).max(1))
            .enumerate()
            .rev()
            .for_each(|(i, out)| {
                Arch::new().dispatch(Rows {
                    x,
                    d,
                    first: i * OWN,
                    out,
                    n,
                });
            });
    }
    mirror(&mut out);
    out
}

/// The rows from `first` of the result, `out` `[up to OWN, n]`, as far as their last one's diagonal.
struct Rows<'a> {
    x: &'a [f32],
    d: usize,
    first: usize,
    out: &'a mut [f32],
    n: usize,
}

impl WithSimd for Rows<'_> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Rows {
            x,
            d,
            first,
            out,
            n,
        } = self;
        let own = out.len() / n;
        let width = 2 * S::F32_LANES;
        let columns = first + own;
        let mut panels = vec![0.0; own.next_multiple_of(width) * STRETCH];
        // Transposed: a row for each earlier row of X.
        let step = own.next_multiple_of(width);
        let mut sums = vec![0.0f32; columns * step];
        for from in (0..d).step_by(STRETCH) {
            let len = STRETCH.min(d - from);
            for (p, panel) in panels.chunks_exact_mut(width * STRETCH).enumerate() {
                for j in 0..width.min(own - p * width) {
                    let row = &x[(first + p * width + j) * d + from..][..len];
                    for (to, v) in panel[j..].iter_mut().step_by(width).zip(row) {
                        *to = *v;
                    }
                }
            }
            for top in (0..columns).step_by(TILE) {
                let sums = &mut sums[top * step..];
                let rows = &x[top * d..];
                let piece = (from, len);
                match (S::REGISTER_COUNT >= 32, columns - top) {
                    (true, TILE..) => tile::<S, TILE>(simd, rows, d, piece, &panels, sums, step),
                    _ => {
                        for i in 0..TILE.min(columns - top) {
                            let rows = &rows[i * d..];
                            let sums = &mut sums[i * step..];
                            tile::<S, 1>(simd, rows, d, piece, &panels, sums, step);
                        }
                    }
                }
            }
        }
        for (j, out) in out.chunks_exact_mut(n).enumerate() {
            for (out, sums) in out.iter_mut().zip(sums.chunks_exact(step)) {
                *out += sums[j];
            }
        }
    }
}

/// Add the products of `M` rows with every panel to their sums.
#[inline(always)]
fn tile<S: Simd, const M: usize>(
    simd: S,
    rows: &[f32],
    d: usize,
    (from, len): (usize, usize),
    panels: &[f32],
    sums: &mut [f32],
    step: usize,
) {
    let width = 2 * S::F32_LANES;
    let rows: [&[f32]; M] = std::array::from_fn(|m| &rows[m * d + from..][..len]);
    for (p, panel) in panels.chunks_exact(width * STRETCH).enumerate() {
        let panel = S::as_simd_f32s(panel).0.as_chunks::<2>().0;
        let mut tile = [[simd.splat_f32s(0.0); 2]; M];
        for (i, w) in panel[..len].iter().enumerate() {
            for (row, sums) in rows.iter().zip(&mut tile) {
                let x = simd.splat_f32s(row[i]);
                for (s, w) in sums.iter_mut().zip(w) {
                    *s = simd.mul_add_e_f32s(x, *w, *s);
                }
            }
        }
        for (m, tile) in tile.iter().enumerate() {
            let sums = &mut sums[m * step + p * width..][..width];
            for (s, t) in S::as_mut_simd_f32s(sums).0.iter_mut().zip(tile) {
                *s = simd.add_f32s(*s, *t);
            }
        }
    }
}

/// Gram matrix X X^T + `shift` with products and sums in double precision.
pub fn gram_f64(x: ArrayView2<f32>, shift: f64) -> Array2<f64> {
    // A slice of columns at a time, so that the double-precision copy stays small.
    const COLUMNS: usize = 1024;
    const ROWS: usize = 256;
    let n = x.nrows();
    let mut k = Array2::from_elem((n, n), shift);
    for part in x.axis_chunks_iter(Axis(1), COLUMNS) {
        let part = part.mapv(f64::from);
        let tiles: Vec<_> = k.axis_chunks_iter_mut(Axis(0), ROWS).enumerate().collect();
        tiles.into_par_iter().for_each(|(i, mut tile)| {
            let (from, to) = (i * ROWS, (i * ROWS + ROWS).min(n));
            ndarray::linalg::general_mat_mul(
                1.0,
                &part.slice(s![from..to, ..]),
                &part.slice(s![..to, ..]).t(),
                1.0,
                &mut tile.slice_mut(s![.., ..to]),
            );
        });
    }
    mirror(&mut k);
    k
}

/// Copy the lower triangle onto the upper, tile by tile for the cache's sake.
fn mirror<T: Copy>(k: &mut Array2<T>) {
    const TILE: usize = 32;
    let n = k.nrows();
    for i in (0..n).step_by(TILE) {
        for j in (0..=i).step_by(TILE) {
            for r in i..(i + TILE).min(n) {
                for c in j..(j + TILE).min(r) {
                    k[[c, r]] = k[[r, c]];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gram_is_symmetric_and_right() {
        // Fewer rows than a task owns, and ends that fill no panel, no tile and no stretch.
        for (n, d) in [(5, 3), (300, 7), (131, 700)] {
            let x = Array2::from_shape_fn((n, d), |(i, j)| {
                let h = (i * 7919 + j * 104_729).wrapping_mul(2_654_435_761) % 1000;
                h as f32 / 500.0 - 1.0
            });
            let want = x.mapv(f64::from).dot(&x.mapv(f64::from).t()) + 0.5;
            let single = gram(x.view(), 0.5);
            let double = gram_f64(x.view(), 0.5);
            for ((i, j), w) in want.indexed_iter() {
                assert!((f64::from(single[[i, j]]) - w).abs() < 1e-4 + 1e-5 * w.abs());
                assert!((double[[i, j]] - w).abs() < 1e-9);
                assert_eq!(single[[i, j]], single[[j, i]]);
            }
        }
    }
}
