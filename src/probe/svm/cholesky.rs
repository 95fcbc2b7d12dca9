//! Blocked Cholesky factor of a dense symmetric matrix, and solves with it, in either precision.
//!
//! The left-looking form: a block column is brought up to date by one matrix product with all columns left of it,
//! rows in parallel; its diagonal block is factored and inverted plainly, which turns the rest of the column and
//! the later solves into matrix products too.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayViewMut2, Axis, NdFloat, s};
use rayon::prelude::*;

const BLOCK: usize = 96;
/// Rows that one task updates.
const TILE: usize = 256;

/// The lower factor L of A = L L^T.
pub struct Cholesky<T> {
    /// `[n, n]`; only the lower triangle (with the diagonal) is meant.
    lower: Array2<T>,
    /// The inverses of the diagonal blocks.
    inverses: Vec<Array2<T>>,
}

impl<T: NdFloat> Cholesky<T> {
    /// Factor `a + shift * identity`, reading the lower triangle of `a` only.
    ///
    /// `None` where a pivot is not positive: the matrix is not positive definite to working precision.
    pub fn new(mut a: Array2<T>, shift: T) -> Option<Self> {
        let n = a.nrows();
        a.diag_mut().iter_mut().for_each(|v| *v += shift);
        let mut inverses = Vec::with_capacity(n.div_ceil(BLOCK));
        for from in (0..n).step_by(BLOCK) {
            let to = (from + BLOCK).min(n);
            let left = a.slice(s![from..to, ..from]).to_owned();
            let below = a.as_slice_mut()?.get_mut(from * n..)?;
            below.par_chunks_mut(TILE * n).for_each(|rows| {
                let height = rows.len() / n;
                if let Ok(rows) = ArrayViewMut2::from_shape((height, n), rows) {
                    let (done, rest) = rows.split_at(Axis(1), from);
                    let (mut column, _) = rest.split_at(Axis(1), to - from);
                    general_mat_mul(-T::one(), &done, &left.t(), T::one(), &mut column);
                }
            });
            let mut diagonal = a.slice(s![from..to, from..to]).to_owned();
            factor(&mut diagonal)?;
            a.slice_mut(s![from..to, from..to]).assign(&diagonal);
            let inverse = invert(&diagonal);
            let below = a.as_slice_mut()?.get_mut(to * n..)?;
            below.par_chunks_mut(TILE * n).for_each(|rows| {
                let height = rows.len() / n;
                if let Ok(mut rows) = ArrayViewMut2::from_shape((height, n), rows) {
                    let mut column = rows.slice_mut(s![.., from..to]);
                    let old = column.to_owned();
                    general_mat_mul(T::one(), &old, &inverse.t(), T::zero(), &mut column);
                }
            });
            inverses.push(inverse);
        }
        Some(Cholesky { lower: a, inverses })
    }

    /// Solve A Z = R in place for `[n, k]` right-hand sides.
    pub fn solve(&self, z: &mut Array2<T>) {
        if !z.is_standard_layout() {
            *z = z.as_standard_layout().into_owned();
        }
        let n = self.lower.nrows();
        let k = z.ncols();
        for (b, inverse) in self.inverses.iter().enumerate() {
            let from = b * BLOCK;
            let to = (from + BLOCK).min(n);
            let solved = inverse.dot(&z.slice(s![from..to, ..]));
            z.slice_mut(s![from..to, ..]).assign(&solved);
            for_tiles(z, to, n, k, |i, j, rows| {
                general_mat_mul(
                    -T::one(),
                    &self.lower.slice(s![i..j, from..to]),
                    &solved,
                    T::one(),
                    rows,
                );
            });
        }
        for (b, inverse) in self.inverses.iter().enumerate().rev() {
            let from = b * BLOCK;
            let to = (from + BLOCK).min(n);
            let solved = inverse.t().dot(&z.slice(s![from..to, ..]));
            z.slice_mut(s![from..to, ..]).assign(&solved);
            for_tiles(z, 0, from, k, |i, j, rows| {
                general_mat_mul(
                    -T::one(),
                    &self.lower.slice(s![from..to, i..j]).t(),
                    &solved,
                    T::one(),
                    rows,
                );
            });
        }
    }

