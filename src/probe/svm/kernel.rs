//! The two thin products of a pass: rows of features against the weights of a few problems, and back.
//!
//! A general matrix product packs its operands and pads its columns; for ten columns that costs more than the
//! arithmetic. Here each vector of a row's features is loaded once and meets the weights of all problems in registers.
//! The weights and the sums are kept [`Interleaved`], so that a row and its weights are both read straight through.

use ndarray::{Array2, ArrayView2};
use pulp::{Arch, Simd, WithSimd};

/// Problems that share a pass over the features: as many accumulators as registers hold, for two rows.
const GROUP: usize = 10;
/// Rows whose products are added to the sums in one go.
const ROWS: usize = 4;

/// A matrix `[d, k]` in the kernels' order: groups of problems; in a group, vectors of consecutive features, problem by
/// problem; last the features that fill no vector.
#[derive(Debug, Clone)]
pub struct Interleaved {
    d: usize,
    k: usize,
    lanes: usize,
    values: Vec<f32>,
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
        for ((c, j), v) in columns.indexed_iter() {
            let at = new.index(c, j);
            new.values[at] = *v;
        }
        new
    }

    /// Add to `total`, `[d or more, k]`.
    pub fn add_to(&self, total: &mut Array2<f64>) {
        for ((c, j), t) in total.indexed_iter_mut().filter(|((c, _), _)| *c < self.d) {
            *t += f64::from(self.values[self.index(c, j)]);
        }
    }

    /// Where feature `c` of problem `j` is.
    fn index(&self, c: usize, j: usize) -> usize {
        let first = j / GROUP * GROUP;
        let width = (self.k - first).min(GROUP);
        let whole = self.d / self.lanes * self.lanes;
        let within = if c < whole {
            (c / self.lanes * width + j - first) * self.lanes + c % self.lanes
        } else {
            whole * width + (j - first) * (self.d - whole) + c - whole
        };
        first * self.d + within
    }
}

/// Set `out` (`[rows, k]`) to X w, for `x` `[rows, d]`.
pub fn dots(x: &[f32], w: &Interleaved, out: &mut [f32]) {
    let (d, k) = (w.d, w.k);
    assert_eq!(x.len() * k, out.len() * d, "rows of x and of the result");
    for first in (0..k).step_by(GROUP) {
        let width = (k - first).min(GROUP);
        let w = &w.values[first * d..(first + width) * d];
        with_width(
            width,
            Dots {
                x,
                d,
                w,
                out,
                k,
                first,
            },
        );
    }
}

/// Add X^T r to `sum`, for `x` `[rows, d]` and `r` `[rows, k]`.
pub fn add_adjoint(x: &[f32], r: &[f32], sum: &mut Interleaved) {
    let (d, k) = (sum.d, sum.k);
    assert_eq!(x.len() * k, r.len() * d, "rows of x and of r");
    for first in (0..k).step_by(GROUP) {
        let width = (k - first).min(GROUP);
        let sum = &mut sum.values[first * d..(first + width) * d];
        with_width(
            width,
            Adjoint {
                x,
                d,
                r,
                sum,
                k,
                first,
            },
        );
    }
}

/// A product whose group of problems has a width known at compile time.
trait Product {
    fn run<S: Simd, const K: usize>(self, simd: S);
}

struct Sized<P, const K: usize>(P);

impl<P: Product, const K: usize> WithSimd for Sized<P, K> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.0.run::<S, K>(simd);
    }
}

fn with_width<P: Product>(width: usize, product: P) {
    let arch = Arch::new();
    match width {
        1 => arch.dispatch(Sized::<P, 1>(product)),
        2 => arch.dispatch(Sized::<P, 2>(product)),
        3 => arch.dispatch(Sized::<P, 3>(product)),
        4 => arch.dispatch(Sized::<P, 4>(product)),
        5 => arch.dispatch(Sized::<P, 5>(product)),
        6 => arch.dispatch(Sized::<P, 6>(product)),
        7 => arch.dispatch(Sized::<P, 7>(product)),
        8 => arch.dispatch(Sized::<P, 8>(product)),
        9 => arch.dispatch(Sized::<P, 9>(product)),
        _ => arch.dispatch(Sized::<P, GROUP>(product)),
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

struct Dots<'a> {
    x: &'a [f32],
    d: usize,
    w: &'a [f32],
    out: &'a mut [f32],
    k: usize,
    first: usize,
}

impl Product for Dots<'_> {
    #[inline(always)]
    fn run<S: Simd, const K: usize>(self, simd: S) {
        let Dots {
            x,
            d,
            w,
            out,
            k,
            first,
        } = self;
        let mut done = 0;
        // Two rows share each load of weights where there are registers for both.
        if S::REGISTER_COUNT >= 32 {
            for (x, out) in x.chunks_exact(2 * d).zip(out.chunks_exact_mut(2 * k)) {
                let (a, b) = x.split_at(d);
                let sums = dots_of::<S, K, 2>(simd, [a, b], w);
                for (out, sums) in out.chunks_exact_mut(k).zip(sums) {
                    out[first..first + K].copy_from_slice(&sums);
                }
                done += 2;
            }
        }
        let rest = x[done * d..].chunks_exact(d);
        for (x, out) in rest.zip(out[done * k..].chunks_exact_mut(k)) {
            let [sums] = dots_of::<S, K, 1>(simd, [x], w);
            out[first..first + K].copy_from_slice(&sums);
        }
    }
}

