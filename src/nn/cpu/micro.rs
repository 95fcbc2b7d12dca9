//! The inner loops of every convolution: a few output cells, or a few rows of a weight gradient, against one panel of
//! channels, with all sums in registers.
//!
//! A cell's inputs are read where they lie in a padded image ([`super::padded`]): nothing is gathered into a matrix
//! and nothing is packed but the weights, which saves two copies of `taps` times the image. The weights lie in panels of
//! [`PANEL`] output channels, `[k, PANEL]` each, so that the loop reads them straight through.

use pulp::{Arch, Simd, WithSimd};

/// Output channels of a panel: two vectors of AVX-512, four of AVX2.
pub const PANEL: usize = 32;
/// Rows that [`gradient`] may read past the end of a segment: its blocks are rounded up to four.
pub const SLACK: usize = 4;

/// What the cells of a job read: `segments` runs of `len` consecutive values, `step` apart.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    pub segments: usize,
    pub step: usize,
    pub len: usize,
}

impl Reach {
    /// One run of `len` values.
    pub fn straight(len: usize) -> Reach {
        Reach {
            segments: 1,
            step: 0,
            len,
        }
    }

    /// Values that a cell reads.
    pub fn depth(&self) -> usize {
        self.segments * self.len
    }

    /// One past the last value, from a cell's first.
    fn end(&self) -> usize {
        match self.segments {
            0 => 0,
            s => (s - 1) * self.step + self.len,
        }
    }
}

/// Set `columns` values at each of `places` in `out` to the cell's values times a panel `[depth, PANEL]`.
///
/// Cell i reads `a` from `bases[i]`.
///
/// # Panics
/// If something reaches past its slice: a bug of the caller, no input leads here.
pub fn cells(
    a: &[f32],
    bases: &[usize],
    reach: Reach,
    panel: &[f32],
    out: &mut [f32],
    places: &[usize],
    columns: usize,
) {
    assert!(bases.len() == places.len() && columns <= PANEL);
    assert!(panel.len() >= reach.depth() * PANEL);
    let last = |v: &[usize]| v.iter().max().copied().unwrap_or(0);
    assert!(bases.is_empty() || last(bases) + reach.end() <= a.len());
    assert!(places.is_empty() || last(places) + columns <= out.len());
    Arch::new().dispatch(Cells {
        a,
        bases,
        reach,
        panel,
        out,
        places,
        columns,
    });
}

/// [`cells`] against every panel of `packed` ([`panels`]); `places` are the first panel's.
pub fn by_panel(
    a: &[f32],
    bases: &[usize],
    reach: Reach,
    packed: &[f32],
    out: &mut [f32],
    mut places: Vec<usize>,
    channels: usize,
) {
    let panels = packed.chunks_exact((reach.depth() * PANEL).max(1));
    for (panel, first) in panels.zip((0..channels).step_by(PANEL)) {
        let columns = (channels - first).min(PANEL);
        cells(a, bases, reach, panel, out, &places, columns);
        places.iter_mut().for_each(|p| *p += PANEL);
    }
}

struct Cells<'a> {
    a: &'a [f32],
    bases: &'a [usize],
    reach: Reach,
    panel: &'a [f32],
    out: &'a mut [f32],
    places: &'a [usize],
    columns: usize,
}

impl WithSimd for Cells<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let mut i = 0;
        while i < self.bases.len() {
            let left = self.bases.len() - i;
            // Two vectors wide: 12 cells take 24 of 32 registers, 6 take 12 of 16.
            i += match (S::REGISTER_COUNT >= 32, left) {
                (true, 12..) => self.block::<S, 12>(simd, i),
                (true, 8..) => self.block::<S, 8>(simd, i),
                (false, 6..) => self.block::<S, 6>(simd, i),
                (_, 4..) => self.block::<S, 4>(simd, i),
                _ => self.block::<S, 1>(simd, i),
            };
        }
    }
}

