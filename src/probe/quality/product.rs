//! Products in double precision, the same bits on any number of threads: tasks are cut by shape and faer works on one.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use ndarray::{Array2, ArrayView2, CowArray, Ix2};
use rayon::prelude::*;

/// Rows of a product that one task computes.
const ROWS: usize = 128;

/// An array in row order as faer's.
pub(super) fn rows<'a>(x: &'a CowArray<'_, f64, Ix2>) -> MatRef<'a, f64> {
    let (n, d) = x.dim();
    // `as_standard_layout`, which every caller used, is a slice.
    MatRef::from_row_major_slice(x.as_slice().unwrap_or_default(), n, d)
}

/// A B^T of `a` `[m, d]` and `b` `[n, d]`: `[m, n]`.
pub(super) fn times_transposed(a: ArrayView2<f64>, b: ArrayView2<f64>) -> Array2<f64> {
    let (m, n) = (a.nrows(), b.nrows());
    let (a, b) = (a.as_standard_layout(), b.as_standard_layout());
    let mut out = Array2::zeros((m, n));
    if let Some(out) = out.as_slice_mut() {
        let (a, b) = (rows(&a), rows(&b));
        out.par_chunks_mut((ROWS * n).max(1))
            .enumerate()
            .for_each(|(i, out)| {
                let count = out.len() / n.max(1);
                let a = a.subrows(i * ROWS, count);
                let out = MatMut::from_row_major_slice_mut(out, count, n);
                matmul(out, Accum::Replace, a, b.transpose(), 1.0, Par::Seq);
            });
    }
    out
}