#[inline(always)]
fn dots_of<S: Simd, const K: usize, const R: usize>(
    simd: S,
    x: [&[f32]; R],
    w: &[f32],
) -> [[f32; K]; R] {
    let d = w.len() / K;
    let whole = d / S::F32_LANES * S::F32_LANES;
    let (vectors, tails) = w.split_at(whole * K);
    let vectors = S::as_simd_f32s(vectors).0.as_chunks::<K>().0;
    let rows: [&[S::f32s]; R] = x.map(|x| &S::as_simd_f32s(x).0[..vectors.len()]);
    let mut sums = [[simd.splat_f32s(0.0); K]; R];
    for (c, w) in vectors.iter().enumerate() {
        for (row, sums) in rows.iter().zip(&mut sums) {
            let x = row[c];
            for (s, w) in sums.iter_mut().zip(w) {
                *s = simd.mul_add_e_f32s(x, *w, *s);
            }
        }
    }
    let mut out = [[0.0; K]; R];
    for ((out, sums), x) in out.iter_mut().zip(sums).zip(x) {
        for (j, (out, sum)) in out.iter_mut().zip(sums).enumerate() {
            let tail = &tails[j * (d - whole)..(j + 1) * (d - whole)];
            let rest: f32 = x[whole..].iter().zip(tail).map(|(x, w)| x * w).sum();
            *out = simd.reduce_sum_f32s(sum) + rest;
        }
    }
    out
}

struct Adjoint<'a> {
    x: &'a [f32],
    d: usize,
    r: &'a [f32],
    sum: &'a mut [f32],
    k: usize,
    first: usize,
}

impl Product for Adjoint<'_> {
    #[inline(always)]
    fn run<S: Simd, const K: usize>(self, simd: S) {
        let Adjoint {
            x,
            d,
            r,
            sum,
            k,
            first,
        } = self;
        let mut groups = x.chunks_exact(ROWS * d);
        let mut factors = r.chunks_exact(ROWS * k);
        for (x, r) in groups.by_ref().zip(factors.by_ref()) {
            let x: [&[f32]; ROWS] = std::array::from_fn(|i| &x[i * d..(i + 1) * d]);
            let r: [&[f32]; ROWS] = std::array::from_fn(|i| &r[i * k + first..][..K]);
            add_rows::<S, K, ROWS>(simd, x, r, sum);
        }
        let rest = groups.remainder().chunks_exact(d);
        for (x, r) in rest.zip(factors.remainder().chunks_exact(k)) {
            add_rows::<S, K, 1>(simd, [x], [&r[first..first + K]], sum);
        }
    }
}

#[inline(always)]
fn add_rows<S: Simd, const K: usize, const R: usize>(
    simd: S,
    x: [&[f32]; R],
    r: [&[f32]; R],
    sum: &mut [f32],
) {
    let d = sum.len() / K;
    let whole = d / S::F32_LANES * S::F32_LANES;
    let (vectors, tails) = sum.split_at_mut(whole * K);
    let vectors = S::as_mut_simd_f32s(vectors).0.as_chunks_mut::<K>().0;
    let rows: [&[S::f32s]; R] = x.map(|x| &S::as_simd_f32s(x).0[..vectors.len()]);
    let factors: [[S::f32s; K]; R] =
        std::array::from_fn(|i| std::array::from_fn(|j| simd.splat_f32s(r[i][j])));
    for (c, out) in vectors.iter_mut().enumerate() {
        let mut sums = *out;
        for (row, factors) in rows.iter().zip(&factors) {
            let x = row[c];
            for (s, r) in sums.iter_mut().zip(factors) {
                *s = simd.mul_add_e_f32s(x, *r, *s);
            }
        }
        *out = sums;
    }
    for (j, tail) in tails.chunks_exact_mut((d - whole).max(1)).enumerate() {
        for (x, r) in x.iter().zip(&r) {
            for (t, x) in tail.iter_mut().zip(&x[whole..]) {
                *t += r[j] * x;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn both_products_match_their_definitions(
            rows in 1usize..11,
            d in 1usize..70,
            k in 1usize..24,
            salt in 0usize..1000,
        ) {
            let noise = |rows: usize, columns: usize, salt: usize| {
                Array2::from_shape_fn((rows, columns), |(i, j)| {
                    ((i * 7919 + j * 104_729 + salt * 31) % 101) as f32 / 50.0 - 1.0
                })
            };
            let (x, w, r) = (noise(rows, d, salt), noise(d, k, salt + 1), noise(rows, k, salt + 2));
            let mut out = Array2::from_elem((rows, k), 9.0);
            dots(x.as_slice().unwrap(), &Interleaved::new(w.view()), out.as_slice_mut().unwrap());
            let mut sum = Interleaved::new(w.view());
            add_adjoint(x.as_slice().unwrap(), r.as_slice().unwrap(), &mut sum);
            let mut total = Array2::zeros((d + 1, k));
            sum.add_to(&mut total);
            let want = x.dot(&w);
            for (got, want) in out.iter().zip(&want) {
                prop_assert!((got - want).abs() < 1e-4, "{} {}", got, want);
            }
            let want = &w + &x.t().dot(&r);
            for ((c, j), want) in want.indexed_iter() {
                prop_assert!((total[[c, j]] - f64::from(*want)).abs() < 1e-4);
            }
        }
    }
}
