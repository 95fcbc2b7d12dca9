//! Which solver runs for which problem.

use ndarray::Array2;

use super::linfa::Dual;
use super::model::Weights;
use super::objective::Targets;
use super::params::{Bias, Solver, Watch, check_c};
use super::primal::{Path, Report};
use super::view::View;
use crate::probe::error::SvmError;

/// Most rows that [`Solver::Auto`] gives to linfa-svm.
///
/// Its time grows with the cube of the rows, whatever the features: ten classes took 0.1 s at 200 rows, 0.5 s at 400 and
/// 6.5 s at 1000 on two busy cores, where our own solver took 0.04, 0.09 and 0.33 s (3,584 features).
pub const LINFA_ROWS: usize = 500;

/// Fits the same rows at one C after another.
pub struct Fitter<'x> {
    x: View<'x>,
    targets: Targets,
    bias: Bias,
    tolerance: f64,
    linfa: Option<Dual<'x>>,
    primal: Option<Path<'x>>,
    /// Whether a failure of linfa-svm is mended by our own solver.
    mend: bool,
}

/// A fit at one C.
pub struct Fitted {
    pub weights: Weights,
    /// `primal` or `linfa`.
    pub solver: &'static str,
    pub report: Report,
}

impl<'x> Fitter<'x> {
    /// Check the rows and choose the solver.
    ///
    /// # Errors
    /// A class without rows, labels that do not fit, or a bias that the solver asked for cannot do.
    pub fn new(
        x: impl Into<View<'x>>,
        targets: Targets,
        bias: Bias,
        tolerance: f64,
        solver: Solver,
    ) -> Result<Self, SvmError> {
        let x = x.into();
        check_targets(x, &targets)?;
        let whole = targets.rows() == x.nrows();
        let use_linfa = match solver {
            Solver::Auto => x.nrows() <= LINFA_ROWS && whole && !matches!(bias, Bias::None),
            Solver::Linfa => true,
            Solver::Primal => false,
        };
        let linfa = if use_linfa {
            Some(Dual::new(x, targets.clone(), bias, tolerance)?)
        } else {
            None
        };
        Ok(Fitter {
            x,
            targets,
            bias,
            tolerance,
            linfa,
            primal: None,
            mend: solver == Solver::Auto,
        })
    }

    /// Fit at this C, from the last solution where the solver can.
    ///
    /// # Errors
    /// As the solvers.
    pub fn solve(&mut self, c: f64, watch: Option<Watch>) -> Result<Fitted, SvmError> {
        check_c(c)?;
        if let Some(dual) = &self.linfa {
            match dual.solve(c, watch) {
                Ok((weights, report)) => {
                    return Ok(Fitted {
                        weights,
                        solver: "linfa",
                        report,
                    });
                }
                Err(SvmError::NotConverged { .. }) if self.mend => {}
                Err(e) => return Err(e),
            }
        }
        let path = self.primal();
        let report = path.solve(c, watch)?;
        let (weights, intercept) = path.weights();
        Ok(Fitted {
            weights: Weights::new(&weights, &intercept),
            solver: "primal",
            report,
        })
    }

    /// Change which rows the loss sums over (the features stay); only our own solver can leave rows out.
    ///
    /// # Errors
    /// As [`Fitter::new`].
    pub fn set_counts(&mut self, counts: Vec<bool>) -> Result<(), SvmError> {
        self.targets.counts = counts.clone();
        check_targets(self.x, &self.targets)?;
        if let Some(path) = &mut self.primal {
            path.set_counts(counts);
        }
        Ok(())
    }

    /// The relative duality gap to reach from now on.
    pub fn set_tolerance(&mut self, tolerance: f64) {
        self.tolerance = tolerance;
        if let Some(dual) = &mut self.linfa {
            dual.set_tolerance(tolerance);
        }
        if let Some(path) = &mut self.primal {
            path.set_tolerance(tolerance);
        }
    }

    /// Margins of all rows, counted or not, at our own solver's last solution.
    pub fn margins(&self) -> Option<&Array2<f32>> {
        self.primal.as_ref().map(Path::margins)
    }

    fn primal(&mut self) -> &mut Path<'x> {
        let (x, targets, bias, tolerance) = (self.x, &self.targets, self.bias, self.tolerance);
        self.primal
            .get_or_insert_with(|| Path::new(x, targets.clone(), bias, tolerance))
    }
}

fn check_targets(x: View, targets: &Targets) -> Result<(), SvmError> {
    let rows = x.nrows();
    if x.is_empty() {
        return Err(SvmError::Empty {
            rows,
            columns: x.ncols(),
        });
    }
    for labels in [targets.labels.len(), targets.counts.len()] {
        if labels != rows {
            return Err(SvmError::Lengths { rows, labels });
        }
    }
    let classes = targets.classes;
    if classes < 2 {
        return Err(SvmError::TooFewClasses(classes));
    }
    let mut seen = vec![false; classes];
    for (row, (label, counts)) in targets.labels.iter().zip(&targets.counts).enumerate() {
        let label = *label as usize;
        match seen.get_mut(label) {
            Some(seen) => *seen |= counts,
            None => {
                return Err(SvmError::LabelOutOfRange {
                    row,
                    label,
                    classes,
                });
            }
        }
    }
    match seen.iter().position(|s| !s) {
        Some(class) => Err(SvmError::MissingClass {
            class,
            classes,
            rows: targets.rows(),
        }),
        None => Ok(()),
    }
}

/// Every feature must be finite.
///
/// # Errors
/// [`SvmError::NotFinite`] with the first row and column that is not.
pub fn check_features<'x>(x: impl Into<View<'x>>) -> Result<(), SvmError> {
    match x.into().not_finite() {
        Some((row, column, value)) => Err(SvmError::NotFinite { row, column, value }),
        None => Ok(()),
    }
}
