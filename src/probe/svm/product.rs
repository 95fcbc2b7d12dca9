//! The passes over the features: margins, adjoint, both at once, and the Gram matrix.
//!
//! The features X are `[n, d]`, single precision, as the caller holds them: never copied, never transposed.
//! Weights are `[d, k]` for k one-vs-rest problems solved together, with one more row for the intercept where
//! there is one; margins are `[n, k]`. One pass serves all k problems, so the cost is a matrix product per pass
//! and the memory traffic that of X once ([`hessian`] uses a block of rows twice while it is in the cache).
//!
//! Rows are cut into parts whose number depends on n alone, and the parts' sums are added in order in double
//! precision: the same bits come out whatever the number of threads.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, LinalgScalar, s};
use rayon::prelude::*;

/// Rows of X per matrix product: small enough that a block of usual width stays in the last-level cache
/// between its two uses, large enough that packing the weights is paid for.
const BLOCK: usize = 128;
/// No more parts than this, which bounds the partial sums to `PARTS * d * k` numbers.
const PARTS: usize = 16;
/// Rows of the Gram matrix computed by one task.
const GRAM_TILE: usize = 256;

/// Rows in each part: a multiple of [`BLOCK`], by n alone.
fn part_rows(n: usize) -> usize {
    n.div_ceil(PARTS).next_multiple_of(BLOCK)
}

/// Parts of `values` (`[n, k]`, row-major) with their row ranges.
fn parts_mut(
    values: &mut [f32],
    n: usize,
    k: usize,
) -> impl IndexedParallelIterator<Item = (usize, &mut [f32])> {
    let rows = part_rows(n);
    values
        .par_chunks_mut((rows * k).max(1))
        .enumerate()
        .map(move |(i, part)| (i * rows, part))
}

/// The weights without the intercept, and the intercept.
fn split(weights: &Array2<f32>, d: usize) -> (ArrayView2<'_, f32>, Option<ArrayView2<'_, f32>>) {
    let (w, b) = weights.view().split_at(Axis(0), d);
    (w, (b.nrows() > 0).then_some(b))
}

fn margins_block(
    x: &ArrayView2<f32>,
    w: &ArrayView2<f32>,
    b: Option<&ArrayView2<f32>>,
    out: &mut ArrayViewMut2<f32>,
) {
    match b {
        Some(b) => {
            out.assign(b);
            general_mat_mul(1.0, x, w, 1.0, out);
        }
        None => general_mat_mul(1.0, x, w, 0.0, out),
    }
}

fn adjoint_block(x: &ArrayView2<f32>, r: &ArrayView2<f32>, sum: &mut Array2<f32>) {
    let d = x.ncols();
    let (mut w, mut b) = sum.view_mut().split_at(Axis(0), d);
    general_mat_mul(1.0, &x.t(), r, 1.0, &mut w);
    for mut b in b.outer_iter_mut() {
        for row in r.outer_iter() {
            b += &row;
        }
    }
}

/// Margins X w + b.
///
/// `weights` is `[d, k]` or `[d + 1, k]`, its last row then being the intercepts; the answer is `[n, k]`.
pub fn margins(x: ArrayView2<f32>, weights: &Array2<f32>) -> Array2<f32> {
    let (n, d, k) = (x.nrows(), x.ncols(), weights.ncols());
    let (w, b) = split(weights, d);
    let mut values = vec![0.0; n * k];
    parts_mut(&mut values, n, k).for_each(|(start, part)| {
        for (i, block) in part.chunks_mut(BLOCK * k).enumerate() {
            let from = start + i * BLOCK;
            let rows = block.len() / k;
            if let Ok(mut out) = ArrayViewMut2::from_shape((rows, k), block) {
                margins_block(
                    &x.slice(s![from..from + rows, ..]),
                    &w,
                    b.as_ref(),
                    &mut out,
                );
            }
        }
    });
    shaped(values, n, k)
}

