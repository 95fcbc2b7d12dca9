//! Minimising over a growing span of directions.
//!
//! Each round costs two passes over the features: one for all gradients, which certifies the duality gap and,
//! preconditioned, yields a new direction from every problem; one for those directions' margins. Between the passes every
//! problem is minimised over the span of all directions ([`super::subspace`]).

use std::ops::ControlFlow;

use super::columns::{Columns, dot, pick, put, scale};
use super::newton::Space;
use super::objective::{drift, loss};
use super::params::Watch;
use super::primal::{Path, Report, Spent, relative, tell};
use super::subspace::Subspace;
use crate::probe::error::SvmError;

/// What a span may leave in a duality gap, as a share of the tolerance.
const SHARE: f64 = 0.1;
/// Passes after which a growing span is given up, and passes without headway.
const PASSES: usize = 400;
const PATIENCE: usize = 4;

impl Path<'_> {
    /// Minimise over a growing span of directions; goes on elsewhere where that makes no headway.
    pub(super) fn grow(
        &mut self,
        span: &mut Subspace,
        c: f64,
        watch: Option<Watch>,
    ) -> Result<ControlFlow<Report, Spent>, SvmError> {
        let k = self.targets.classes;
        let mut open: Vec<usize> = (0..k).collect();
        // Of each problem, at the margins that were carried along.
        let mut certified = vec![f64::INFINITY; k];
        let mut enough = vec![0.0; k];
        let (mut steps, mut passes) = (0, 0);
        let (mut best, mut stalled) = (f64::INFINITY, 0);
        if span.is_empty() {
            self.rows.prepare(c, 1.0);
            if let Some(z) = self.rows.ridge(&self.targets) {
                passes += self.widen(span, z);
            }
        }
        loop {
            let (mut f, mut w) = (pick(&self.f, &open), pick(&self.w, &open));
            if !span.is_empty() {
                let enough: Vec<f64> = open.iter().map(|j| enough[*j]).collect();
                steps += span.minimise(&mut w, &mut f, &self.targets, &open, c, &enough);
                put(&mut self.w, &w, &open);
                put(&mut self.f, &f, &open);
            }
            let at = loss(&f, &self.targets, &open, c);
            let (g, gap) = self.rows.gradient(&w, &at);
            passes += 1;
            let objective = self.objective(&w, &at, c);
            for (j, (gap, objective)) in open.iter().zip(gap.iter().zip(&objective)) {
                certified[*j] = *gap;
                enough[*j] = SHARE * self.tolerance * objective;
            }
            let relative = relative(&gap, &objective);
            let worst = relative.iter().fold(0.0f64, |m, v| m.max(*v));
            tell(watch, c, steps, passes, worst)?;
            let wanting: Vec<usize> = (0..open.len())
                .filter(|j| !(relative[*j] <= self.tolerance))
                .collect();
            if wanting.is_empty() {
                // The margins were carried along in single precision: judge all problems by fresh ones.
                let fresh = self.rows.margins(&self.w);
                passes += 1;
                let all: Vec<usize> = (0..k).collect();
                let off = drift(&self.f, &fresh, &self.targets, c);
                self.f = fresh;
                let at = loss(&self.f, &self.targets, &all, c);
                let objective = self.objective(&self.w, &at, c);
                let gap: Vec<f64> = certified.iter().zip(&off).map(|(g, o)| g + o).collect();
                let relative = self::relative(&gap, &objective);
                let worst = relative.iter().fold(0.0f64, |m, v| m.max(*v));
                open = (0..k)
                    .filter(|j| !(relative[*j] <= self.tolerance))
                    .collect();
                if open.is_empty() {
                    return Ok(ControlFlow::Break(Report {
                        c,
                        steps,
                        passes,
                        objective,
                        gap: worst,
                    }));
                }
                stalled += 1;
                if stalled > PATIENCE {
                    return Ok(ControlFlow::Continue(Spent { steps, passes }));
                }
                continue;
            }
            stalled = if worst < 0.9 * best { 0 } else { stalled + 1 };
            best = best.min(worst);
            if passes > PASSES || stalled > PATIENCE || !worst.is_finite() {
                return Ok(ControlFlow::Continue(Spent { steps, passes }));
            }
            open = wanting.iter().map(|j| open[*j]).collect();
            if !span.holds(open.len()) {
                span.restart(&self.w, &self.f, &self.targets);
            }
            self.rows.prepare(c, at.active);
            let z = self.rows.precondition(&pick(&g, &wanting));
            passes += self.widen(span, z);
        }
    }

    /// Take the directions `z` in, which costs a pass.
    fn widen(&self, span: &mut Subspace, mut z: Columns) -> usize {
        let sizes: Vec<f64> = dot(&z, &z)
            .iter()
            .map(|v| 1.0 / v.sqrt().max(f64::MIN_POSITIVE))
            .collect();
        scale(&mut z, &sizes);
        let u = self.rows.margins(&z);
        span.push(&z, &u, &self.targets);
        1
    }
}

