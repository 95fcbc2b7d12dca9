//! Our solver: Newton's method with preconditioned conjugate gradients, all one-vs-rest problems at once.
//!
//! The squared hinge is once differentiable with a piecewise constant second derivative, so a damped Newton
//! iteration with the generalised Hessian converges globally and ends in few steps (Mangasarian 2002; Keerthi and
//! DeCoste 2005; LIBLINEAR's primal solver is its trust-region cousin). Each step's system is solved by conjugate
//! gradients, whose matrix products serve all k problems in one pass over the features; an exact line search on
//! the margins, which costs no pass, makes each step safe. Solutions are kept from one C to the next.

use std::ops::ControlFlow;

use ndarray::{Array2, ArrayView2};

use super::columns::{Columns, add_scaled, dot, pick, put, scale_add};
use super::model::Step;
use super::objective::{Line, Loss, Targets, line_search, loss};
use super::params::{Bias, Watch};
use super::rows::Rows;

use crate::probe::error::SvmError;

/// A Newton step's system is solved until its residual, in the preconditioner's norm, has fallen by this factor.
const FORCING: f64 = 0.1;
const NEWTON_STEPS: usize = 60;
const CG_STEPS: usize = 120;

/// Solves at one C after another on the same features, each warm from the last.
pub struct Path<'x> {
    rows: Rows<'x>,
    targets: Targets,
    tolerance: f64,
    /// Solution so far, and its margins.
    w: Columns,
    f: Columns,
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

impl<'x> Path<'x> {
    /// Get ready: takes the preconditioner's sample.
    pub fn new(x: ArrayView2<'x, f32>, targets: Targets, bias: Bias, tolerance: f64) -> Self {
        let rows = Rows::new(x, &targets, bias);
        let k = targets.classes;
        Path {
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
        let all: Vec<usize> = (0..self.targets.classes).collect();
        let mut passes = 0;
        let mut steps = 0;
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
            let square = self.rows.regulariser(&w, &w);
            let objective: Vec<f64> = square
                .iter()
                .zip(&at.squares)
                .map(|(s, l)| 0.5 * s + c * l)
                .collect();
            let relative: Vec<f64> = gap
                .iter()
                .zip(&objective)
                .map(|(g, o)| {
                    if *g > 0.0 {
                        g / o.max(f64::MIN_POSITIVE)
                    } else {
                        0.0
                    }
                })
                .collect();
            let worst = relative.iter().fold(0.0f64, |m, v| m.max(*v));
            if let Some(watch) = watch
                && let ControlFlow::Break(()) = watch(&Step {
                    c,
                    steps,
                    passes,
                    gap: worst,
                })
            {
                return Err(SvmError::Stopped);
            }
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
            if steps >= NEWTON_STEPS || stalled > 12 || !worst.is_finite() {
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
            let (s, u, products) = self.direction(&g, &at);
            passes += products;
            let slope = self.rows.regulariser(&w, &s);
            let bend = self.rows.regulariser(&s, &s);
            let lines: Vec<Line> = slope
                .iter()
                .zip(&bend)
                .map(|(slope, bend)| Line {
                    slope: *slope,
                    bend: *bend,
                })
                .collect();
            let t = line_search(&f, &u, &self.targets, &open, c, &lines);
            let (mut f, mut w) = (f, w);
            add_scaled(&mut w, &s, &t);
            add_scaled(&mut f, &u, &t);
            put(&mut self.w, &w, &open);
            put(&mut self.f, &f, &open);
            exact = false;
            steps += 1;
        }
    }

    /// The Newton direction s with its margins, by preconditioned conjugate gradients, and the products it took.
    fn direction(&self, g: &Columns, at: &Loss) -> (Columns, Columns, usize) {
        let k = g.ncols();
        let mut s = Array2::zeros(g.raw_dim());
        let mut u = Array2::zeros(at.curvature.raw_dim());
        let mut r = g.mapv(|v| -v);
        let mut p = self.rows.precondition(&r);
        let mut rz = dot(&r, &p);
        if rz.iter().any(|v| !(*v >= 0.0)) {
            // Single precision broke the preconditioner; the residual itself is always a direction of descent.
            p = r.clone();
            rz = dot(&r, &p);
        }
        let start = rz.clone();
        let mut live: Vec<bool> = rz.iter().map(|v| *v > 0.0).collect();
        let mut products = 0;
        while live.contains(&true) && products < CG_STEPS {
            let (tp, q) = self.rows.hessian(&p, at);
            products += 1;
            let loss_part = weighted_square(&tp, &at.curvature);
            let curvature: Vec<f64> = self
                .rows
                .regulariser(&p, &p)
                .iter()
                .zip(&loss_part)
                .map(|(a, b)| a + b)
                .collect();
            let alpha: Vec<f64> = (0..k)
                .map(|j| {
                    if live[j] && curvature[j] > 0.0 {
                        rz[j] / curvature[j]
                    } else {
                        0.0
                    }
                })
                .collect();
            add_scaled(&mut s, &p, &alpha);
            add_scaled(&mut u, &tp, &alpha);
            let back: Vec<f64> = alpha.iter().map(|a| -a).collect();
            add_scaled(&mut r, &q, &back);
            let z = self.rows.precondition(&r);
            let next = dot(&r, &z);
            let beta: Vec<f64> = (0..k)
                .map(|j| {
                    if live[j] && rz[j] > 0.0 {
                        next[j] / rz[j]
                    } else {
                        0.0
                    }
                })
                .collect();
            for j in 0..k {
                live[j] = live[j] && alpha[j] > 0.0 && next[j] > FORCING * FORCING * start[j];
            }
            rz = next;
            scale_add(&mut p, &z, &beta);
        }
        (s, u, products)
    }
}

/// Column-wise sum of d t^2.
fn weighted_square(t: &Columns, d: &Columns) -> Vec<f64> {
    dot(&(t * d), t)
}

fn narrow(at: &Loss, columns: &[usize]) -> Loss {
    Loss {
        squares: columns.iter().map(|j| at.squares[*j]).collect(),
        residual: pick(&at.residual, columns),
        curvature: pick(&at.curvature, columns),
        active: at.active,
    }
}
