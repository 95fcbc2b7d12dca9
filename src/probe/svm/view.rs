//! A matrix of features as the solvers read it, in single or in half precision.
//!
//! Features of a batch-normalised net lie within some tens and are known to a few digits at best, so half precision (11
//! bits) keeps all that a classifier can use, in half the memory; [`super`] has the numbers. Rows are widened a block at a time, in
//! the cache, so that every sum is taken in single precision as before.

use std::borrow::Cow;

use half::f16;
use half::slice::HalfFloatSliceExt;
use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;

/// Features, `[rows, columns]`.
#[derive(Debug, Clone, Copy)]
pub enum View<'x> {
    Single(ArrayView2<'x, f32>),
    Half(ArrayView2<'x, f16>),
}

impl<'x> From<ArrayView2<'x, f32>> for View<'x> {
    fn from(x: ArrayView2<'x, f32>) -> Self {
        View::Single(x)
    }
}

impl<'x> From<ArrayView2<'x, f16>> for View<'x> {
    fn from(x: ArrayView2<'x, f16>) -> Self {
        View::Half(x)
    }
}

impl<'x> View<'x> {
    /// The same for a shorter time, which the type does not shrink to by itself.
    pub fn view(&self) -> View<'_> {
        match self {
            View::Single(x) => View::Single(x.view()),
            View::Half(x) => View::Half(x.view()),
        }
    }

    /// Rows and columns.
    pub fn dim(&self) -> (usize, usize) {
        match self {
            View::Single(x) => x.dim(),
            View::Half(x) => x.dim(),
        }
    }

    /// Number of rows.
    pub fn nrows(&self) -> usize {
        self.dim().0
    }

    /// Number of columns.
    pub fn ncols(&self) -> usize {
        self.dim().1
    }

    /// True where there are no rows or no columns.
    pub fn is_empty(&self) -> bool {
        self.nrows() == 0 || self.ncols() == 0
    }

    /// All rows in single precision: a copy, for a few hundred of them.
    pub fn single(&self) -> Array2<f32> {
        let rows: Vec<usize> = (0..self.nrows()).collect();
        self.select(&rows)
    }

    /// The rows named, in single precision.
    pub fn select(&self, rows: &[usize]) -> Array2<f32> {
        match self {
            View::Single(x) => x.select(Axis(0), rows),
            View::Half(x) => {
                let mut out = Array2::zeros((rows.len(), x.ncols()));
                let d = x.ncols().max(1);
                let into = out.as_slice_mut().unwrap_or(&mut []);
                into.par_chunks_mut(d).zip(rows).for_each(|(out, i)| {
                    let row = x.row(*i);
                    match row.as_slice() {
                        Some(row) => widen(row, out),
                        None => out.iter_mut().zip(row).for_each(|(o, v)| *o = v.to_f32()),
                    }
                });
                out
            }
        }
    }

    /// The squared length of each row.
    pub fn squares(&self) -> Vec<f64> {
        fn of<T: Copy + Sync>(x: ArrayView2<T>, value: impl Fn(T) -> f32 + Sync) -> Vec<f64> {
            let square = |i| x.row(i).iter().map(|v| f64::from(value(*v)).powi(2)).sum();
            (0..x.nrows()).into_par_iter().map(square).collect()
        }
        match self {
            View::Single(x) => of(*x, |v| v),
            View::Half(x) => of(*x, f16::to_f32),
        }
    }

    /// Whether no row differs from the first.
    pub fn rows_are_alike(&self) -> bool {
        fn of<T: PartialEq>(x: ArrayView2<T>) -> bool {
            x.outer_iter().all(|row| row == x.row(0))
        }
        match self {
            View::Single(x) => of(*x),
            View::Half(x) => of(*x),
        }
    }

    /// The first row and column whose value is not finite, and the value.
    pub(super) fn not_finite(&self) -> Option<(usize, usize, f32)> {
        fn first<T: Copy + Sync>(
            x: ArrayView2<T>,
            value: impl Fn(T) -> f32 + Sync,
        ) -> Option<(usize, usize, f32)> {
            let bad = |i: &usize| x.row(*i).iter().any(|v| !value(*v).is_finite());
            let row = (0..x.nrows()).into_par_iter().find_first(bad)?;
            let found = x.row(row);
            let mut values = found.iter().map(|v| value(*v)).enumerate();
            let (column, value) = values.find(|(_, v)| !v.is_finite())?;
            Some((row, column, value))
        }
        match self {
            View::Single(x) => first(*x, |v| v),
            View::Half(x) => first(*x, f16::to_f32),
        }
    }

    /// The values in row order, copied only where they lie otherwise.
    pub(super) fn in_rows(self) -> InRows<'x> {
        fn flat<T: Copy>(x: ArrayView2<T>) -> Cow<[T]> {
            match x.to_slice() {
                Some(values) => Cow::Borrowed(values),
                None => Cow::Owned(x.iter().copied().collect()),
            }
        }
        match self {
            View::Single(x) => InRows::Single(flat(x)),
            View::Half(x) => InRows::Half(flat(x)),
        }
    }
}

/// Rows one behind the other.
pub(super) enum InRows<'x> {
    Single(Cow<'x, [f32]>),
    Half(Cow<'x, [f16]>),
}

impl InRows<'_> {
    /// The values of a stretch in single precision, in `room` where they are not at hand.
    pub fn stretch<'a>(
        &'a self,
        values: std::ops::Range<usize>,
        room: &'a mut Vec<f32>,
    ) -> &'a [f32] {
        match self {
            InRows::Single(x) => &x[values],
            InRows::Half(x) => {
                room.resize(values.len(), 0.0);
                widen(&x[values], room);
                room
            }
        }
    }
}

/// Half to single precision, which is exact.
fn widen(x: &[f16], out: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor has the instructions that the function is compiled for.
        unsafe { widen_avx512(x, out) };
        return;
    }
    x.convert_to_f32_slice(out);
}

/// The library converts 8 values a call, which costs more than the conversion.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,f16c")]
fn widen_avx512(x: &[f16], out: &mut [f32]) {
    use std::arch::x86_64::{_mm256_loadu_si256, _mm512_cvtph_ps, _mm512_storeu_ps};
    let (vectors, rest) = x.as_chunks::<16>();
    let (into, into_rest) = out.as_chunks_mut::<16>();
    for (x, out) in vectors.iter().zip(into) {
        // SAFETY: both sides are whole arrays of 16 values; the instructions ask for no alignment.
        unsafe {
            let halves = _mm256_loadu_si256(x.as_ptr().cast());
            _mm512_storeu_ps(out.as_mut_ptr(), _mm512_cvtph_ps(halves));
        }
    }
    for (x, out) in rest.iter().zip(into_rest) {
        *out = x.to_f32();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_widens_to_what_it_is() {
        let all: Vec<f16> = (0..=u16::MAX).map(f16::from_bits).collect();
        // Lengths that leave a rest, too.
        for len in [all.len(), 37, 16, 3, 0] {
            let mut out = vec![9.0; len];
            widen(&all[..len], &mut out);
            for (x, out) in all.iter().zip(&out) {
                assert!(x.to_f32().to_bits() == out.to_bits() || x.is_nan() && out.is_nan());
            }
        }
    }
}
