//! The span of the directions found so far, in which every problem is minimised without a pass over the features.
//!
//! The one-vs-rest problems differ only in which rows are inside their margins, so a direction that one of them needs
//! serves them all: each pass yields a block of directions, and every problem moves in the span of all blocks (a
//! sequential subspace method: Narkiss and Zibulevsky, "Sequential Subspace Optimization Method for Large-Scale
//! Unconstrained Problems", 2005). On m directions S with their margins F = X S, a problem is an L2-SVM again, with m
//! features F and the regulariser S^T R S, and m is a hundredth of d. S, F and the small matrices stay from one C to
//! the next.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, Axis, s};
use rayon::prelude::*;

use super::cholesky::Cholesky;
use super::columns::{Columns, dot};
use super::newton::{Effort, Space, advance, direction};
use super::objective::{Loss, Targets, loss};
use super::product;
use super::view::View;

/// Directions are kept in steps of this many: whole vectors of every instruction set.
const STEP: usize = 32;
/// Newton steps between two passes, and how well each is solved; one pass costs as much as hundreds of products here.
const STEPS: usize = 8;
const EFFORT: Effort = Effort {
    forcing: 0.1,
    products: 16,
};
/// The problems are minimised until what is left to gain has fallen by this factor.
const GAIN: f64 = 1e-3;
/// Added to the preconditioner's diagonal, relative to it: directions may depend on each other.
const RIDGE: f64 = 1e-6;
/// Columns of S and rows of F that one task multiplies.
const CHUNK: usize = 512;

/// Directions with their margins.
pub struct Subspace {
    /// `[width, D]`, a direction a row; zero beyond `used`.
    directions: Array2<f32>,
    /// `[n, width]`.
    margins: Array2<f32>,
    /// S^T R S, `[width, width]`.
    regulariser: Array2<f64>,
    /// F^T F over the rows that count, `[width, width]`.
    loss: Array2<f64>,
    /// Of the solutions, `[width, k]`.
    coefficients: Columns,
    used: usize,
    most: usize,
    /// R of the last of the D coordinates, where it is an intercept.
    intercept: Option<f64>,
}