    /// L itself, `[n, n]`, zero above the diagonal.
    pub fn into_lower(mut self) -> Array2<T> {
        for (i, mut row) in self.lower.outer_iter_mut().enumerate() {
            row.slice_mut(s![i + 1..]).fill(T::zero());
        }
        self.lower
    }
}

/// Call `update(first row, end row, rows)` on tiles of the rows `from..to` of `z`, in parallel.
fn for_tiles<T: NdFloat>(
    z: &mut Array2<T>,
    from: usize,
    to: usize,
    k: usize,
    update: impl Fn(usize, usize, &mut ArrayViewMut2<T>) + Sync,
) {
    // Right-hand sides are thin: a task must be worth starting.
    const ROWS: usize = 1024;
    let Some(rows) = z.as_slice_mut().and_then(|v| v.get_mut(from * k..to * k)) else {
        return;
    };
    rows.par_chunks_mut((ROWS * k).max(1))
        .enumerate()
        .for_each(|(t, rows)| {
            let i = from + t * ROWS;
            let height = rows.len() / k;
            if let Ok(mut rows) = ArrayViewMut2::from_shape((height, k), rows) {
                update(i, i + height, &mut rows);
            }
        });
}

/// Plain factorisation of a small block, in place; the upper triangle is cleared.
fn factor<T: NdFloat>(a: &mut Array2<T>) -> Option<()> {
    let n = a.nrows();
    for j in 0..n {
        let (head, mut tail) = a.view_mut().split_at(Axis(0), j + 1);
        let mut pivot_row = head.index_axis_move(Axis(0), j);
        let dot: T = pivot_row.slice(s![..j]).fold(T::zero(), |s, v| s + *v * *v);
        let pivot = pivot_row[j] - dot;
        if !(pivot > T::zero()) || !pivot.is_finite() {
            return None;
        }
        let root = pivot.sqrt();
        pivot_row[j] = root;
        pivot_row.slice_mut(s![j + 1..]).fill(T::zero());
        for mut row in tail.outer_iter_mut() {
            let dot = row.slice(s![..j]).dot(&pivot_row.slice(s![..j]));
            row[j] = (row[j] - dot) / root;
        }
    }
    Some(())
}

/// Inverse of a small lower-triangular block.
fn invert<T: NdFloat>(l: &Array2<T>) -> Array2<T> {
    let n = l.nrows();
    let mut inverse = Array2::<T>::zeros((n, n));
    for i in 0..n {
        let mut row = inverse.row(i).to_owned();
        for j in 0..i {
            let f = l[[i, j]];
            row.scaled_add(-f, &inverse.row(j));
        }
        row[i] += T::one();
        row.mapv_inplace(|v| v / l[[i, i]]);
        inverse.row_mut(i).assign(&row);
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definite(n: usize) -> Array2<f64> {
        let x = Array2::from_shape_fn((n, n + 3), |(i, j)| {
            ((i * 37 + j * 101 + i * j) % 97) as f64 / 97.0 - 0.4
        });
        x.dot(&x.t())
    }

    #[test]
    fn factor_and_solve_reproduce_the_matrix() {
        for n in [1, 7, BLOCK, 2 * BLOCK + 5, 1300] {
            let a = definite(n);
            let mut shifted = a.clone();
            shifted.diag_mut().iter_mut().for_each(|v| *v += 0.5);
            let truth = Array2::from_shape_fn((n, 2), |(i, j)| (i % 5) as f64 - j as f64);
            let c = Cholesky::new(a, 0.5).unwrap();
            // Column by column in memory: any layout is solved.
            let mut z = shifted
                .dot(&truth)
                .reversed_axes()
                .as_standard_layout()
                .into_owned()
                .reversed_axes();
            assert!(n == 1 || !z.is_standard_layout());
            c.solve(&mut z);
            let worst = (&z - &truth).iter().fold(0.0f64, |m, v| m.max(v.abs()));
            assert!(worst < 1e-6, "n {n}: {worst}");
            let l = c.into_lower();
            let worst = (l.dot(&l.t()) - &shifted)
                .iter()
                .fold(0.0f64, |m, v| m.max(v.abs()));
            assert!(worst < 1e-9 * n as f64, "n {n}: {worst}");
        }
    }

    #[test]
    fn an_indefinite_matrix_is_refused() {
        let mut a = definite(150);
        a[[140, 140]] = -1.0;
        assert!(Cholesky::new(a, 0.0).is_none());
    }
}
