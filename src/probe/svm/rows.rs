//! Weights over the features, with a preconditioner from a sample of the rows.
//!
//! The features of a convolutional net are strongly correlated (a large common mean, neighbouring cells alike), so
//! the Hessian R + 2C X_A^T X_A has a few huge eigenvalues and plain conjugate gradients crawl. A sample of m rows sees
//! the same large directions: P = R + s X_m^T X_m with s = 2C |A| / m, inverted through an m x m Cholesky factor
//! (Woodbury). One application costs about m / n of a pass.

use ndarray::{Array2, Axis};

use super::cholesky::Cholesky;
use super::columns::{Columns, dot};
use super::gram::gram;
use super::newton::Space;
use super::objective::{Loss, Targets};
use super::params::Bias;
use super::product;
use super::view::View;

/// Rows of the preconditioner's sample: a sixteenth of all within these bounds, so that using it costs little beside a
/// pass. On 4000 x 12,288 features of a net at C = 1e-4, 512 rows take 25 passes, and 768 and 1024 take 21; 512 and 768 take the
/// same time, 1024 a sixth more.
const SAMPLE: std::ops::RangeInclusive<usize> = 768..=4096;
/// Largest condition number that the preconditioner takes out: beyond it, single precision would leave it indefinite.
pub const CONDITION: f64 = 3e5;

/// The features as they are, and the sample.
pub struct Rows<'x> {
    x: View<'x>,
    bias: Bias,
    counted: usize,
    /// The sample's row numbers, ascending.
    chosen: Vec<usize>,
    sample: Array2<f32>,
    /// The sample's Gram matrix, without the intercept's part.
    gram: Array2<f32>,
    largest: f64,
    ready: Option<Ready>,
}

/// The factor for one C and one share of active rows.
struct Ready {
    c: f64,
    active: f64,
    /// The intercept's R, raised where it is zero or tiny beside the loss.
    intercept: f64,
    factor: Cholesky<f32>,
}

impl<'x> Rows<'x> {
    /// Take the sample from the rows that count (evenly strided after a fixed shuffle).
    pub fn new(x: View<'x>, targets: &Targets, bias: Bias) -> Self {
        let mut counted: Vec<usize> = (0..x.nrows())
            .filter(|i| targets.counts.get(*i).copied().unwrap_or(false))
            .collect();
        let total = counted.len();
        let wanted = (total / 16).clamp(*SAMPLE.start(), *SAMPLE.end());
        if total > wanted {
            // A fixed pseudo-random order: data sets are often sorted by class.
            counted.sort_by_key(|i| {
                (*i as u64)
                    .wrapping_add(1)
                    .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                    >> 20
            });
            counted.truncate(wanted);
            counted.sort_unstable();
        }
        let sample = x.select(&counted);
        let gram = gram(sample.view(), 0.0);
        let largest = largest_eigenvalue(&gram);
        Rows {
            x,
            bias,
            counted: total,
            chosen: counted,
            sample,
            gram,
            largest,
            ready: None,
        }
    }

    fn has_intercept(&self) -> bool {
        !matches!(self.bias, Bias::None)
    }

    /// Divide by R, with `intercept` as the intercept's.
    fn unregularise(&self, r: &Columns, intercept: f64) -> Columns {
        let mut u = r.clone();
        if self.has_intercept() {
            let last = u.nrows().saturating_sub(1);
            u.row_mut(last)
                .mapv_inplace(|v| (f64::from(v) / intercept) as f32);
        }
        u
    }

    /// Products over the features, and those of the intercepts, problem by problem.
    fn split_dot(&self, a: &Columns, b: &Columns) -> (Vec<f64>, Vec<f64>) {
        let d = self.x.ncols();
        let mut all = dot(a, b);
        let tail: Vec<f64> = if self.has_intercept() {
            a.row(d)
                .iter()
                .zip(b.row(d))
                .map(|(a, b)| f64::from(*a) * f64::from(*b))
                .collect()
        } else {
            vec![0.0; all.len()]
        };
        all.iter_mut().zip(&tail).for_each(|(a, t)| *a -= t);
        (all, tail)
    }

    /// Number of coordinates of a vector.
    pub fn dims(&self) -> usize {
        self.x.ncols() + usize::from(self.has_intercept())
    }

    /// Margins of `v`, `[n, k]`.
    pub fn margins(&self, v: &Columns) -> Columns {
        product::margins(self.x, v)
    }

