//! The two thin products of a pass: rows of features against the weights of a few problems, and back.
//!
//! A general matrix product packs its operands and pads its columns; for ten columns that costs more than the
//! arithmetic. Here each vector of a row's features is loaded once and meets the weights of all problems in registers.
//! The weights and the sums are kept [`Interleaved`], so that a row and its weights are both read straight through.

use pulp::{Arch, Simd, WithSimd};

use super::interleaved::Interleaved;

/// Problems that share a pass over the features: as many accumulators as registers hold, for two rows.
pub const GROUP: usize = 10;
/// Rows whose products are added to the sums in one go.
const ROWS: usize = 16;
/// Vectors of features that [`add_adjoint`] asks memory for in advance.
const AHEAD: usize = 8;
/// Features that a stretch of [`dots`] covers.
const STRETCH: usize = 512;

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
        let rows = x.chunks(ROWS * d).zip(out.chunks_mut(ROWS * k));
        for (x, out) in rows {
            dots_of::<S, K>(simd, x, d, w, out, k, first);
        }
    }
}

/// The products of up to [`ROWS`] rows, a stretch of features at a time so that the weights are met in the first-level cache.
#[inline(always)]
fn dots_of<S: Simd, const K: usize>(
    simd: S,
    x: &[f32],
    d: usize,
    w: &[f32],
    out: &mut [f32],
    k: usize,
    first: usize,
) {
    let whole = d / S::F32_LANES * S::F32_LANES;
    let (vectors, tails) = w.split_at(whole * K);
    let vectors = S::as_simd_f32s(vectors).0.as_chunks::<K>().0;
    let mut sums = [[simd.splat_f32s(0.0); K]; ROWS];
    let count = x.len() / d;
    let stretch = STRETCH / S::F32_LANES;
    for (i, w) in vectors.chunks(stretch).enumerate() {
        let part = |row: usize| {
            let x = S::as_simd_f32s(&x[row * d..][..whole]).0;
            &x[i * stretch..]
        };
        // The pair after this one; after the last, the first one's next stretch.
        let after = |row: usize, by: usize| match row + by < count {
            true => part(row + by).as_ptr(),
            false => part(row % by.max(1)).as_ptr().wrapping_add(stretch),
        };
        // Two rows share each load of weights where there are registers for both.
        let (pairs, rest) = match S::REGISTER_COUNT >= 32 {
            true => sums[..count].as_chunks_mut::<2>(),
            false => ([].as_mut_slice(), &mut sums[..count]),
        };
        let paired = 2 * pairs.len();
        for (p, sums) in pairs.iter_mut().enumerate() {
            let rows = [2 * p, 2 * p + 1];
            let ahead = rows.map(|row| after(row, 2));
            add_dots::<S, K, 2>(simd, rows.map(part), ahead, w, sums);
        }
        for (row, sums) in rest.iter_mut().enumerate() {
            let sums = std::array::from_mut(sums);
            let row = paired + row;
            add_dots::<S, K, 1>(simd, [part(row)], [after(row, 1)], w, sums);
        }
    }
    for ((x, out), sums) in x.chunks_exact(d).zip(out.chunks_exact_mut(k)).zip(sums) {
        for (j, (out, sum)) in out[first..first + K].iter_mut().zip(sums).enumerate() {
            let tail = &tails[j * (d - whole)..(j + 1) * (d - whole)];
            let rest: f32 = x[whole..].iter().zip(tail).map(|(x, w)| x * w).sum();
            *out = simd.reduce_sum_f32s(sum) + rest;
        }
    }
}