#[cfg(test)]
pub(super) mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::probe::svm::objective::Targets;
    use crate::probe::svm::params::Bias;

    /// Correlated features with a common mean, in which the three classes overlap.
    pub fn problem(n: usize, d: usize) -> (Array2<f32>, Targets) {
        let noise = |i: usize, j: usize| {
            let h = (i * 7919 + j * 104_729 + 1).wrapping_mul(2_654_435_761) % 10_007;
            h as f32 / 5000.0 - 1.0
        };
        let codes = Array2::from_shape_fn((n, 12), |(i, r)| {
            noise(i, r) + if r % 3 == i % 3 { 0.3 } else { 0.0 }
        });
        let mix = Array2::from_shape_fn((12, d), |(r, j)| noise(r + 5000, j) / (1.0 + r as f32));
        let mut x = codes.dot(&mix);
        for ((i, j), v) in x.indexed_iter_mut() {
            *v += 0.5 + 0.3 * noise(i + 9000, j + 50);
        }
        let targets = Targets {
            labels: (0..n).map(|i| (i % 3) as u32).collect(),
            counts: vec![true; n],
            classes: 3,
        };
        (x, targets)
    }

    /// The objective and the duality gap by their definitions, in double precision, for an intercept regularised with
    /// this scale, or 0 for none; `w` has a last row of intercepts.
    pub fn exact(
        x: &Array2<f32>,
        targets: &Targets,
        w: &Columns,
        scale: f64,
        c: f64,
    ) -> Vec<(f64, f64)> {
        let constant = Array2::from_elem((x.nrows(), 1), scale);
        let x = ndarray::concatenate![ndarray::Axis(1), x.mapv(f64::from), constant];
        let mut w = w.mapv(f64::from);
        let last = w.nrows() - 1;
        let size = if scale > 0.0 { scale } else { 1.0 };
        w.row_mut(last).mapv_inplace(|b| b / size);
        let f = x.dot(&w);
        (0..targets.classes)
            .map(|j| {
                let (mut loss, mut r) = (0.0, ndarray::Array1::zeros(x.nrows()));
                for (i, f) in f.column(j).iter().enumerate() {
                    let y = f64::from(targets.sign(i, j));
                    let xi = (1.0 - y * f).max(0.0);
                    if targets.counts[i] {
                        loss += xi * xi;
                        r[i] = 2.0 * c * y * xi;
                    }
                }
                let w = w.column(j);
                let g = &w - &x.t().dot(&r);
                (0.5 * w.dot(&w) + c * loss, 0.5 * g.dot(&g))
            })
            .collect()
    }

    #[test]
    fn the_span_and_newtons_method_agree_along_c_and_when_rows_leave() {
        // More rows than the sample, and fewer rows than features.
        for (n, d) in [(1500, 150), (90, 400)] {
            let (x, targets) = problem(n, d);
            let tolerance = 1e-4;
            let bias = Bias::Regularised(1.0);
            let mut spanned = Path::new(x.view(), targets.clone(), bias, tolerance);
            let mut plain = Path::new(x.view(), targets.clone(), bias, tolerance);
            assert!(spanned.subspace.is_some());
            plain.subspace = None;
            let mut now = targets;
            for (round, c) in [1e-4, 1e-3, 1e-2, 1e-2].into_iter().enumerate() {
                if round == 3 {
                    now.counts = (0..n).map(|i| i % 5 != 0).collect();
                    spanned.set_counts(now.counts.clone());
                    plain.set_counts(now.counts.clone());
                }
                let [a, b] = [&mut spanned, &mut plain].map(|path| path.solve(c, None).unwrap());
                assert!(a.gap <= tolerance && b.gap <= tolerance);
                for (a, b) in a.objective.iter().zip(&b.objective) {
                    assert!((a / b - 1.0).abs() < 1.1 * tolerance, "C {c}: {a} {b}");
                }
                for (j, (objective, gap)) in
                    exact(&x, &now, &spanned.w, 1.0, c).into_iter().enumerate()
                {
                    assert!((objective / a.objective[j] - 1.0).abs() < 1e-5);
                    assert!(
                        gap < 1.1 * tolerance * objective,
                        "C {c}: gap {gap} of {objective}"
                    );
                }
                let (carried, fresh) = (&spanned.f, spanned.rows.margins(&spanned.w));
                assert_eq!(carried, &fresh);
            }
        }
    }

    #[test]
    fn a_full_span_starts_again_and_still_converges() {
        let (x, targets) = problem(400, 200);
        let mut path = Path::new(x.view(), targets.clone(), Bias::Regularised(1.0), 1e-6);
        path.subspace = Some(Subspace::new(400, 201, 3, 7, Some(1.0)));
        let mut span = path.subspace.take().unwrap();
        let ControlFlow::Break(report) = path.grow(&mut span, 1e-2, None).unwrap() else {
            panic!("no headway");
        };
        assert!(report.gap <= 1e-6 && !span.holds(7));
    }

    #[test]
    fn a_span_without_room_gives_way_to_newtons_method_and_takes_its_solution() {
        let (x, targets) = problem(300, 160);
        let bias = Bias::Regularised(1.0);
        let mut path = Path::new(x.view(), targets.clone(), bias, 1e-7);
        // Room for one block: each restarts the span, which makes no headway for long.
        path.subspace = Some(Subspace::new(300, 161, 3, 3, Some(1.0)));
        for c in [1e-3, 1e-2] {
            let report = path.solve(c, None).unwrap();
            assert!(report.gap <= 1e-7);
            for (j, (_, gap)) in exact(&x, &targets, &path.w, 1.0, c).into_iter().enumerate() {
                assert!(gap < 2e-7 * report.objective[j]);
            }
        }
    }

    #[test]
    fn a_free_and_no_intercept_span_agree_with_newtons_method() {
        let (x, targets) = problem(300, 160);
        for bias in [Bias::Free, Bias::None, Bias::Regularised(3.0)] {
            let [a, b] = [true, false].map(|span| {
                let mut path = Path::new(x.view(), targets.clone(), bias, 1e-5);
                if !span {
                    path.subspace = None;
                }
                path.solve(1e-3, None).unwrap()
            });
            for (a, b) in a.objective.iter().zip(&b.objective) {
                assert!((a / b - 1.0).abs() < 3e-5, "{bias:?}: {a} {b}");
            }
        }
    }
}