impl Subspace {
    /// An empty span that holds up to `most` directions of `dims` coordinates, for `n` rows and `k` problems.
    pub fn new(n: usize, dims: usize, k: usize, most: usize, intercept: Option<f64>) -> Self {
        Subspace {
            directions: Array2::zeros((0, dims)),
            margins: Array2::zeros((n, 0)),
            regulariser: Array2::zeros((0, 0)),
            loss: Array2::zeros((0, 0)),
            coefficients: Array2::zeros((0, k)),
            used: 0,
            most,
            intercept,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// Whether `more` directions fit.
    pub fn holds(&self, more: usize) -> bool {
        self.used + more <= self.most
    }

    /// Start again from the solutions `w` `[D, k]` with margins `f` `[n, k]` alone.
    pub fn restart(&mut self, w: &Columns, f: &Columns, targets: &Targets) {
        let (n, dims, k) = (f.nrows(), w.nrows(), w.ncols());
        *self = Subspace::new(n, dims, k, self.most, self.intercept);
        let sizes: Vec<f64> = dot(w, w).iter().map(|v| v.sqrt()).collect();
        let kept: Vec<usize> = (0..k).filter(|j| sizes[*j] > 0.0).collect();
        let scaled = |a: &Columns| {
            Array2::from_shape_fn((a.nrows(), kept.len()), |(i, j)| {
                (f64::from(a[[i, kept[j]]]) / sizes[kept[j]]) as f32
            })
        };
        self.push(&scaled(w), &scaled(f), targets);
        for (at, j) in kept.iter().enumerate() {
            self.coefficients[[at, *j]] = sizes[*j] as f32;
        }
    }

    /// Take in the directions `z` `[D, b]` with margins `u` `[n, b]`.
    pub fn push(&mut self, z: &Columns, u: &Columns, targets: &Targets) {
        let (from, to) = (self.used, self.used + z.ncols());
        self.widen(to.next_multiple_of(STEP));
        self.directions.slice_mut(s![from..to, ..]).assign(&z.t());
        self.margins.slice_mut(s![.., from..to]).assign(u);
        self.used = to;
        let added = self.regularised(from, to);
        put_border(&mut self.regulariser, &added, from);
        let added = counted_product(&self.margins, u, targets);
        put_border(&mut self.loss, &added, from);
    }

    fn widen(&mut self, width: usize) {
        let old = self.coefficients.nrows();
        if width <= old {
            return;
        }
        let (n, dims, k) = (
            self.margins.nrows(),
            self.directions.ncols(),
            self.coefficients.ncols(),
        );
        let mut directions = Array2::zeros((width, dims));
        directions.slice_mut(s![..old, ..]).assign(&self.directions);
        let mut margins = Array2::zeros((n, width));
        margins.slice_mut(s![.., ..old]).assign(&self.margins);
        let mut coefficients = Array2::zeros((width, k));
        coefficients
            .slice_mut(s![..old, ..])
            .assign(&self.coefficients);
        for square in [&mut self.regulariser, &mut self.loss] {
            let mut wide = Array2::zeros((width, width));
            wide.slice_mut(s![..old, ..old]).assign(square);
            *square = wide;
        }
        (self.directions, self.margins, self.coefficients) = (directions, margins, coefficients);
    }

    /// S^T R times the directions `from..to`, `[width, to - from]`.
    fn regularised(&self, from: usize, to: usize) -> Array2<f64> {
        let dims = self.directions.ncols();
        let starts: Vec<usize> = (0..dims).step_by(CHUNK).collect();
        let parts: Vec<Array2<f32>> = starts
            .par_iter()
            .map(|start| {
                let part = self
                    .directions
                    .slice(s![.., *start..(start + CHUNK).min(dims)]);
                let added = part.slice(s![from..to, ..]);
                part.dot(&added.t())
            })
            .collect();
        let mut sum = total(&parts, self.directions.nrows(), to - from);
        if let Some(weight) = self.intercept {
            let last = self.directions.column(dims - 1);
            for ((i, j), v) in sum.indexed_iter_mut() {
                *v += (weight - 1.0) * f64::from(last[i]) * f64::from(last[from + j]);
            }
        }
        sum
    }

    /// Minimise the problems `problems` over the span and take `w` `[D, problems]` and the margins `f` along.
    ///
    /// `enough` is what the span may leave in each duality gap. Returns the Newton steps.
    pub fn minimise(
        &mut self,
        w: &mut Columns,
        f: &mut Columns,
        targets: &Targets,
        problems: &[usize],
        c: f64,
        enough: &[f64],
    ) -> usize {
        let before = self.coefficients.select(Axis(1), problems);
        let mut now = before.clone();
        let mut start: Vec<f64> = Vec::new();
        let mut steps = 0;
        while steps < STEPS {
            let at = loss(f, targets, problems, c);
            let Some(span) = Span::new(self, c, &at) else {
                break;
            };
            let mut g = product::adjoint(self.margins.view(), &at.residual, false);
            g.zip_mut_with(&span.regularise(&now), |g, r| *g = r - *g);
            let gain: Vec<f64> = dot(&g, &span.precondition(&g));
            if start.is_empty() {
                start = gain.clone();
            }
            let left = dot(&g, &span.unregularise(&g));
            // What the span holds of the gap says little before the newest directions were followed.
            let open =
                |j: usize| gain[j] > GAIN * start[j] && (steps == 0 || 0.5 * left[j] > enough[j]);
            if !(0..problems.len()).any(open) {
                break;
            }
            let (step, u, _) = direction(&span, &g, &at, EFFORT);
            advance(&span, &mut now, f, &step, &u, targets, problems, c);
            steps += 1;
        }
        let moved = &now - &before;
        for (from, to) in now.axis_iter(Axis(1)).zip(problems) {
            self.coefficients.index_axis_mut(Axis(1), *to).assign(&from);
        }
        let chunks: Vec<_> = w
            .axis_chunks_iter_mut(Axis(0), CHUNK)
            .zip(self.directions.axis_chunks_iter(Axis(1), CHUNK))
            .collect();
        chunks.into_par_iter().for_each(|(mut w, directions)| {
            general_mat_mul(1.0, &directions.t(), &moved, 1.0, &mut w);
        });
        steps
    }
}

/// The span at one C and share of active rows.
struct Span<'a> {
    of: &'a Subspace,
    factor: Cholesky<f64>,
    /// Of S^T R S.
    plain: Cholesky<f64>,
    regulariser: Array2<f32>,
}

impl<'a> Span<'a> {
    /// `None` where the directions are too dependent to tell apart.
    fn new(of: &'a Subspace, c: f64, at: &Loss) -> Option<Self> {
        let weight = 2.0 * c * at.active.max(1e-3);
        let factor = |mut a: Array2<f64>| {
            for (i, v) in a.diag_mut().iter_mut().enumerate() {
                *v = if i < of.used && *v > 0.0 {
                    *v * (1.0 + RIDGE)
                } else {
                    1.0
                };
            }
            Cholesky::new(a, 0.0)
        };
        Some(Span {
            of,
            factor: factor(&of.regulariser + &(&of.loss * weight))?,
            plain: factor(of.regulariser.clone())?,
            regulariser: of.regulariser.mapv(|v| v as f32),
        })
    }

