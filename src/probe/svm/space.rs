//! The vector space that a solve moves in: weights over the features, or coefficients over the rows.
//!
//! The Newton iteration ([`super::primal`]) needs a handful of operations, and they differ between the two forms.
//! In [`super::rows`] a vector is the weights themselves, `[d, k]` (with the intercept's row). In [`super::gram`] it
//! is the coefficients a of w = X^T a, `[n, k]`, and every inner product is taken through the Gram matrix.

use ndarray::{Array2, Axis};

use super::objective::Loss;

/// Vectors of all k problems, one column each.
pub type Columns = Array2<f32>;

/// Operations on the vectors of one form. `t` always names the margins `[n, k]` of the vector before it.
pub trait Space: Sync {
    /// Number of coordinates of a vector.
    fn dims(&self) -> usize;

    /// Margins of `v`, `[n, k]`.
    fn margins(&self, v: &Columns) -> Columns;

    /// The gradient R w - X^T r at w, and the duality gap 1/2 g^T R^-1 g of each problem.
    fn gradient(&self, w: &Columns, f: &Columns, loss: &Loss) -> (Columns, Vec<f64>);

    /// u^T R v for each problem.
    fn regulariser(&self, u: &Columns, v: &Columns, t: &Columns) -> Vec<f64>;

    /// Residual-times-vector for each problem, and the margins of `z` where finding it took them.
    fn pairing(&self, r: &Columns, z: &Columns) -> (Vec<f64>, Option<Columns>);

    /// The generalised Hessian times `p`; gives back the margins of `p`, which may be known already.
    fn hessian(&self, p: &Columns, t: Option<Columns>, loss: &Loss) -> (Columns, Columns);

    /// Make the preconditioner ready for this C and share of active rows.
    fn prepare(&mut self, c: f64, active: f64);

    /// An approximate solution of (Hessian) z = r.
    fn precondition(&self, r: &Columns) -> Columns;

    /// The weights `[d, k]` and intercepts `[k]` that `v` stands for.
    fn weights(&self, v: &Columns) -> (Array2<f32>, Vec<f32>);
}

/// Column-wise sum of a * b in double precision.
pub fn dot(a: &Columns, b: &Columns) -> Vec<f64> {
    let mut sums = vec![0.0; a.ncols()];
    for (a, b) in a.outer_iter().zip(b.outer_iter()) {
        for ((a, b), s) in a.iter().zip(b).zip(&mut sums) {
            *s += f64::from(*a) * f64::from(*b);
        }
    }
    sums
}

/// a += b scaled column by column.
pub fn add_scaled(a: &mut Columns, b: &Columns, scale: &[f64]) {
    let scale: Vec<f32> = scale.iter().map(|s| *s as f32).collect();
    for (mut a, b) in a.outer_iter_mut().zip(b.outer_iter()) {
        for ((a, b), s) in a.iter_mut().zip(b).zip(&scale) {
            *a += b * s;
        }
    }
}

/// a = b + a scaled column by column.
pub fn scale_add(a: &mut Columns, b: &Columns, scale: &[f64]) {
    let scale: Vec<f32> = scale.iter().map(|s| *s as f32).collect();
    for (mut a, b) in a.outer_iter_mut().zip(b.outer_iter()) {
        for ((a, b), s) in a.iter_mut().zip(b).zip(&scale) {
            *a = *b + *a * s;
        }
    }
}

/// The columns named, in order.
pub fn pick(a: &Columns, columns: &[usize]) -> Columns {
    a.select(Axis(1), columns)
}

/// Put `part`'s columns back into the named columns of `a`.
pub fn put(a: &mut Columns, part: &Columns, columns: &[usize]) {
    for (from, to) in part.axis_iter(Axis(1)).zip(columns) {
        a.index_axis_mut(Axis(1), *to).assign(&from);
    }
}