impl Cells<'_> {
    /// The `M` cells from `first`; returns `M`.
    #[inline(always)]
    fn block<S: Simd, const M: usize>(&mut self, simd: S, first: usize) -> usize {
        let wide = 2 * S::F32_LANES;
        for column in (0..self.columns).step_by(wide) {
            // SAFETY: `cells` asserted that every cell's reach ends inside `a` and that the panel has `depth` rows; a row
            // holds PANEL values and PANEL is a multiple of two vectors.
            let sums = unsafe {
                let bases: [usize; M] =
                    std::array::from_fn(|m| *self.bases.get_unchecked(first + m));
                products::<S, M>(simd, self.a, bases, self.reach, &self.panel[column..])
            };
            let width = (self.columns - column).min(wide);
            for (sums, place) in sums.iter().zip(&self.places[first..]) {
                let out = &mut self.out[place + column..][..width];
                store::<S>(out, sums);
            }
        }
        M
    }
}

/// # Safety
/// Every `bases[m] + reach.end()` is within `a`, and `panel` has two vectors at each of `depth` rows of [`PANEL`].
#[inline(always)]
unsafe fn products<S: Simd, const M: usize>(
    simd: S,
    a: &[f32],
    bases: [usize; M],
    reach: Reach,
    panel: &[f32],
) -> [[S::f32s; 2]; M] {
    let mut sums = [[simd.splat_f32s(0.0); 2]; M];
    let mut b = panel.as_ptr();
    for segment in 0..reach.segments {
        // SAFETY: the caller's promise keeps each pointer and what is read behind it inside `a` and `panel`.
        unsafe {
            let rows: [*const f32; M] =
                std::array::from_fn(|m| a.as_ptr().add(bases[m] + segment * reach.step));
            for i in 0..reach.len {
                let w: [S::f32s; 2] = [load::<S>(b), load::<S>(b.add(S::F32_LANES))];
                for (row, sums) in rows.iter().zip(&mut sums) {
                    let x = simd.splat_f32s(*row.add(i));
                    sums[0] = simd.mul_add_e_f32s(x, w[0], sums[0]);
                    sums[1] = simd.mul_add_e_f32s(x, w[1], sums[1]);
                }
                b = b.add(PANEL);
            }
        }
    }
    sums
}

/// # Safety
/// A whole vector is readable at `p`.
#[inline(always)]
unsafe fn load<S: Simd>(p: *const f32) -> S::f32s {
    // SAFETY: the caller's promise; any bits are a valid vector.
    unsafe { p.cast::<S::f32s>().read_unaligned() }
}

/// Two vectors into a slice of at most that length.
#[inline(always)]
fn store<S: Simd>(out: &mut [f32], sums: &[S::f32s; 2]) {
    if let [a, b] = S::as_mut_simd_f32s(out).0 {
        [*a, *b] = *sums;
        return;
    }
    let sums: &[f32] = pulp::bytemuck::cast_slice(sums.as_slice());
    out.copy_from_slice(&sums[..out.len()]);
}

/// Add to `out[row * PANEL + j]` the sum over cells of `a[bases[cell] + row] * b[cell * b_step + j]`, for `rows` rows and all
/// PANEL columns j. Reads up to [`SLACK`] values of `a` behind the last row.
///
/// # Panics
/// If something reaches past its slice: a bug of the caller, no input leads here.
pub fn gradient(
    a: &[f32],
    bases: &[usize],
    rows: usize,
    b: &[f32],
    b_step: usize,
    out: &mut [f32],
) {
    let last = bases.iter().max().copied().unwrap_or(0);
    assert!(bases.is_empty() || last + rows + SLACK <= a.len());
    assert!(bases.is_empty() || (bases.len() - 1) * b_step + PANEL <= b.len());
    assert!(rows * PANEL <= out.len());
    Arch::new().dispatch(Gradient {
        a,
        bases,
        rows,
        b,
        b_step,
        out,
    });
}

struct Gradient<'a> {
    a: &'a [f32],
    bases: &'a [usize],
    rows: usize,
    b: &'a [f32],
    b_step: usize,
    out: &'a mut [f32],
}

impl WithSimd for Gradient<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let mut row = 0;
        while row < self.rows {
            let left = self.rows - row;
            row += match (S::REGISTER_COUNT >= 32, left) {
                (true, 9..) => self.block::<S, 12>(simd, row),
                (true, 5..) => self.block::<S, 8>(simd, row),
                (false, 5..) => self.block::<S, 6>(simd, row),
                _ => self.block::<S, 4>(simd, row),
            };
        }
    }
}

