//! Newton directions in the coordinates of an expansion in the rows, whose inner product is the Gram matrix K's.
//!
//! A vector w = X^T v is known by v, `[n, k]` for k problems, and products of vectors are v^T K v'.

use ndarray::Array2;

use super::cholesky::Cholesky;
use super::columns::{Columns, add_scaled, dot, quotients, scale_add};
use super::newton::Effort;
use super::product;
use super::rows::{CONDITION, largest_eigenvalue};

const EFFORT: Effort = Effort {
    forcing: 0.1,
    products: 120,
};

/// The Gram matrix with a preconditioner.
pub struct Kernel {
    /// `[n, n]`.
    gram: Array2<f32>,
    largest: f64,
    ready: Option<Ready>,
}

/// The factor of K + I / s, with s = 2 C times the share of active rows.
struct Ready {
    s: f64,
    factor: Cholesky<f32>,
}

impl Kernel {
    pub fn new(gram: Array2<f32>) -> Self {
        Kernel {
            largest: largest_eigenvalue(&gram).max(f64::MIN_POSITIVE),
            gram,
            ready: None,
        }
    }

    /// K times `v`.
    pub fn product(&self, v: &Columns) -> Columns {
        product::margins(self.gram.view(), v)
    }

    /// Make the preconditioner ready for this C and share of active rows.
    pub fn prepare(&mut self, c: f64, active: f64) {
        let s = (2.0 * c * active.max(1e-3)).min(CONDITION / self.largest);
        if let Some(ready) = &self.ready
            && (0.5..2.0).contains(&(ready.s / s))
        {
            return;
        }
        // The old factor makes room for the new one.
        self.ready = None;
        self.ready =
            Cholesky::new(self.gram.clone(), (1.0 / s) as f32).map(|factor| Ready { s, factor });
    }

    /// (I + s K)^-1 `r`.
    fn precondition(&self, r: &Columns) -> Columns {
        let mut z = r.clone();
        if let Some(ready) = &self.ready {
            ready.factor.solve(&mut z);
            z.mapv_inplace(|v| v / ready.s as f32);
        }
        z
    }

    /// The Newton direction with its margins: (I + D K) s = -`delta`, by conjugate gradients in the inner product of K.
    pub fn direction(&self, delta: &Columns, curvature: &Columns) -> (Columns, Columns) {
        let mut s = Array2::zeros(delta.raw_dim());
        let mut u = Array2::zeros(delta.raw_dim());
        let mut r = delta.mapv(|v| -v);
        let mut p = self.precondition(&r);
        let mut t = self.product(&p);
        let mut rz = dot(&r, &t);
        let start = rz.clone();
        let mut live: Vec<bool> = rz.iter().map(|v| *v > 0.0).collect();
        for _ in 0..EFFORT.products {
            if !live.contains(&true) {
                break;
            }
            let q = &p + &(&t * curvature);
            let alpha = quotients(&live, &rz, &dot(&t, &q));
            add_scaled(&mut s, &p, &alpha);
            add_scaled(&mut u, &t, &alpha);
            let back: Vec<f64> = alpha.iter().map(|a| -a).collect();
            add_scaled(&mut r, &q, &back);
            let z = self.precondition(&r);
            let kz = self.product(&z);
            let next = dot(&r, &kz);
            let beta = quotients(&live, &next, &rz);
            for (j, live) in live.iter_mut().enumerate() {
                *live &= alpha[j] > 0.0 && next[j] > EFFORT.forcing.powi(2) * start[j];
            }
            rz = next;
            scale_add(&mut p, &z, &beta);
            scale_add(&mut t, &kz, &beta);
        }
        (s, u)
    }
}
