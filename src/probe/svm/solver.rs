//! Which solver runs for which problem.

use ndarray::Array2;

use super::columns::Columns;
use super::expansion::{self, Expansion};
use super::linfa::Dual;
use super::model::Weights;
use super::objective::Targets;
use super::params::{Bias, Solver, Watch, check_c};
use super::primal::{Path, Report};
use super::view::View;
use crate::probe::error::{Class, SvmError};

/// Most rows that [`Solver::Auto`] gives to linfa-svm.
///
/// Its time grows with the cube of the rows, whatever the features: ten classes at one C took 8 ms at 100 rows, 18 ms at 150,
/// 34 ms at 200 and 270 ms at 500 on two busy cores, where our own solver took 2.3, 2.6, 3.7 and 14 ms (7,168 features).
pub const LINFA_ROWS: usize = 150;

/// Fits the same rows at one C after another.
pub struct Fitter<'x> {
    x: View<'x>,
    targets: Targets,
    bias: Bias,
    tolerance: f64,
    linfa: Option<Dual<'x>>,
    ours: Option<Ours<'x>>,
    /// Whether a failure of linfa-svm is mended by our own solver.
    mend: bool,
}

/// Our own solver: on the Gram matrix of all rows, or on the features.
enum Ours<'x> {
    Expansion(Box<Expansion<'x>>),
    Path(Box<Path<'x>>),
}

impl<'x> Ours<'x> {
    fn new(x: View<'x>, targets: Targets, bias: Bias, tolerance: f64) -> Self {
        let scale = match bias {
            Bias::Regularised(scale) => Some(scale),
            Bias::None => Some(0.0),
            // No feature stands for it.
            Bias::Free => None,
        };
        match scale {
            Some(scale) if expansion::suits(x) => {
                Ours::Expansion(Box::new(Expansion::new(x, targets, scale, tolerance)))
            }
            _ => Ours::Path(Box::new(Path::new(x, targets, bias, tolerance))),
        }
    }

    /// The weights, with a last row of intercepts where there are some.
    fn solve(&mut self, c: f64, watch: Option<Watch>) -> Result<(Weights, Report), SvmError> {
        match self {
            Ours::Expansion(expansion) => {
                let (columns, report) = expansion.solve(c, watch)?;
                Ok((Weights { columns }, report))
            }
            Ours::Path(path) => {
                let report = path.solve(c, watch)?;
                let (weights, intercept) = path.weights();
                Ok((Weights::new(&weights, &intercept), report))
            }
        }
    }

    fn set_counts(&mut self, counts: Vec<bool>) {
        match self {
            Ours::Expansion(expansion) => expansion.set_counts(counts),
            Ours::Path(path) => path.set_counts(counts),
        }
    }

    fn set_tolerance(&mut self, tolerance: f64) {
        match self {
            Ours::Expansion(expansion) => expansion.set_tolerance(tolerance),
            Ours::Path(path) => path.set_tolerance(tolerance),
        }
    }

    fn margins(&self) -> &Columns {
        match self {
            Ours::Expansion(expansion) => expansion.margins(),
            Ours::Path(path) => path.margins(),
        }
    }
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
            ours: None,
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
        let Fitter {
            x,
            targets,
            bias,
            tolerance,
            ours,
            ..
        } = self;
        let ours = ours.get_or_insert_with(|| Ours::new(*x, targets.clone(), *bias, *tolerance));
        let (weights, report) = match ours.solve(c, watch) {
            Err(SvmError::NotConverged { .. }) if matches!(ours, Ours::Expansion(_)) => {
                // The Gram matrix was too far from X in single precision.
                *ours = Ours::Path(Box::new(Path::new(*x, targets.clone(), *bias, *tolerance)));
                ours.solve(c, watch)?
            }
            found => found?,
        };
        Ok(Fitted {
            weights,
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
        if let Some(ours) = &mut self.ours {
            ours.set_counts(counts);
        }
        Ok(())
    }

    /// The relative duality gap to reach from now on.
    pub fn set_tolerance(&mut self, tolerance: f64) {
        self.tolerance = tolerance;
        if let Some(dual) = &mut self.linfa {
            dual.set_tolerance(tolerance);
        }
        if let Some(ours) = &mut self.ours {
            ours.set_tolerance(tolerance);
        }
    }

    /// Margins of all rows, counted or not, at our own solver's last solution.
    pub fn margins(&self) -> Option<&Array2<f32>> {
        self.ours.as_ref().map(Ours::margins)
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
            class: Class::Number(class),
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