impl Gradient<'_> {
    /// The `M` rows from `first`, those past the last not kept; returns `M`.
    #[inline(always)]
    fn block<S: Simd, const M: usize>(&mut self, simd: S, first: usize) -> usize {
        for column in (0..PANEL).step_by(2 * S::F32_LANES) {
            let rows = (self.rows - first).min(M);
            let out =
                &mut self.out[first * PANEL + column..][..(rows - 1) * PANEL + 2 * S::F32_LANES];
            if rows < M {
                // Padded, so that the block can be fetched and stored whole.
                let mut spare = [0.0; 12 * PANEL];
                for (to, from) in spare.chunks_mut(PANEL).zip(out.chunks(PANEL)) {
                    to[..2 * S::F32_LANES].copy_from_slice(&from[..2 * S::F32_LANES]);
                }
                // SAFETY: as below; `spare` holds M rows.
                unsafe {
                    accumulate::<S, M>(
                        simd,
                        self.a,
                        self.bases,
                        first,
                        &self.b[column..],
                        self.b_step,
                        &mut spare,
                    )
                };
                for (from, to) in spare.chunks(PANEL).zip(out.chunks_mut(PANEL)) {
                    to[..2 * S::F32_LANES].copy_from_slice(&from[..2 * S::F32_LANES]);
                }
            } else {
                // SAFETY: `gradient` asserted that rows + SLACK values follow each base, and M rounds the rows up by less
                // than SLACK; that a panel of `b` follows each cell's start; `out` was cut to end with M rows.
                unsafe {
                    accumulate::<S, M>(
                        simd,
                        self.a,
                        self.bases,
                        first,
                        &self.b[column..],
                        self.b_step,
                        out,
                    )
                };
            }
        }
        M
    }
}

/// # Safety
/// M values follow `first` behind each base, two vectors each cell's start in `b`, and `out` holds M rows of two vectors.
#[inline(always)]
unsafe fn accumulate<S: Simd, const M: usize>(
    simd: S,
    a: &[f32],
    bases: &[usize],
    first: usize,
    b: &[f32],
    b_step: usize,
    out: &mut [f32],
) {
    // SAFETY: the caller's promise.
    unsafe {
        let at = out.as_mut_ptr();
        let mut sums: [[S::f32s; 2]; M] = std::array::from_fn(|m| {
            [
                load::<S>(at.add(m * PANEL)),
                load::<S>(at.add(m * PANEL + S::F32_LANES)),
            ]
        });
        let mut b = b.as_ptr();
        for base in bases {
            let a = a.as_ptr().add(base + first);
            let w: [S::f32s; 2] = [load::<S>(b), load::<S>(b.add(S::F32_LANES))];
            for (m, sums) in sums.iter_mut().enumerate() {
                let x = simd.splat_f32s(*a.add(m));
                sums[0] = simd.mul_add_e_f32s(x, w[0], sums[0]);
                sums[1] = simd.mul_add_e_f32s(x, w[1], sums[1]);
            }
            b = b.wrapping_add(b_step);
        }
        for (m, sums) in sums.into_iter().enumerate() {
            at.add(m * PANEL).cast::<S::f32s>().write_unaligned(sums[0]);
            at.add(m * PANEL + S::F32_LANES)
                .cast::<S::f32s>()
                .write_unaligned(sums[1]);
        }
    }
}

/// Cut a matrix `[depth, columns]` into panels `[depth, PANEL]`, the last filled up with zeros; `value(k, column)` is asked for
/// each element, a column at a time.
pub fn panels(
    depth: usize,
    columns: usize,
    value: impl Fn(usize, usize) -> f32 + Sync,
) -> Vec<f32> {
    use rayon::prelude::*;
    let mut out = vec![0.0; depth * columns.next_multiple_of(PANEL)];
    out.par_chunks_mut((depth * PANEL).max(1))
        .enumerate()
        .for_each(|(p, panel)| {
            let first = p * PANEL;
            for j in 0..PANEL.min(columns - first) {
                for (k, row) in panel.chunks_exact_mut(PANEL).enumerate() {
                    row[j] = value(k, first + j);
                }
            }
        });
    out
}
