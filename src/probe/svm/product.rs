//! The passes over the features: margins, adjoint, and both at once.
//!
//! The features X are `[n, d]`, as the caller holds them: not copied where they are in row order.
//! Weights are `[d, k]` for k one-vs-rest problems solved together, with one more row for the intercept where
//! there is one; margins are `[n, k]`. One pass serves all k problems, so the cost is a thin matrix product per pass
//! and the memory traffic that of X once ([`hessian`] uses a block of rows twice while it is in the cache).
//!
//! Rows are cut into parts whose number depends on n alone, and the parts' sums are added in order in double
//! precision: the same bits come out whatever the number of threads.

use ndarray::{Array2, Axis};
use rayon::prelude::*;

use super::interleaved::Interleaved;
use super::kernel::{add_adjoint, dots};
use super::view::View;

/// Numbers of X in a block of rows: half a megabyte, so that it is still in the second-level cache when a pass
/// comes back to it.
const BLOCK: usize = 128 * 1024;
/// No more parts than this, which bounds the partial sums to `PARTS * d * k` numbers.
const PARTS: usize = 16;

/// Rows in a block.
fn block_rows(d: usize) -> usize {
    (BLOCK / d.max(1)).clamp(4, 256)
}

/// Rows in each part, by the shape alone.
fn part_rows(n: usize, d: usize) -> usize {
    n.div_ceil(PARTS).next_multiple_of(block_rows(d))
}

/// The weights as the kernels read them, and the intercepts.
fn by_problem(weights: &Array2<f32>, d: usize) -> (Interleaved, Option<Vec<f32>>) {
    let (w, b) = weights.view().split_at(Axis(0), d);
    let intercepts = (b.nrows() > 0).then(|| b.iter().copied().collect());
    (Interleaved::new(w), intercepts)
}

fn margins_block(x: &[f32], w: &Interleaved, b: Option<&[f32]>, out: &mut [f32], k: usize) {
    dots(x, w, out);
    if let Some(b) = b {
        for row in out.chunks_exact_mut(k) {
            row.iter_mut().zip(b).for_each(|(v, b)| *v += b);
        }
    }
}

/// A part's share of X^T r, and the column sums of r.
struct Sum {
    weights: Interleaved,
    intercept: Vec<f32>,
}

impl Sum {
    fn new(d: usize, k: usize) -> Self {
        Sum {
            weights: Interleaved::zeros(d, k),
            intercept: vec![0.0; k],
        }
    }

    fn add(&mut self, x: &[f32], r: &[f32], k: usize) {
        add_adjoint(x, r, &mut self.weights);
        for row in r.chunks_exact(k) {
            self.intercept
                .iter_mut()
                .zip(row)
                .for_each(|(s, r)| *s += r);
        }
    }

    /// All parts' sums in order, `[d, k]`, with a last row for the intercepts where wanted.
    fn total(sums: &[Sum], d: usize, k: usize, intercept: bool) -> Array2<f32> {
        let mut total = Array2::zeros((d + usize::from(intercept), k));
        let weights: Vec<&Interleaved> = sums.iter().map(|s| &s.weights).collect();
        Interleaved::sum_into(&weights, &mut total);
        if intercept && let Some(mut last) = total.outer_iter_mut().next_back() {
            for (j, last) in last.iter_mut().enumerate() {
                let sum: f64 = sums.iter().map(|s| f64::from(s.intercept[j])).sum();
                *last = sum as f32;
            }
        }
        total
    }
}

/// Margins X w + b.
///
/// `weights` is `[d, k]` or `[d + 1, k]`, its last row then being the intercepts; the answer is `[n, k]`.
pub fn margins<'x>(x: impl Into<View<'x>>, weights: &Array2<f32>) -> Array2<f32> {
    let x = x.into();
    let ((n, d), k) = (x.dim(), weights.ncols());
    let x = x.in_rows();
    let (w, b) = by_problem(weights, d);
    let rows = block_rows(d);
    let mut values = vec![0.0; n * k];
    values
        .par_chunks_mut((rows * k).max(1))
        .enumerate()
        .for_each_init(Vec::new, |room, (i, out)| {
            let first = i * rows * d;
            let x = x.stretch(first..first + out.len() / k * d, room);
            margins_block(x, &w, b.as_deref(), out, k);
        });
    shaped(values, n, k)
}

