//! Newton steps on a generalised Hessian that is known by its products: preconditioned conjugate gradients and an exact
//! line search, for all problems at once.

use ndarray::Array2;

use super::columns::{Columns, add_scaled, dot, quotients, scale_add};
use super::objective::{Line, Loss, Targets, line_search};

/// Where the k problems are minimised: over weights of all features, or over the span of a few directions.
pub trait Space {
    /// u^T R v of each problem.
    fn regulariser(&self, u: &Columns, v: &Columns) -> Vec<f64>;
    /// The margins of `p`, and the generalised Hessian times `p`.
    fn hessian(&self, p: &Columns, loss: &Loss) -> (Columns, Columns);
    /// An approximate solution z of (Hessian) z = r.
    fn precondition(&self, r: &Columns) -> Columns;
}

/// When a step's system is solved well enough.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Its residual, in the preconditioner's norm, has fallen by this factor.
    pub forcing: f64,
    /// Products at most.
    pub products: usize,
}

/// The Newton direction s with its margins, and the products it took.
pub fn direction(
    space: &impl Space,
    g: &Columns,
    at: &Loss,
    effort: Effort,
) -> (Columns, Columns, usize) {
    let k = g.ncols();
    let mut s = Array2::zeros(g.raw_dim());
    let mut u = Array2::zeros(at.curvature.raw_dim());
    let mut r = g.mapv(|v| -v);
    let mut p = space.precondition(&r);
    let mut rz = dot(&r, &p);
    if rz.iter().any(|v| !(*v >= 0.0)) {
        // Single precision broke the preconditioner; the residual itself is always a direction of descent.
        p = r.clone();
        rz = dot(&r, &p);
    }
    let start = rz.clone();
    let mut live: Vec<bool> = rz.iter().map(|v| *v > 0.0).collect();
    let mut products = 0;
    while live.contains(&true) && products < effort.products {
        let (tp, q) = space.hessian(&p, at);
        products += 1;
        let loss_part = dot(&(&tp * &at.curvature), &tp);
        let curvature: Vec<f64> = space
            .regulariser(&p, &p)
            .iter()
            .zip(&loss_part)
            .map(|(a, b)| a + b)
            .collect();
        let alpha = quotients(&live, &rz, &curvature);
        add_scaled(&mut s, &p, &alpha);
        add_scaled(&mut u, &tp, &alpha);
        let back: Vec<f64> = alpha.iter().map(|a| -a).collect();
        add_scaled(&mut r, &q, &back);
        let z = space.precondition(&r);
        let next = dot(&r, &z);
        let beta = quotients(&live, &next, &rz);
        for j in 0..k {
            live[j] =
                live[j] && alpha[j] > 0.0 && next[j] > effort.forcing * effort.forcing * start[j];
        }
        rz = next;
        scale_add(&mut p, &z, &beta);
    }
    (s, u, products)
}

/// Move `w` with margins `f` along `s` with margins `u`, as far as each problem's objective falls.
#[allow(clippy::too_many_arguments)]
pub fn advance(
    space: &impl Space,
    w: &mut Columns,
    f: &mut Columns,
    s: &Columns,
    u: &Columns,
    targets: &Targets,
    problems: &[usize],
    c: f64,
) {
    let slope = space.regulariser(w, s);
    let bend = space.regulariser(s, s);
    let lines: Vec<Line> = slope
        .iter()
        .zip(&bend)
        .map(|(slope, bend)| Line {
            slope: *slope,
            bend: *bend,
        })
        .collect();
    let t = line_search(f, u, targets, problems, c, &lines);
    add_scaled(w, s, &t);
    add_scaled(f, u, &t);
}
