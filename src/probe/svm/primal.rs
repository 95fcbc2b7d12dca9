//! Our solver: all one-vs-rest problems at once, over a growing span of directions or by Newton's method on the features.
//!
//! Where features are many beside the problems, over a span (`spanned.rs`). Otherwise, and where that makes no headway, by
//! Newton's method: the squared hinge is once differentiable with a piecewise constant second derivative, so a damped
//! iteration with the generalised Hessian converges globally and ends in few steps (Mangasarian 2002; Keerthi and DeCoste 2005; LIBLINEAR's primal solver is its trust-region cousin). Each step's system
//! is solved by conjugate gradients, whose matrix products serve all k problems in one pass over the features.
//!
//! Solutions and the span are kept from one C to the next.

use std::ops::ControlFlow;

use ndarray::Array2;

use super::columns::{Columns, pick, put};
use super::model::Step;
use super::newton::{Effort, Space, advance, direction};
use super::objective::{Loss, Targets, loss};
use super::params::{Bias, Watch};
use super::rows::Rows;
use super::subspace::{Subspace, suits};
use super::view::View;

use crate::probe::error::SvmError;

/// Directions of a span, in blocks of one for each problem.
const BLOCKS: usize = 24;
const NEWTON_STEPS: usize = 60;
const EFFORT: Effort = Effort {
    forcing: 0.1,
    products: 120,
};

/// Solves at one C after another on the same features, each warm from the last.
pub struct Path<'x> {
    pub(super) rows: Rows<'x>,
    pub(super) subspace: Option<Subspace>,
    pub(super) targets: Targets,
    pub(super) tolerance: f64,
    /// Solution so far, and its margins.
    pub(super) w: Columns,
    pub(super) f: Columns,
}

/// What a solve did.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub c: f64,
    /// Newton steps.
    pub steps: usize,
    /// Passes over all the features.
    pub passes: usize,
    /// Objective of each one-vs-rest problem.
    pub objective: Vec<f64>,
    /// Largest duality gap of a problem relative to its objective: the objective is within this of the optimum.
    pub gap: f64,
}

/// What a solve took so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spent {
    pub steps: usize,
    pub passes: usize,
}

impl<'x> Path<'x> {
    /// Get ready: takes the preconditioner's sample.
    pub fn new(x: impl Into<View<'x>>, targets: Targets, bias: Bias, tolerance: f64) -> Self {
        let x = x.into();
        let rows = Rows::new(x, &targets, bias);
        let k = targets.classes;
        let subspace = suits(x, k)
            .then(|| Subspace::new(x.nrows(), rows.dims(), k, BLOCKS * k, bias.weight()));
        Path {
            subspace,
            w: Array2::zeros((rows.dims(), k)),
            f: Array2::zeros((x.nrows(), k)),
            rows,
            targets,
            tolerance,
        }
    }

    /// Change which rows the loss sums over; the solution so far stays the starting point.
    pub fn set_counts(&mut self, counts: Vec<bool>) {
        self.targets.counts = counts;
        if let Some(span) = &mut self.subspace
            && !span.is_empty()
        {
            span.restart(&self.w, &self.f, &self.targets);
        }
    }

    /// The relative duality gap to reach from now on.
    pub fn set_tolerance(&mut self, tolerance: f64) {
        self.tolerance = tolerance;
    }

    /// Margins of all rows at the last solution, `[n, k]`.
    pub fn margins(&self) -> &Array2<f32> {
        &self.f
    }

    /// The weights `[d, k]` and intercepts `[k]` of the last solution.
    pub fn weights(&self) -> (Array2<f32>, Vec<f32>) {
        self.rows.weights(&self.w)
    }

    /// Minimise at this C, from the last solution.
    ///
    /// # Errors
    /// [`SvmError::NotConverged`] where the gap stays above the tolerance, [`SvmError::Stopped`] where `watch` says so.
    pub fn solve(&mut self, c: f64, watch: Option<Watch>) -> Result<Report, SvmError> {
        let Some(mut span) = self.subspace.take() else {
            return self.by_newton(c, watch, Spent::default());
        };
        let found = match self.grow(&mut span, c, watch) {
            Ok(ControlFlow::Break(report)) => Ok(report),
            Ok(ControlFlow::Continue(spent)) => {
                let found = self.by_newton(c, watch, spent);
                // The solutions have left the span.
                span.restart(&self.w, &self.f, &self.targets);
                found
            }
            Err(e) => Err(e),
        };
        self.subspace = Some(span);
        found
    }