/// Adjoint product X^T r, with the column sums of r as a last row where `intercept`.
///
/// `r` is `[n, k]`; the answer is `[d, k]` or `[d + 1, k]`.
pub fn adjoint(x: ArrayView2<f32>, r: &Array2<f32>, intercept: bool) -> Array2<f32> {
    let (n, dims, k) = (x.nrows(), x.ncols() + usize::from(intercept), r.ncols());
    let rows = part_rows(n);
    let sums: Vec<Array2<f32>> = (0..n.div_ceil(rows))
        .into_par_iter()
        .map(|p| {
            let mut sum = Array2::zeros((dims, k));
            let end = ((p + 1) * rows).min(n);
            for from in (p * rows..end).step_by(BLOCK) {
                let to = (from + BLOCK).min(end);
                adjoint_block(
                    &x.slice(s![from..to, ..]),
                    &r.slice(s![from..to, ..]),
                    &mut sum,
                );
            }
            sum
        })
        .collect();
    add_in_order(&sums, dims, k)
}

/// One pass of the generalised Hessian: the margins t = X v and X^T (curvature * t), reading X once.
///
/// `curvature` is `[n, k]`: 2C for a row inside the margin of a problem, else 0.
pub fn hessian(
    x: ArrayView2<f32>,
    v: &Array2<f32>,
    curvature: &Array2<f32>,
) -> (Array2<f32>, Array2<f32>) {
    let (n, d, dims, k) = (x.nrows(), x.ncols(), v.nrows(), v.ncols());
    let (w, b) = split(v, d);
    let mut values = vec![0.0; n * k];
    let sums: Vec<Array2<f32>> = parts_mut(&mut values, n, k)
        .map(|(start, part)| {
            let mut sum = Array2::zeros((dims, k));
            let mut scaled = Array2::zeros((BLOCK, k));
            for (i, block) in part.chunks_mut(BLOCK * k).enumerate() {
                let from = start + i * BLOCK;
                let rows = block.len() / k;
                let x = x.slice(s![from..from + rows, ..]);
                if let Ok(mut out) = ArrayViewMut2::from_shape((rows, k), block) {
                    margins_block(&x, &w, b.as_ref(), &mut out);
                    let mut scaled = scaled.slice_mut(s![..rows, ..]);
                    scaled.assign(&out);
                    scaled *= &curvature.slice(s![from..from + rows, ..]);
                    adjoint_block(&x, &scaled.view(), &mut sum);
                }
            }
            sum
        })
        .collect();
    (shaped(values, n, k), add_in_order(&sums, dims, k))
}

/// Margins of some rows of X only, `[rows.len(), k]`, gathered block by block.
pub fn margins_of(x: ArrayView2<f32>, rows: &[usize], weights: &Array2<f32>) -> Array2<f32> {
    let k = weights.ncols();
    let (w, b) = split(weights, x.ncols());
    let mut values = vec![0.0; rows.len() * k];
    values
        .par_chunks_mut((BLOCK * k).max(1))
        .zip(rows.par_chunks(BLOCK))
        .for_each(|(out, rows)| {
            let x = x.select(Axis(0), rows);
            if let Ok(mut out) = ArrayViewMut2::from_shape((rows.len(), k), out) {
                margins_block(&x.view(), &w, b.as_ref(), &mut out);
            }
        });
    shaped(values, rows.len(), k)
}

/// Gram matrix X X^T + `shift`, `[n, n]`, single precision.
pub fn gram(x: ArrayView2<f32>, shift: f32) -> Array2<f32> {
    let mut k = Array2::from_elem((x.nrows(), x.nrows()), shift);
    add_gram(x, &mut k);
    mirror(&mut k);
    k
}

/// Gram matrix X X^T + `shift` with products and sums in double precision.
pub fn gram_f64(x: ArrayView2<f32>, shift: f64) -> Array2<f64> {
    // A slice of columns at a time, so that the double-precision copy stays small.
    const COLUMNS: usize = 1024;
    let mut k = Array2::from_elem((x.nrows(), x.nrows()), shift);
    for part in x.axis_chunks_iter(Axis(1), COLUMNS) {
        add_gram(part.mapv(f64::from).view(), &mut k);
    }
    mirror(&mut k);
    k
}