    fn regularise(&self, v: &Columns) -> Columns {
        self.regulariser.dot(v)
    }

    fn unregularise(&self, r: &Columns) -> Columns {
        solved(&self.plain, r)
    }
}

impl Space for Span<'_> {
    fn regulariser(&self, u: &Columns, v: &Columns) -> Vec<f64> {
        dot(u, &self.regularise(v))
    }

    fn hessian(&self, p: &Columns, loss: &Loss) -> (Columns, Columns) {
        let (t, mut q) = product::hessian(self.of.margins.view(), p, &loss.curvature);
        q += &self.regularise(p);
        (t, q)
    }

    fn precondition(&self, r: &Columns) -> Columns {
        solved(&self.factor, r)
    }
}

fn solved(factor: &Cholesky<f64>, r: &Columns) -> Columns {
    let mut z = r.mapv(f64::from);
    factor.solve(&mut z);
    z.mapv(|v| v as f32)
}

/// F^T times `u`, over the rows that count, `[width, b]`.
fn counted_product(margins: &Array2<f32>, u: &Columns, targets: &Targets) -> Array2<f64> {
    let chunks: Vec<_> = margins
        .axis_chunks_iter(Axis(0), CHUNK)
        .zip(u.axis_chunks_iter(Axis(0), CHUNK))
        .zip(targets.counts.chunks(CHUNK))
        .collect();
    let parts: Vec<Array2<f32>> = chunks
        .into_par_iter()
        .map(|((margins, u), counts)| {
            let mut u = u.to_owned();
            for (mut row, counts) in u.outer_iter_mut().zip(counts) {
                if !counts {
                    row.fill(0.0);
                }
            }
            margins.t().dot(&u)
        })
        .collect();
    total(&parts, margins.ncols(), u.ncols())
}

/// The parts' sum, in order.
fn total(parts: &[Array2<f32>], rows: usize, columns: usize) -> Array2<f64> {
    let mut sum = Array2::zeros((rows, columns));
    for part in parts {
        sum.zip_mut_with(part, |s, p| *s += f64::from(*p));
    }
    sum
}

/// Set the columns from `from` on, and the rows that mirror them.
fn put_border(square: &mut Array2<f64>, columns: &Array2<f64>, from: usize) {
    let to = from + columns.ncols();
    square.slice_mut(s![.., from..to]).assign(columns);
    square.slice_mut(s![from..to, ..]).assign(&columns.t());
}

/// Whether `x`'s shape leaves room for a span: directions must be few beside the features.
pub fn suits(x: View, k: usize) -> bool {
    x.ncols() >= 40 * k
}
