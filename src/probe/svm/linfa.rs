//! The L2-SVM solved exactly by linfa-svm, which trains the hinge (L1) loss in the dual.
//!
//! The dual of the squared hinge at C is that of the hard margin with the kernel K + I / (2C): each row gets a feature
//! of its own of size sqrt(1 / (2C)), and the box constraint goes away. linfa-svm takes rows, not kernels, and
//! computes every pair's inner product plainly; so its rows are those of the Cholesky factor of K + I / (2C), n numbers
//! each, which have the same inner products to rounding, whatever the number of features.
//!
//! linfa-svm always fits a free intercept. LIBLINEAR's regularised one is had with two more rows, one of each sign,
//! that have nothing but a feature of their own of size sqrt(2) * scale: their hard margins cost
//! ((1 - b)^2 + (1 + b)^2) / (4 scale^2), which is b^2 / (2 scale^2) and a constant, as long as |b| <= 1. Whether the
//! optimum was reached is checked against the primal objective in any case.

use std::sync::atomic::{AtomicUsize, Ordering};

use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use linfa_svm::Svm;
use ndarray::{Array1, Array2, s};
use rayon::prelude::*;

use super::cholesky::Cholesky;
use super::gram::gram_f64;
use super::model::{Step, Weights};
use super::objective::{Targets, loss};
use super::params::{Bias, Watch};
use super::primal::Report;
use super::product;
use super::view::View;
use crate::probe::error::SvmError;

/// A box so large that no dual variable meets it: the hard margin.
const HARD: f64 = 1e100;

/// The Gram matrix of some rows, from which fits at any C start.
pub struct Dual<'x> {
    x: View<'x>,
    targets: Targets,
    bias: Bias,
    tolerance: f64,
    gram: Array2<f64>,
}

impl<'x> Dual<'x> {
    /// Form the Gram matrix in double precision; every row counts.
    ///
    /// # Errors
    /// [`SvmError::LinfaBias`] where no intercept is wanted.
    pub fn new(
        x: impl Into<View<'x>>,
        targets: Targets,
        bias: Bias,
        tolerance: f64,
    ) -> Result<Self, SvmError> {
        let x = x.into();
        if matches!(bias, Bias::None) {
            return Err(SvmError::LinfaBias);
        }
        Ok(Dual {
            gram: gram_f64(x.single().view(), 0.0),
            x,
            targets,
            bias,
            tolerance,
        })
    }

    /// The relative duality gap to reach from now on.
    pub fn set_tolerance(&mut self, tolerance: f64) {
        self.tolerance = tolerance;
    }

    /// Fit all problems at this C.
    ///
    /// # Errors
    /// [`SvmError::NotConverged`] where the result's duality gap exceeds the tolerance, which includes a regularised
    /// intercept beyond 1; linfa-svm's own.
    pub fn solve(&self, c: f64, watch: Option<Watch>) -> Result<(Weights, Report), SvmError> {
        let (n, k) = (self.x.nrows(), self.targets.classes);
        let failed = |gap: f64, iterations: usize| SvmError::NotConverged {
            solver: "linfa",
            c,
            iterations,
            gap,
            tolerance: self.tolerance,
        };
        let factor = Cholesky::new(self.gram.clone(), 1.0 / (2.0 * c))
            .ok_or_else(|| failed(f64::INFINITY, 0))?;
        let records = self.records(factor.into_lower());
        let done = AtomicUsize::new(0);
        let problems: Vec<(Vec<f64>, f64)> = (0..k)
            .into_par_iter()
            .map(|class| {
                let step = Step {
                    c,
                    steps: done.fetch_add(1, Ordering::Relaxed),
                    passes: 0,
                    gap: 1.0,
                };
                if let Some(watch) = watch {
                    watch(&step)?;
                }
                self.binary(&records, class)
            })
            .collect::<Result<_, _>>()?;
        let alpha = Array2::from_shape_fn((n, k), |(i, j)| {
            problems[j].0.get(i).copied().unwrap_or(0.0) as f32
        });
        let w = product::adjoint(self.x, &alpha, false);
        let b: Vec<f32> = problems.iter().map(|(_, b)| *b as f32).collect();
        let weights = Weights::new(&w, &b);
        let (objective, gap) = self.judge(c, &weights, &w, &problems);
        if !(gap <= self.tolerance) {
            return Err(failed(gap, k));
        }
        Ok((
            weights,
            Report {
                c,
                steps: k,
                passes: 0,
                objective,
                gap,
            },
        ))
    }

    /// The factor's rows, and the two rows that regularise the intercept.
    fn records(&self, lower: Array2<f64>) -> Array2<f64> {
        let Bias::Regularised(scale) = self.bias else {
            return lower;
        };
        let n = lower.nrows();
        let mut records = Array2::zeros((n + 2, n + 2));
        records.slice_mut(s![..n, ..n]).assign(&lower);
        records[[n, n]] = scale * std::f64::consts::SQRT_2;
        records[[n + 1, n + 1]] = scale * std::f64::consts::SQRT_2;
        records
    }

    /// Signed dual variables and intercept of one class against the rest.
    fn binary(&self, records: &Array2<f64>, class: usize) -> Result<(Vec<f64>, f64), SvmError> {
        let n = self.x.nrows();
        let signs: Array1<bool> = (0..records.nrows())
            .map(|i| match self.targets.labels.get(i) {
                Some(label) => *label as usize == class,
                None => i == n,
            })
            .collect();
        let model = Svm::<f64, bool>::params()
            .pos_neg_weights(HARD, HARD)
            .linear_kernel()
            // A violation of eps moves the objective by at most eps times the sum of the dual variables, which is
            // about twice the objective.
            .eps(0.2 * self.tolerance)
            .fit(&DatasetBase::from((records.view(), signs.view())))?;
        Ok((model.alpha.iter().take(n).copied().collect(), -model.rho))
    }

    /// Primal objectives, and the largest relative duality gap.
    fn judge(
        &self,
        c: f64,
        weights: &Weights,
        w: &Array2<f32>,
        problems: &[(Vec<f64>, f64)],
    ) -> (Vec<f64>, f64) {
        let all: Vec<usize> = (0..self.targets.classes).collect();
        let f = product::margins(self.x, &weights.columns);
        let at = loss(&f, &self.targets, &all, c);
        let scale = match self.bias {
            Bias::Regularised(scale) => scale * scale,
            Bias::Free | Bias::None => 0.0,
        };
        let mut worst = 0.0f64;
        let mut objectives = Vec::with_capacity(all.len());
        for (((alpha, b), squares), w) in problems.iter().zip(&at.squares).zip(w.columns()) {
            let square: f64 = w.iter().map(|v| f64::from(*v).powi(2)).sum();
            let primal = 0.5 * (square + self.bias.regulariser() * b * b) + c * squares;
            let total: f64 = alpha.iter().map(|a| a.abs()).sum();
            let signed: f64 = alpha.iter().sum();
            let slack: f64 = alpha.iter().map(|a| a * a).sum::<f64>() / (4.0 * c);
            let dual = total - 0.5 * (square + scale * signed * signed) - slack;
            worst = worst.max(((primal - dual) / primal.max(f64::MIN_POSITIVE)).max(0.0));
            objectives.push(primal);
        }
        (objectives, worst)
    }
}