/// Add X X^T to the lower triangle of `k` (and to some of the upper).
fn add_gram<T: LinalgScalar + Send + Sync>(x: ArrayView2<T>, k: &mut Array2<T>) {
    let n = x.nrows();
    let Some(values) = k.as_slice_mut() else {
        return;
    };
    values
        .par_chunks_mut((GRAM_TILE * n).max(1))
        .enumerate()
        .for_each(|(i, tile)| {
            let from = i * GRAM_TILE;
            let to = (from + GRAM_TILE).min(n);
            if let Ok(mut tile) = ArrayViewMut2::from_shape((to - from, n), tile) {
                general_mat_mul(
                    T::one(),
                    &x.slice(s![from..to, ..]),
                    &x.slice(s![..to, ..]).t(),
                    T::one(),
                    &mut tile.slice_mut(s![.., ..to]),
                );
            }
        });
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

fn add_in_order(sums: &[Array2<f32>], dims: usize, k: usize) -> Array2<f32> {
    let mut total = Array2::<f64>::zeros((dims, k));
    for sum in sums {
        total.zip_mut_with(sum, |t, v| *t += f64::from(*v));
    }
    total.mapv(|v| v as f32)
}

/// `values` as `[n, k]`; its length is `n * k` by construction here.
fn shaped(values: Vec<f32>, n: usize, k: usize) -> Array2<f32> {
    Array2::from_shape_vec((n, k), values).unwrap_or_else(|_| Array2::zeros((n, k)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(n: usize, d: usize, salt: usize) -> Array2<f32> {
        Array2::from_shape_fn((n, d), |(i, j)| {
            let h = (i * 7919 + j * 104_729 + salt * 31).wrapping_mul(2_654_435_761) % 1000;
            h as f32 / 500.0 - 1.0
        })
    }

    #[test]
    fn passes_match_their_definitions() {
        // Not a multiple of the block, and more than one part.
        for (n, d, k) in [(1, 1, 1), (5, 3, 2), (2500, 17, 3)] {
            let x = noise(n, d, 1);
            let w = noise(d + 1, k, 2);
            let c = noise(n, k, 3);
            let t = Array2::from_shape_fn((n, k), |(i, j)| {
                (0..d).map(|a| x[[i, a]] * w[[a, j]]).sum::<f32>() + w[[d, j]]
            });
            let h = Array2::from_shape_fn((d + 1, k), |(a, j)| {
                (0..n)
                    .map(|i| if a < d { x[[i, a]] } else { 1.0 } * c[[i, j]] * t[[i, j]])
                    .sum::<f32>()
            });
            let close = |a: &Array2<f32>, b: &Array2<f32>| {
                assert_eq!(a.dim(), b.dim());
                a.iter()
                    .zip(b)
                    .for_each(|(a, b)| assert!((a - b).abs() < 2e-3, "{a} {b}"));
            };
            close(&margins(x.view(), &w), &t);
            let (t2, h2) = hessian(x.view(), &w, &c);
            close(&t2, &t);
            close(&h2, &h);
            close(&adjoint(x.view(), &(&c * &t), true), &h);
            let rows: Vec<usize> = (0..n).rev().step_by(2).collect();
            close(&margins_of(x.view(), &rows, &w), &t.select(Axis(0), &rows));
        }
    }

    #[test]
    fn gram_is_symmetric_and_right() {
        let x = noise(300, 7, 5);
        let want = x.dot(&x.t()) + 0.5;
        let single = gram(x.view(), 0.5);
        let double = gram_f64(x.view(), 0.5);
        for ((i, j), w) in want.indexed_iter() {
            assert!((single[[i, j]] - w).abs() < 1e-4);
            assert!((double[[i, j]] - f64::from(*w)).abs() < 1e-4);
            assert_eq!(single[[i, j]], single[[j, i]]);
        }
    }
}