/// Adjoint product X^T r, with the column sums of r as a last row where `intercept`.
///
/// `r` is `[n, k]`; the answer is `[d, k]` or `[d + 1, k]`.
pub fn adjoint<'x>(x: impl Into<View<'x>>, r: &Array2<f32>, intercept: bool) -> Array2<f32> {
    let x = x.into();
    let ((n, d), k) = (x.dim(), r.ncols());
    let (x, r) = (x.in_rows(), r.as_standard_layout());
    let (part, rows) = (part_rows(n, d), block_rows(d));
    let sums: Vec<Sum> = r
        .as_slice()
        .unwrap_or(&[])
        .par_chunks((part * k).max(1))
        .enumerate()
        .map(|(i, r)| {
            let (mut sum, mut room) = (Sum::new(d, k), Vec::new());
            for (j, r) in r.chunks(rows * k).enumerate() {
                let first = (i * part + j * rows) * d;
                let x = x.stretch(first..first + r.len() / k * d, &mut room);
                sum.add(x, r, k);
            }
            sum
        })
        .collect();
    Sum::total(&sums, d, k, intercept)
}

/// One pass of the generalised Hessian: the margins t = X v and X^T (curvature * t), reading X once.
///
/// `curvature` is `[n, k]`: 2C for a row inside the margin of a problem, else 0.
pub fn hessian<'x>(
    x: impl Into<View<'x>>,
    v: &Array2<f32>,
    curvature: &Array2<f32>,
) -> (Array2<f32>, Array2<f32>) {
    let x = x.into();
    let ((n, d), k) = (x.dim(), v.ncols());
    let (x, curvature) = (x.in_rows(), curvature.as_standard_layout());
    let (w, b) = by_problem(v, d);
    let (part, rows) = (part_rows(n, d), block_rows(d));
    let mut values = vec![0.0; n * k];
    let sums: Vec<Sum> = values
        .par_chunks_mut((part * k).max(1))
        .zip(
            curvature
                .as_slice()
                .unwrap_or(&[])
                .par_chunks((part * k).max(1)),
        )
        .enumerate()
        .map(|(i, (out, curvature))| {
            let (mut sum, mut room) = (Sum::new(d, k), Vec::new());
            let mut scaled = Vec::with_capacity(rows * k);
            for (j, (out, curvature)) in out
                .chunks_mut(rows * k)
                .zip(curvature.chunks(rows * k))
                .enumerate()
            {
                let first = (i * part + j * rows) * d;
                let x = x.stretch(first..first + out.len() / k * d, &mut room);
                margins_block(x, &w, b.as_deref(), out, k);
                scaled.clear();
                scaled.extend(out.iter().zip(curvature).map(|(t, c)| t * c));
                sum.add(x, &scaled, k);
            }
            sum
        })
        .collect();
    (shaped(values, n, k), Sum::total(&sums, d, k, v.nrows() > d))
}

/// Margins of some rows of X only, `[rows.len(), k]`, gathered block by block.
pub fn margins_of<'x>(
    x: impl Into<View<'x>>,
    rows: &[usize],
    weights: &Array2<f32>,
) -> Array2<f32> {
    let x = x.into();
    let (d, k) = (x.ncols(), weights.ncols());
    let (w, b) = by_problem(weights, d);
    let block = block_rows(d);
    let mut values = vec![0.0; rows.len() * k];
    values
        .par_chunks_mut((block * k).max(1))
        .zip(rows.par_chunks(block))
        .for_each(|(out, rows)| {
            let x = x.select(rows);
            margins_block(x.as_slice().unwrap_or(&[]), &w, b.as_deref(), out, k);
        });
    shaped(values, rows.len(), k)
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
}
