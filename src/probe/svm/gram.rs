//! Coefficients over the rows, for fewer rows than features.
//!
//! The optimum lies in the span of the rows, w = X^T a, so with n < d everything can be done in n coordinates
//! through K = X X^T + s^2 (s being the scale of a regularised intercept): w^T R w' = a^T K a', margins are K a.
//! The Hessian becomes a -> a + D K a. It is preconditioned by I + 2 C rho K, rho the share of active rows, through
//! one Cholesky factor of K; both commute with K, so conjugate gradients in K's inner product apply. Forming K
//! costs n^2 d multiply-adds once; after that C is cheap to change.

use ndarray::{Array2, ArrayView2};

use super::cholesky::Cholesky;
use super::objective::Loss;
use super::params::Bias;
use super::product;
use super::space::{Columns, Space, dot};

/// The Gram matrix and what the coefficients stand for.
pub struct Gram<'x> {
    x: ArrayView2<'x, f32>,
    bias: Bias,
    k: Array2<f32>,
    ready: Option<Ready>,
}

struct Ready {
    shift: f64,
    factor: Cholesky<f32>,
}

impl<'x> Gram<'x> {
    /// Form K; `bias` must be regularised or absent.
    pub fn new(x: ArrayView2<'x, f32>, bias: Bias) -> Self {
        let shift = match bias {
            Bias::Regularised(scale) => (scale * scale) as f32,
            Bias::Free | Bias::None => 0.0,
        };
        Gram {
            x,
            bias,
            k: product::gram(x, shift),
            ready: None,
        }
    }
}

impl Space for Gram<'_> {
    fn dims(&self) -> usize {
        self.x.nrows()
    }

    fn margins(&self, v: &Columns) -> Columns {
        product::margins(self.k.view(), v)
    }

    fn gradient(&self, w: &Columns, f: &Columns, loss: &Loss) -> (Columns, Vec<f64>) {
        let g = w - &loss.residual;
        let t = f - &self.margins(&loss.residual);
        let gap = dot(&g, &t).iter().map(|v| 0.5 * v.max(0.0)).collect();
        (g, gap)
    }

    fn regulariser(&self, u: &Columns, _v: &Columns, t: &Columns) -> Vec<f64> {
        dot(u, t)
    }

    fn pairing(&self, r: &Columns, z: &Columns) -> (Vec<f64>, Option<Columns>) {
        let t = self.margins(z);
        (dot(r, &t), Some(t))
    }

    fn hessian(&self, p: &Columns, t: Option<Columns>, loss: &Loss) -> (Columns, Columns) {
        let t = t.unwrap_or_else(|| self.margins(p));
        let q = p + &(&loss.curvature * &t);
        (t, q)
    }

    fn prepare(&mut self, c: f64, active: f64) {
        let shift = 1.0 / (2.0 * c * active.max(1e-3));
        if let Some(ready) = &self.ready
            && (0.5..2.0).contains(&(ready.shift / shift))
        {
            return;
        }
        self.ready = None;
        // K is singular where rows repeat; single precision then wants a larger shift.
        let mut tried = shift;
        for _ in 0..6 {
            if let Some(factor) = Cholesky::new(self.k.clone(), tried as f32) {
                self.ready = Some(Ready {
                    shift: tried,
                    factor,
                });
                return;
            }
            tried *= 10.0;
        }
    }

    fn precondition(&self, r: &Columns) -> Columns {
        let mut z = r.clone();
        if let Some(ready) = &self.ready {
            ready.factor.solve(&mut z);
            let shift = ready.shift as f32;
            z.mapv_inplace(|v| v * shift);
        }
        z
    }

    fn weights(&self, v: &Columns) -> (Array2<f32>, Vec<f32>) {
        let w = product::adjoint(self.x, v, true);
        let d = self.x.ncols();
        let scale = match self.bias {
            Bias::Regularised(scale) => scale * scale,
            Bias::Free | Bias::None => 0.0,
        };
        let b = w
            .row(d)
            .iter()
            .map(|v| (f64::from(*v) * scale) as f32)
            .collect();
        (w.slice(ndarray::s![..d, ..]).to_owned(), b)
    }
}
