//! A fitted one-vs-rest L2-SVM.

use linfa::traits::PredictInplace;
use ndarray::{Array1, Array2, ArrayBase, ArrayView2, Axis, Data, Ix2};

use super::primal::Report;
use super::product;
use super::view::View;
use crate::probe::error::SvmError;

/// How far a fit is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    pub c: f64,
    /// Newton steps so far (classes so far, for linfa-svm).
    pub steps: usize,
    /// Passes over the features so far.
    pub passes: usize,
    /// Largest relative duality gap of a class: 0 is the optimum.
    pub gap: f64,
}

/// Weights and intercepts of k problems, as the passes over the features want them.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// `[d + 1, k]`: the weights, then the intercepts (zero where the model has none).
    pub(super) columns: Array2<f32>,
}

impl Weights {
    pub(super) fn new(weights: &Array2<f32>, intercept: &[f32]) -> Self {
        let (d, k) = weights.dim();
        let columns = Array2::from_shape_fn((d + 1, k), |(i, j)| {
            if i < d {
                weights[[i, j]]
            } else {
                intercept.get(j).copied().unwrap_or(0.0)
            }
        });
        Weights { columns }
    }

    /// Class index of each row of `x`, `[n, d]`: the largest margin, the lower index where two tie.
    ///
    /// # Errors
    /// [`SvmError::Columns`] where `x` has other columns than the fit had.
    pub fn classify<'x>(&self, x: impl Into<View<'x>>) -> Result<Vec<usize>, SvmError> {
        Ok(largest(&self.margins(x)?))
    }

    /// Margins of each row of `x`, `[n, k]`.
    ///
    /// # Errors
    /// As [`Self::classify`].
    pub fn margins<'x>(&self, x: impl Into<View<'x>>) -> Result<Array2<f32>, SvmError> {
        let x = x.into();
        self.check(x)?;
        Ok(product::margins(x, &self.columns))
    }

    /// Class index of each of the named rows of `x`.
    ///
    /// # Errors
    /// As [`Self::classify`]. Every row must exist.
    pub fn classify_rows<'x>(
        &self,
        x: impl Into<View<'x>>,
        rows: &[usize],
    ) -> Result<Vec<usize>, SvmError> {
        let x = x.into();
        self.check(x)?;
        Ok(largest(&product::margins_of(x, rows, &self.columns)))
    }

    fn check(&self, x: View) -> Result<(), SvmError> {
        let expected = self.columns.nrows() - 1;
        if x.ncols() == expected {
            Ok(())
        } else {
            Err(SvmError::Columns {
                found: x.ncols(),
                expected,
            })
        }
    }
}

/// Index of the largest margin in each row.
pub fn largest(margins: &Array2<f32>) -> Vec<usize> {
    margins
        .outer_iter()
        .map(|row| {
            let mut best = (0, f32::NEG_INFINITY);
            for (j, v) in row.iter().enumerate() {
                if *v > best.1 {
                    best = (j, *v);
                }
            }
            best.0
        })
        .collect()
}

/// A fitted L2-SVM over labels `L`; see [`super::L2SvmParams`].
#[derive(Debug, Clone, PartialEq)]
pub struct L2Svm<L> {
    pub(super) weights: Weights,
    pub(super) classes: Vec<L>,
    pub(super) solver: &'static str,
    pub(super) report: Report,
}

impl<L: Copy> L2Svm<L> {
    /// The labels, in the order of the weights' columns.
    pub fn classes(&self) -> &[L] {
        &self.classes
    }

    /// Weights, `[d, k]`.
    pub fn weights(&self) -> ArrayView2<'_, f32> {
        let d = self.weights.columns.nrows() - 1;
        self.weights.columns.view().split_at(Axis(0), d).0
    }

    /// Intercepts, `[k]`.
    pub fn intercept(&self) -> Vec<f32> {
        self.weights
            .columns
            .outer_iter()
            .next_back()
            .map(|b| b.to_vec())
            .unwrap_or_default()
    }

    /// The solver that ran: `primal` or `linfa`.
    pub fn solver(&self) -> &'static str {
        self.solver
    }

    /// What the fit took and how near the optimum it came.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Margins w.x + b, `[n, k]`.
    ///
    /// # Errors
    /// [`SvmError::Columns`] where `x` has other columns than the fit had.
    pub fn decision(&self, x: ArrayView2<f32>) -> Result<Array2<f32>, SvmError> {
        self.weights.margins(x)
    }
}

impl<L: Copy + Default, D: Data<Elem = f32>> PredictInplace<ArrayBase<D, Ix2>, Array1<L>>
    for L2Svm<L>
{
    /// Label of the largest margin.
    ///
    /// # Panics
    /// As linfa's own models, where `x` has other columns than the fit had or `y` another length than `x` has rows;
    /// [`L2Svm::decision`] returns an error instead.
    fn predict_inplace(&self, x: &ArrayBase<D, Ix2>, y: &mut Array1<L>) {
        assert_eq!(
            x.nrows(),
            y.len(),
            "the number of rows must match the number of targets"
        );
        match self.weights.classify(x.view()) {
            Ok(classes) => {
                for (y, j) in y.iter_mut().zip(classes) {
                    if let Some(label) = self.classes.get(j) {
                        *y = *label;
                    }
                }
            }
            Err(e) => panic!("{e}"),
        }
    }

    fn default_target(&self, x: &ArrayBase<D, Ix2>) -> Array1<L> {
        Array1::default(x.nrows())
    }
}