#[inline(always)]
fn add_dots<S: Simd, const K: usize, const R: usize>(
    simd: S,
    rows: [&[S::f32s]; R],
    ahead: [*const S::f32s; R],
    w: &[[S::f32s; K]],
    sums: &mut [[S::f32s; K]; R],
) {
    let rows = rows.map(|row| &row[..w.len()]);
    let mut local = *sums;
    for (c, w) in w.iter().enumerate() {
        for ((row, ahead), sums) in rows.iter().zip(ahead).zip(&mut local) {
            let x = row[c];
            prefetch(ahead.wrapping_add(c));
            for (s, w) in sums.iter_mut().zip(w) {
                *s = simd.mul_add_e_f32s(x, *w, *s);
            }
        }
    }
    *sums = local;
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
        for (x, r) in x.chunks(ROWS * d).zip(r.chunks(ROWS * k)) {
            let mut factors = [[0.0; K]; ROWS];
            for (to, from) in factors.iter_mut().zip(r.chunks_exact(k)) {
                to.copy_from_slice(&from[first..first + K]);
            }
            let factors = &factors[..x.len() / d];
            // Two vectors of sums for every problem stay in registers over the rows, where they fit.
            if S::REGISTER_COUNT >= 32 {
                add_rows::<S, K, 2>(simd, x, d, factors, sum);
            } else {
                add_rows::<S, K, 1>(simd, x, d, factors, sum);
            }
        }
    }
}

/// Add rows times their factors to `sum`, `V` vectors of features at a time.
#[inline(always)]
fn add_rows<S: Simd, const K: usize, const V: usize>(
    simd: S,
    x: &[f32],
    d: usize,
    factors: &[[f32; K]],
    sum: &mut [f32],
) {
    let whole = d / S::F32_LANES * S::F32_LANES;
    let (vectors, tails) = sum.split_at_mut(whole * K);
    let vectors = S::as_mut_simd_f32s(vectors).0.as_chunks_mut::<K>().0;
    let (blocks, rest) = vectors.as_chunks_mut::<V>();
    let after = blocks.len() * V;
    for (at, block) in blocks.iter_mut().enumerate() {
        add_block::<S, K, V>(simd, x, d, at * V, factors, block);
    }
    for (at, block) in rest.iter_mut().enumerate() {
        let block = std::array::from_mut(block);
        add_block::<S, K, 1>(simd, x, d, after + at, factors, block);
    }
    for (j, tail) in tails.chunks_exact_mut((d - whole).max(1)).enumerate() {
        for (x, r) in x.chunks_exact(d).zip(factors) {
            for (t, x) in tail.iter_mut().zip(&x[whole..]) {
                *t += r[j] * x;
            }
        }
    }
}

#[inline(always)]
fn add_block<S: Simd, const K: usize, const V: usize>(
    simd: S,
    x: &[f32],
    d: usize,
    at: usize,
    factors: &[[f32; K]],
    block: &mut [[S::f32s; K]; V],
) {
    let mut sums = *block;
    let from = at * S::F32_LANES;
    for (row, factors) in x.chunks_exact(d).zip(factors) {
        let x = S::as_simd_f32s(&row[from..from + V * S::F32_LANES]).0;
        for v in 0..V {
            prefetch(x.as_ptr().wrapping_add(AHEAD + v));
        }
        for (x, sums) in x.iter().zip(&mut sums) {
            for (s, r) in sums.iter_mut().zip(factors) {
                *s = simd.mul_add_e_f32s(*x, simd.splat_f32s(*r), *s);
            }
        }
    }
    *block = sums;
}

/// Ask for the cache line at `p`, which need not be anywhere in particular.
#[inline(always)]
fn prefetch<T>(p: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch reads nothing that the program sees and never faults, whatever the address.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(p.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = p;
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;
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
            Interleaved::sum_into(&[&sum], &mut total);
            let want = x.dot(&w);
            for (got, want) in out.iter().zip(&want) {
                prop_assert!((got - want).abs() < 1e-4, "{} {}", got, want);
            }
            let want = &w + &x.t().dot(&r);
            for ((c, j), want) in want.indexed_iter() {
                prop_assert!((total[[c, j]] - want).abs() < 1e-4);
            }
        }
    }
}
