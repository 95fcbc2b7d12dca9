//! Our solver where rows are fewer than columns: the weights as an expansion w = X^T beta in the rows, on their Gram matrix.
//!
//! The optimum is such an expansion, with beta the dual variables r (Chapelle, "Training a Support Vector Machine in the
//! Primal", Neural Computation 19, 2007, section 4). On K = X X^T, with the square of the intercept's constant feature added
//! where there is one, the margins are K beta, the regulariser beta^T K beta, and X^T delta stands for the gradient with
//! delta = beta - r, so that Newton's method as in `newton.rs` costs one product with K, and one with the
//! preconditioner's inverse, where it would cost a pass over X. What rounding K costs is mended: X judges the solution of
//! every C, and its margins are where the next steps start from.

use ndarray::{Array2, Axis, concatenate};

use super::columns::{Columns, add_scaled, dot, pick, put};
use super::gram::gram;
use super::gram_newton::Kernel;
use super::objective::{Line, Targets, drift, line_search, loss};
use super::params::Watch;
use super::primal::{Report, relative, tell};
use super::product;
use super::view::View;
use crate::probe::error::SvmError;

/// Share of the tolerance that Newton's method may leave before X is asked.
const SHARE: f64 = 0.5;
/// Rows beyond which the preconditioner's factor, whose time grows with their cube, outweighs the passes that are spared.
const ROWS: usize = 1024;
const STEPS: usize = 60;

/// Solves at one C after another on the Gram matrix of the same rows, each warm from the last.
pub struct Expansion<'x> {
    x: View<'x>,
    /// Size of the constant feature; 0 where there is no intercept.
    scale: f64,
    /// K, the constant feature's part included.
    kernel: Kernel,
    targets: Targets,
    tolerance: f64,
    /// Solution so far, `[n, k]`, and its margins.
    beta: Columns,
    f: Columns,
}