    /// The objective of each problem.
    pub(super) fn objective(&self, w: &Columns, at: &Loss, c: f64) -> Vec<f64> {
        let square = self.rows.regulariser(w, w);
        square
            .iter()
            .zip(&at.squares)
            .map(|(s, l)| 0.5 * s + c * l)
            .collect()
    }

    /// Minimise over the features themselves, by Newton's method.
    fn by_newton(
        &mut self,
        c: f64,
        watch: Option<Watch>,
        spent: Spent,
    ) -> Result<Report, SvmError> {
        let all: Vec<usize> = (0..self.targets.classes).collect();
        let Spent {
            mut steps,
            mut passes,
        } = spent;
        let most = steps + NEWTON_STEPS;
        let mut open = all.clone();
        let mut exact = false;
        let mut best = f64::INFINITY;
        let mut stalled = 0;
        loop {
            // Problems still open, or all of them for the last word.
            let f = pick(&self.f, &open);
            let w = pick(&self.w, &open);
            let at = loss(&f, &self.targets, &open, c);
            let (g, gap) = self.rows.gradient(&w, &at);
            passes += 1;
            let objective = self.objective(&w, &at, c);
            let relative = relative(&gap, &objective);
            let worst = relative.iter().fold(0.0f64, |m, v| m.max(*v));
            tell(watch, c, steps, passes, worst)?;
            let wanting: Vec<usize> = (0..open.len())
                .filter(|j| !(relative[*j] <= self.tolerance))
                .collect();
            if wanting.is_empty() {
                if exact && open.len() == all.len() {
                    return Ok(Report {
                        c,
                        steps,
                        passes,
                        objective,
                        gap: worst,
                    });
                }
                // The margins were carried along in single precision: judge all problems by fresh ones.
                self.f = self.rows.margins(&self.w);
                passes += 1;
                exact = true;
                open = all.clone();
                continue;
            }
            stalled = if worst < 0.9 * best { 0 } else { stalled + 1 };
            best = best.min(worst);
            if steps >= most || stalled > 12 || !worst.is_finite() {
                return Err(SvmError::NotConverged {
                    solver: "primal",
                    c,
                    iterations: steps,
                    gap: worst,
                    tolerance: self.tolerance,
                });
            }
            // Drop the problems that are done and move the others.
            let at = if wanting.len() == open.len() {
                at
            } else {
                narrow(&at, &wanting)
            };
            let (f, w, g) = (pick(&f, &wanting), pick(&w, &wanting), pick(&g, &wanting));
            open = wanting.iter().map(|j| open[*j]).collect();
            self.rows.prepare(c, at.active);
            let (s, u, products) = direction(&self.rows, &g, &at, EFFORT);
            passes += products;
            let (mut f, mut w) = (f, w);
            advance(&self.rows, &mut w, &mut f, &s, &u, &self.targets, &open, c);
            put(&mut self.w, &w, &open);
            put(&mut self.f, &f, &open);
            exact = false;
            steps += 1;
        }
    }
}

/// Tell the watcher, who may stop the fit.
pub(super) fn tell(
    watch: Option<Watch>,
    c: f64,
    steps: usize,
    passes: usize,
    gap: f64,
) -> Result<(), SvmError> {
    let step = Step {
        c,
        steps,
        passes,
        gap,
    };
    match watch {
        Some(watch) => Ok(watch(&step)?),
        None => Ok(()),
    }
}

/// Gaps as shares of their objectives; one that is not a number stays so.
pub(super) fn relative(gap: &[f64], objective: &[f64]) -> Vec<f64> {
    gap.iter()
        .zip(objective)
        .map(|(g, o)| {
            if *g <= 0.0 {
                0.0
            } else {
                g / o.max(f64::MIN_POSITIVE)
            }
        })
        .collect()
}

fn narrow(at: &Loss, columns: &[usize]) -> Loss {
    Loss {
        squares: columns.iter().map(|j| at.squares[*j]).collect(),
        residual: pick(&at.residual, columns),
        curvature: pick(&at.curvature, columns),
        active: at.active,
    }
}
