//! The L2-SVM's objective on given margins: loss, residual, curvature, and the exact line search.
//!
//! For one problem with signs y in {-1, +1}, margins f = X w + b and the regulariser's R:
//!
//! P(w) = 1/2 w^T R w + C sum_i xi_i^2, with xi_i = max(0, 1 - y_i f_i)
//!
//! Its gradient is R w - X^T r with the residual r_i = 2 C y_i xi_i, and its generalised Hessian is
//! R + X^T D X with D_ii = 2 C where xi_i > 0, else 0 (Keerthi and DeCoste 2005; Lin, Weng and Keerthi 2008).
//! r, with signs y, is also a feasible point of the dual, and the duality gap between the two is exactly
//! 1/2 g^T R^-1 g for the gradient g: the stopping rule needs nothing more.

use ndarray::{Array1, Array2, ArrayView1, Axis};
use rayon::prelude::*;

/// Which rows count, and what they are labelled.
#[derive(Debug, Clone)]
pub struct Targets {
    /// Class of each row.
    pub labels: Vec<u32>,
    /// Rows that the loss sums over; the others are only predicted.
    pub counts: Vec<bool>,
    /// Number of classes, one problem each.
    pub classes: usize,
}

impl Targets {
    /// +1 where row `i` is of class `j`, else -1.
    pub fn sign(&self, i: usize, j: usize) -> f32 {
        if self.labels.get(i).is_some_and(|l| *l as usize == j) {
            1.0
        } else {
            -1.0
        }
    }

    /// Number of rows that count.
    pub fn rows(&self) -> usize {
        self.counts.iter().filter(|c| **c).count()
    }
}

/// The loss and its derivatives at some margins.
pub struct Loss {
    /// Sum over rows of xi^2, by problem.
    pub squares: Vec<f64>,
    /// 2 C y xi, `[n, k]`.
    pub residual: Array2<f32>,
    /// 2 C where xi > 0, `[n, k]`.
    pub curvature: Array2<f32>,
    /// Mean share of the counted rows with xi > 0.
    pub active: f64,
}

/// Evaluate the loss at the margins `f`, `[n, k]`, for the problems `problems` (a class each).
pub fn loss(f: &Array2<f32>, targets: &Targets, problems: &[usize], c: f64) -> Loss {
    let mut squares = vec![0.0; problems.len()];
    let mut residual = Array2::zeros(f.raw_dim());
    let mut curvature = Array2::zeros(f.raw_dim());
    let mut active = 0usize;
    let two_c = (2.0 * c) as f32;
    for (i, (f, (mut r, mut d))) in f
        .outer_iter()
        .zip(residual.outer_iter_mut().zip(curvature.outer_iter_mut()))
        .enumerate()
    {
        if !targets.counts.get(i).copied().unwrap_or(false) {
            continue;
        }
        for (((f, r), d), (problem, square)) in f
            .iter()
            .zip(&mut r)
            .zip(&mut d)
            .zip(problems.iter().zip(&mut squares))
        {
            let y = targets.sign(i, *problem);
            let xi = 1.0 - y * f;
            if xi > 0.0 {
                *r = two_c * y * xi;
                *d = two_c;
                *square += f64::from(xi) * f64::from(xi);
                active += 1;
            }
        }
    }
    let pairs = (targets.rows() * problems.len()).max(1);
    Loss {
        squares,
        residual,
        curvature,
        active: active as f64 / pairs as f64,
    }
}

/// What the duality gap of residuals taken at the margins `carried` lacks, where the margins are really `fresh`.
///
/// With r and xi' at f', and xi at f = X w: P(w) - D(r) = 1/2 g^T R^-1 g + r.(f - f') + C sum_i (xi_i^2 - xi'_i^2).
pub fn drift(carried: &Array2<f32>, fresh: &Array2<f32>, targets: &Targets, c: f64) -> Vec<f64> {
    let mut sums = vec![0.0; carried.ncols()];
    for (i, (carried, fresh)) in carried.outer_iter().zip(fresh.outer_iter()).enumerate() {
        if !targets.counts.get(i).copied().unwrap_or(false) {
            continue;
        }
        for (j, ((a, b), sum)) in carried.iter().zip(&fresh).zip(&mut sums).enumerate() {
            let y = f64::from(targets.sign(i, j));
            let (a, b) = (f64::from(*a), f64::from(*b));
            let (was, is) = ((1.0 - y * a).max(0.0), (1.0 - y * b).max(0.0));
            *sum += c * (2.0 * was * y * (b - a) + (is - was) * (is + was));
        }
    }
    sums
}

/// The regulariser along a line w + t s, up to a constant: t `slope` + 1/2 t^2 `bend`.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    pub slope: f64,
    pub bend: f64,
}

/// The step t that minimises P(w + t s) exactly, problem by problem.
///
/// `f` and `u` are the margins of w and of s, `[n, k]`. P is convex and piecewise quadratic along the line, so
/// Newton's method on its derivative, kept inside a bracket, ends after a few looks at the margins.
pub fn line_search(
    f: &Array2<f32>,
    u: &Array2<f32>,
    targets: &Targets,
    problems: &[usize],
    c: f64,
    lines: &[Line],
) -> Vec<f64> {
    problems
        .par_iter()
        .zip(lines)
        .enumerate()
        .map(|(j, (problem, line))| {
            let rows: Array1<(f32, f32)> = f
                .index_axis(Axis(1), j)
                .iter()
                .zip(u.index_axis(Axis(1), j))
                .enumerate()
                .filter(|(i, _)| targets.counts.get(*i).copied().unwrap_or(false))
                .map(|(i, (f, u))| {
                    let y = targets.sign(i, *problem);
                    (1.0 - y * f, y * u)
                })
                .collect();
            search(rows.view(), c, *line)
        })
        .collect()
}