impl<'x> Expansion<'x> {
    /// Form the Gram matrix. `scale` is the size of the constant feature, 0 where no intercept is wanted.
    pub fn new(x: impl Into<View<'x>>, targets: Targets, scale: f64, tolerance: f64) -> Self {
        let x = x.into();
        let shape = (x.nrows(), targets.classes);
        Expansion {
            x,
            scale,
            kernel: Kernel::new(gram(x.single().view(), (scale * scale) as f32)),
            targets,
            tolerance,
            beta: Array2::zeros(shape),
            f: Array2::zeros(shape),
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
    pub fn margins(&self) -> &Columns {
        &self.f
    }

    /// Minimise at this C, from the last solution: weights with a last row of intercepts, `[d + 1, k]`.
    ///
    /// # Errors
    /// [`SvmError::NotConverged`] where the gap stays above the tolerance, [`SvmError::Stopped`] where `watch` says so.
    pub fn solve(&mut self, c: f64, watch: Option<Watch>) -> Result<(Columns, Report), SvmError> {
        let all: Vec<usize> = (0..self.targets.classes).collect();
        let mut open = all.clone();
        let mut enough = SHARE * self.tolerance;
        let (mut steps, mut passes) = (0, 0);
        loop {
            let (mut f, mut beta) = (pick(&self.f, &open), pick(&self.beta, &open));
            let at = loss(&f, &self.targets, &open, c);
            let delta = &beta - &at.residual;
            let gap: Vec<f64> = dot(&delta, &self.kernel.product(&delta))
                .iter()
                .map(|v| 0.5 * v)
                .collect();
            let objective: Vec<f64> = dot(&beta, &f)
                .iter()
                .zip(&at.squares)
                .map(|(square, loss)| 0.5 * square + c * loss)
                .collect();
            let relative = relative(&gap, &objective);
            let mut worst = largest(&relative);
            tell(watch, c, steps, passes, worst)?;
            let wanting: Vec<usize> = (0..open.len())
                .filter(|j| !(relative[*j] <= enough))
                .collect();
            if wanting.is_empty() {
                let (w, objective, gap) = self.judge(c);
                passes += 2;
                if gap <= self.tolerance {
                    let report = Report {
                        c,
                        steps,
                        passes,
                        objective,
                        gap,
                    };
                    return Ok((w, report));
                }
                // Go on from the true margins, and further.
                enough *= 0.1;
                worst = gap;
                open = all.clone();
            }
            if steps >= STEPS || enough < 1e-3 * self.tolerance || !worst.is_finite() {
                return Err(SvmError::NotConverged {
                    solver: "primal",
                    c,
                    iterations: steps,
                    gap: worst,
                    tolerance: self.tolerance,
                });
            }
            if wanting.is_empty() {
                continue;
            }
            open = wanting.iter().map(|j| open[*j]).collect();
            (f, beta) = (pick(&f, &wanting), pick(&beta, &wanting));
            self.kernel.prepare(c, at.active);
            let (delta, curvature) = (pick(&delta, &wanting), pick(&at.curvature, &wanting));
            let (s, u) = self.kernel.direction(&delta, &curvature);
            let lines: Vec<Line> = dot(&beta, &u)
                .into_iter()
                .zip(dot(&s, &u))
                .map(|(slope, bend)| Line { slope, bend })
                .collect();
            let t = line_search(&f, &u, &self.targets, &open, c, &lines);
            add_scaled(&mut beta, &s, &t);
            add_scaled(&mut f, &u, &t);
            put(&mut self.beta, &beta, &open);
            put(&mut self.f, &f, &open);
            steps += 1;
        }
    }

    /// What the solution is worth on X: its weights and intercepts, the objectives, and the largest relative duality gap.
    ///
    /// The margins become those of X. The residuals at the margins so far are the dual's point.
    fn judge(&mut self, c: f64) -> (Columns, Vec<f64>, f64) {
        let k = self.targets.classes;
        let all: Vec<usize> = (0..k).collect();
        let residual = loss(&self.f, &self.targets, &all, c).residual;
        let both = concatenate![Axis(1), self.beta, residual];
        let mut both = product::adjoint(self.x, &both, true);
        // Of the constant feature: its weight is scale times the sum, the intercept scale times that.
        let square = self.scale * self.scale;
        let last = both.nrows() - 1;
        let sums = both.row(last).to_owned();
        both.row_mut(last).fill(0.0);
        let (w, v) = both.view().split_at(Axis(1), k);
        let off = &w - &v;
        let (mut w, off) = (w.to_owned(), dot(&off, &off));
        let squares = dot(&w, &w);
        for (to, sum) in w.row_mut(last).iter_mut().zip(&sums) {
            *to = (square * f64::from(*sum)) as f32;
        }
        let fresh = product::margins(self.x, &w);
        let drift = drift(&self.f, &fresh, &self.targets, c);
        let losses = loss(&fresh, &self.targets, &all, c).squares;
        let (mut objective, mut gap) = (Vec::with_capacity(k), Vec::with_capacity(k));
        for j in 0..k {
            let (now, dual) = (f64::from(sums[j]), f64::from(sums[k + j]));
            objective.push(0.5 * (squares[j] + square * now * now) + c * losses[j]);
            gap.push(0.5 * (off[j] + square * (now - dual).powi(2)) + drift[j]);
        }
        self.f = fresh;
        let gap = largest(&relative(&gap, &objective));
        (w, objective, gap)
    }
}

/// Whether `x`'s shape makes the Gram matrix pay, from one C on.
///
/// Ten classes on two busy cores, here and over a span of directions: at one C from nothing 0.009 and 0.014 s for 500 x 3,584,
/// 0.022 and 0.027 s for 800 x 3,584, 0.050 and 0.069 s for 1000 x 7,168; but 0.039 and 0.035 s for 1000 x 3,584, and 0.100
/// and 0.083 s for 1500 x 7,168.
pub fn suits(x: View) -> bool {
    x.nrows() <= ROWS && 4 * x.nrows() <= x.ncols()
}

/// The largest gap; infinite where one is not a number.
fn largest(gaps: &[f64]) -> f64 {
    match gaps.iter().any(|g| g.is_nan()) {
        true => f64::INFINITY,
        false => gaps.iter().fold(0.0, |m, g| m.max(*g)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::linfa::Dual;
    use super::super::params::Bias;
    use super::super::primal::Path;
    use super::super::spanned::tests::{exact, problem};
    use super::*;

    #[test]
    fn the_expansion_and_the_features_agree_along_c_and_when_rows_leave() {
        let tolerance = 1e-4;
        for (classes, scale, twins) in [(3, 1.0, 0), (12, 3.0, 20), (3, 0.0, 1)] {
            let (mut x, mut targets) = problem(130, 500);
            targets.classes = classes;
            targets.labels = (0..130).map(|i| (i % classes) as u32).collect();
            // Rows twice make the Gram matrix singular; of other classes than their twins, they can't be separated.
            for i in 0..twins {
                let row = x.row(i).to_owned();
                x.row_mut(129 - i).assign(&row);
            }
            let bias = match scale > 0.0 {
                true => Bias::Regularised(scale),
                false => Bias::None,
            };
            let mut expansion = Expansion::new(x.view(), targets.clone(), scale, tolerance);
            let mut path = Path::new(x.view(), targets.clone(), bias, tolerance);
            for (round, c) in [1e-4, 1e-3, 1e-2, 1e-1, 1e-1].into_iter().enumerate() {
                if round == 4 {
                    targets.counts = (0..130).map(|i| i % 5 != 0).collect();
                    expansion.set_counts(targets.counts.clone());
                    path.set_counts(targets.counts.clone());
                }
                let (w, a) = expansion.solve(c, None).unwrap();
                let b = path.solve(c, None).unwrap();
                assert!(a.gap <= tolerance && b.gap <= tolerance);
                for (a, b) in a.objective.iter().zip(&b.objective) {
                    assert!((a / b - 1.0).abs() < 1.1 * tolerance, "C {c}: {a} {b}");
                }
                for (j, (objective, gap)) in
                    exact(&x, &targets, &w, scale, c).into_iter().enumerate()
                {
                    assert!((objective / a.objective[j] - 1.0).abs() < 1e-5);
                    assert!(
                        gap < 1.1 * tolerance * objective,
                        "C {c}: {gap} of {objective}"
                    );
                }
                assert_eq!(expansion.margins(), &product::margins(x.view(), &w));
                // 1/2 |w - w'|^2 is at most the sum of what both lack of the optimum, twice over.
                let (other, _) = path.weights();
                let (w, _) = w.view().split_at(Axis(0), 500);
                let off = &w - &other;
                for (off, objective) in dot(&off, &off).iter().zip(&a.objective) {
                    assert!(0.5 * off < 4.4 * tolerance * objective, "C {c}: {off}");
                }
            }
        }
    }

    #[test]
    fn rounding_of_the_gram_matrix_is_mended() {
        let (mut x, targets) = problem(100, 400);
        // A common mean far above the rest, which single precision keeps badly in the Gram matrix.
        x += 10.0;
        let bias = Bias::Regularised(1.0);
        let mut expansion = Expansion::new(x.view(), targets.clone(), 1.0, 1e-4);
        let dual = Dual::new(x.view(), targets.clone(), bias, 1e-4).unwrap();
        for c in [1e-3, 1e-2] {
            let (w, report) = expansion.solve(c, None).unwrap();
            let (other, _) = dual.solve(c, None).unwrap();
            let of = |w: &Columns| exact(&x, &targets, w, 1.0, c);
            for (j, (ours, theirs)) in of(&w).iter().zip(of(&other.columns)).enumerate() {
                assert!(
                    (ours.0 / theirs.0 - 1.0).abs() < 1.1e-4,
                    "{ours:?} {theirs:?}"
                );
                assert!((ours.0 / report.objective[j] - 1.0).abs() < 1e-4);
            }
        }
    }
}
