//! Weights and sums in the order in which the kernels read them.

use ndarray::{Array2, ArrayView2};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::kernel::GROUP;

/// A matrix `[d, k]` in the kernels' order: groups of problems; in a group, vectors of consecutive features, problem by
/// problem; last the features that fill no vector.
#[derive(Debug, Clone)]
pub struct Interleaved {
    pub d: usize,
    pub k: usize,
    lanes: usize,
    pub values: Vec<f32>,
}

impl Interleaved {
    pub fn zeros(d: usize, k: usize) -> Self {
        let lanes = Arch::new().dispatch(Lanes);
        Interleaved {
            d,
            k,
            lanes,
            values: vec![0.0; d * k],
        }
    }

    /// From `[d, k]`.
    pub fn new(columns: ArrayView2<f32>) -> Self {
        let mut new = Self::zeros(columns.nrows(), columns.ncols());
        let mut values = std::mem::take(&mut new.values);
        new.places(|at, c, j| values[at] = columns[[c, j]]);
        new.values = values;
        new
    }

    /// The sum of the parts, taken in order in double precision, in the first `d` rows of `total`.
    pub fn sum_into(parts: &[&Interleaved], total: &mut Array2<f32>) {
        // Values that one task adds up.
        const CHUNK: usize = 4096;
        let Some(first) = parts.first() else {
            total.fill(0.0);
            return;
        };
        let mut sum = vec![0.0f32; first.values.len()];
        sum.par_chunks_mut(CHUNK).enumerate().for_each(|(i, sum)| {
            let mut exact = [0.0f64; CHUNK];
            for part in parts {
                let values = &part.values[i * CHUNK..][..sum.len()];
                for (e, v) in exact.iter_mut().zip(values) {
                    *e += f64::from(*v);
                }
            }
            for (s, e) in sum.iter_mut().zip(exact) {
                *s = e as f32;
            }
        });
        first.places(|at, c, j| total[[c, j]] = sum[at]);
    }

    /// Call `visit(place, feature, problem)` for every value.
    fn places(&self, mut visit: impl FnMut(usize, usize, usize)) {
        let whole = self.d / self.lanes * self.lanes;
        let mut at = 0;
        for first in (0..self.k).step_by(GROUP) {
            let group = first..(first + GROUP).min(self.k);
            for vector in (0..whole).step_by(self.lanes) {
                for j in group.clone() {
                    for c in vector..vector + self.lanes {
                        visit(at, c, j);
                        at += 1;
                    }
                }
            }
            for j in group {
                for c in whole..self.d {
                    visit(at, c, j);
                    at += 1;
                }
            }
        }
    }
}

struct Lanes;

impl WithSimd for Lanes {
    type Output = usize;
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        S::F32_LANES
    }
}