    /// The gradient R w - X^T r, and the duality gap 1/2 g^T R^-1 g of each problem.
    pub fn gradient(&self, w: &Columns, loss: &Loss) -> (Columns, Vec<f64>) {
        let mut g = product::adjoint(self.x, &loss.residual, self.has_intercept());
        let d = self.x.ncols();
        let weight = self.bias.regulariser() as f32;
        for (i, (mut g, w)) in g.outer_iter_mut().zip(w.outer_iter()).enumerate() {
            let r = if i < d { 1.0 } else { weight };
            g.zip_mut_with(&w, |g, w| *g = r * w - *g);
        }
        let (features, intercept) = self.split_dot(&g, &g);
        // A free intercept has no dual certificate; what a Newton step on it alone would gain stands in for it.
        let curvature = loss.curvature.sum_axis(Axis(0));
        let gap = features
            .iter()
            .zip(&intercept)
            .zip(&curvature)
            .map(|((f, b), h)| {
                let scale = match self.bias {
                    Bias::Free => f64::from(*h).max(f64::MIN_POSITIVE),
                    _ => self.bias.regulariser().max(f64::MIN_POSITIVE),
                };
                0.5 * (f + if *b > 0.0 { b / scale } else { 0.0 })
            })
            .collect();
        (g, gap)
    }

    /// Make the preconditioner ready for this C and share of active rows.
    pub fn prepare(&mut self, c: f64, active: f64) {
        let active = active.max(1e-3);
        if let Some(ready) = &self.ready
            && ready.c == c
            && (0.8..1.25).contains(&(ready.active / active))
        {
            return;
        }
        let m = self.sample.nrows() as f64;
        let rows = active * self.counted as f64;
        let intercept = self.bias.regulariser().max(2e-4 * c * rows);
        let shift = (m / (2.0 * c * rows)).max(self.largest / CONDITION);
        let mut gram = self.gram.clone();
        if self.has_intercept() {
            gram += (1.0 / intercept) as f32;
        }
        self.ready = Cholesky::new(gram, shift as f32).map(|factor| Ready {
            c,
            active,
            intercept,
            factor,
        });
    }

    /// Where to begin: the solution for the sample alone with every row of it inside the margin, a ridge regression on
    /// the signs. [`Self::prepare`] has been called for all rows active.
    pub fn ridge(&self, targets: &Targets) -> Option<Columns> {
        let ready = self.ready.as_ref()?;
        let mut v = Array2::from_shape_fn((self.chosen.len(), targets.classes), |(i, j)| {
            targets.sign(self.chosen[i], j)
        });
        ready.factor.solve(&mut v);
        let w = product::adjoint(self.sample.view(), &v, self.has_intercept());
        Some(self.unregularise(&w, ready.intercept))
    }

    /// The weights `[d, k]` and intercepts `[k]` that `v` stands for.
    pub fn weights(&self, v: &Columns) -> (Array2<f32>, Vec<f32>) {
        let d = self.x.ncols();
        let (w, b) = v.view().split_at(Axis(0), d);
        let intercept = match b.outer_iter().next() {
            Some(b) => b.to_vec(),
            None => vec![0.0; v.ncols()],
        };
        (w.to_owned(), intercept)
    }
}

impl Space for Rows<'_> {
    fn regulariser(&self, u: &Columns, v: &Columns) -> Vec<f64> {
        let (features, intercept) = self.split_dot(u, v);
        let weight = self.bias.regulariser();
        features
            .iter()
            .zip(&intercept)
            .map(|(f, b)| f + weight * b)
            .collect()
    }

    fn hessian(&self, p: &Columns, loss: &Loss) -> (Columns, Columns) {
        let (t, mut q) = product::hessian(self.x, p, &loss.curvature);
        let d = self.x.ncols();
        let weight = self.bias.regulariser() as f32;
        for (i, (mut q, p)) in q.outer_iter_mut().zip(p.outer_iter()).enumerate() {
            let r = if i < d { 1.0 } else { weight };
            q.scaled_add(r, &p);
        }
        (t, q)
    }

    fn precondition(&self, r: &Columns) -> Columns {
        let Some(ready) = &self.ready else {
            return self.unregularise(r, self.bias.regulariser().max(1.0));
        };
        let mut z = self.unregularise(r, ready.intercept);
        let mut v = product::margins(self.sample.view(), &z);
        ready.factor.solve(&mut v);
        let back = product::adjoint(self.sample.view(), &v, self.has_intercept());
        z -= &self.unregularise(&back, ready.intercept);
        z
    }
}

/// A few steps of the power method: the order of magnitude is enough.
pub fn largest_eigenvalue(gram: &Array2<f32>) -> f64 {
    let mut v = ndarray::Array1::from_elem(gram.nrows(), 1.0f32);
    let mut value = 0.0;
    for _ in 0..8 {
        let norm = v.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
        if !(norm > 0.0) {
            return value;
        }
        v.mapv_inplace(|v| (f64::from(v) / norm) as f32);
        v = gram.dot(&v);
        value = v.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
    }
    value
}