/// `rows` holds (xi, y u) where row's slack along the line is xi - t y u.
fn search(rows: ArrayView1<(f32, f32)>, c: f64, line: Line) -> f64 {
    let derivative = |t: f64| {
        let (mut first, mut second) = (0.0f64, 0.0f64);
        for (xi, u) in rows {
            let (xi, u) = (f64::from(*xi), f64::from(*u));
            let slack = xi - t * u;
            if slack > 0.0 {
                first -= slack * u;
                second += u * u;
            }
        }
        (
            line.slope + t * line.bend + 2.0 * c * first,
            line.bend + 2.0 * c * second,
        )
    };
    let (mut low, mut high) = (0.0f64, f64::INFINITY);
    let mut t = 1.0f64;
    let scale = derivative(0.0).0.abs();
    for _ in 0..50 {
        let (slope, bend) = derivative(t);
        if slope.abs() <= 1e-6 * scale || !(bend > 0.0) {
            break;
        }
        if slope < 0.0 {
            low = t;
        } else {
            high = t;
        }
        let next = t - slope / bend;
        t = if next > low && next < high {
            next
        } else if high.is_finite() {
            0.5 * (low + high)
        } else {
            2.0 * t
        };
    }
    t
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn objective(f: &Array2<f32>, targets: &Targets, c: f64) -> f64 {
        let mut sum = 0.0;
        for (i, f) in f.iter().enumerate() {
            let y = if targets.labels[i] == 0 { 1.0 } else { -1.0 };
            sum += c * (1.0 - y * f64::from(*f)).max(0.0).powi(2);
        }
        sum
    }

    proptest! {
        #[test]
        fn residual_is_the_slope_of_the_loss(
            f in prop::collection::vec(-2.0f32..2.0, 6),
            labels in prop::collection::vec(0u32..2, 6),
            c in 0.01f64..10.0,
        ) {
            let f = Array2::from_shape_vec((6, 1), f).unwrap();
            let targets = Targets { labels, counts: vec![true; 6], classes: 2 };
            let at = loss(&f, &targets, &[0], c);
            prop_assert!((c * at.squares[0] - objective(&f, &targets, c)).abs() < 1e-5 * (1.0 + c));
            for i in 0..6 {
                let h = 1e-2;
                let (mut up, mut down) = (f.clone(), f.clone());
                up[[i, 0]] += h;
                down[[i, 0]] -= h;
                let slope = (objective(&up, &targets, c) - objective(&down, &targets, c)) / (2.0 * f64::from(h));
                // Where the hinge lies within h, the difference quotient is off by at most c h.
                prop_assert!((slope + f64::from(at.residual[[i, 0]])).abs() < c * f64::from(h) + 1e-3 * (1.0 + c));
            }
        }

        #[test]
        fn drift_makes_the_gap_that_of_the_fresh_margins(
            x in prop::collection::vec(-2.0f32..2.0, 18),
            w in prop::collection::vec(-1.0f32..1.0, 3),
            off in prop::collection::vec(-0.5f32..0.5, 6),
            c in 0.01f64..10.0,
        ) {
            let x = Array2::from_shape_vec((6, 3), x).unwrap();
            let w = Array2::from_shape_vec((3, 1), w).unwrap();
            let fresh = x.dot(&w);
            let carried = &fresh + &Array2::from_shape_vec((6, 1), off).unwrap();
            let targets = Targets { labels: vec![0, 1, 0, 1, 1, 0], counts: vec![true; 6], classes: 1 };
            let at = loss(&carried, &targets, &[0], c);
            let v = x.t().dot(&at.residual);
            let half = |v: &Array2<f32>| 0.5 * v.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>();
            let primal = half(&w) + objective(&fresh, &targets, c);
            let dual: f64 = at.residual.iter().enumerate().map(|(i, r)| {
                let alpha = f64::from(*r * targets.sign(i, 0));
                alpha - alpha * alpha / (4.0 * c)
            }).sum::<f64>() - half(&v);
            let gap = half(&(&w - &v)) + drift(&carried, &fresh, &targets, c)[0];
            prop_assert!((gap - (primal - dual)).abs() < 1e-5 * (1.0 + c + half(&v)), "{} {}", gap, primal - dual);
        }

        #[test]
        fn the_line_search_finds_the_lowest_point(
            f in prop::collection::vec(-2.0f32..2.0, 9),
            u in prop::collection::vec(-1.0f32..1.0, 9),
            c in 0.01f64..10.0,
        ) {
            let f = Array2::from_shape_vec((9, 1), f).unwrap();
            let u = Array2::from_shape_vec((9, 1), u).unwrap();
            let targets = Targets { labels: (0..9).map(|i| i % 2).collect(), counts: vec![true; 9], classes: 2 };
            // A descent direction, as the solver's are.
            let at = loss(&f, &targets, &[0], c);
            let slope0: f64 = at.residual.iter().zip(&u).map(|(r, u)| -f64::from(r * u)).sum();
            let line = Line { slope: -slope0.abs() - slope0, bend: 0.5 };
            let t = line_search(&f, &u, &targets, &[0], c, &[line])[0];
            let value = |t: f64| {
                0.5 * (2.0 * t * line.slope + t * t * line.bend)
                    + objective(&(&f + &(&u * t as f32)), &targets, c)
            };
            for step in [-0.1, -0.01, 0.01, 0.1] {
                if t + step >= 0.0 {
                    prop_assert!(value(t) <= value(t + step) + 1e-5 * (1.0 + c), "t {} step {}", t, step);
                }
            }
        }
    }
}
