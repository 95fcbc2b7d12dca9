//! Weights between their taps and the points, for both directions.
//!
//! The transformed weights lie as the inner loops read them, in panels of [`PANEL`] columns:
//!
//! | | order |
//! |---|---|
//! | large to small | `[small c / PANEL][slot][users * large c][PANEL]` |
//! | small to large | `[large c / PANEL][slot][user][small c][PANEL]` |

use pulp::{Arch, Simd, WithSimd, bytemuck};
use rayon::prelude::*;

use super::bf16;
use super::matrices::{G4, G5, G6, apply, transposed};
use super::plan::{Phase, Plan, Slot};
use crate::nn::cpu::micro::PANEL;
use crate::spec::Precision;

/// Most values of a panel's weights at one pair of channels: 6 x 6 points, or 9 x 9 taps.
const MOST: usize = 81;

/// `w`, `[small c, large c, kh, kw]`, at the points, for the direction from large to small; in bf16 two rows of a panel
/// share its words.
pub fn for_down(plan: &Plan, w: &[f32], out: &mut [u32]) {
    let [lc, taps] = [plan.g.large[2], plan.g.taps()];
    let len = plan.users * lc * PANEL / plan.per_word();
    out.par_chunks_mut(len.max(1))
        .enumerate()
        .for_each_init(Vec::new, |two, (panel, out)| {
            let from = |l: usize| Strided {
                first: (panel * PANEL * lc + l) * taps,
                step: lc * taps,
            };
            let row = |slot: Slot, rank: usize, l: usize| {
                slot.before * lc + (l / PANEL * slot.users + rank) * PANEL + l % PANEL
            };
            fill(plan, w, (lc, from), (out, row), two);
        });
}

/// The same for the direction from small to large.
pub fn for_up(plan: &Plan, w: &[f32], out: &mut [u32]) {
    let [lc, sc, taps] = [plan.g.large[2], plan.g.small[2], plan.g.taps()];
    let len = plan.users * sc * PANEL / plan.per_word();
    out.par_chunks_mut(len.max(1))
        .enumerate()
        .for_each_init(Vec::new, |two, (panel, out)| {
            let from = |s: usize| Strided {
                first: (s * lc + panel * PANEL) * taps,
                step: taps,
            };
            let row = |slot: Slot, rank: usize, s: usize| (slot.before + rank) * sc + s;
            fill(plan, w, (sc, from), (out, row), two);
        });
}

/// A panel from `rows` runs of taps; `row` tells from slot, rank and run the row of the panel. `two` is room for two runs.
fn fill(
    plan: &Plan,
    w: &[f32],
    (rows, from): (usize, impl Fn(usize) -> Strided),
    (out, row): (&mut [u32], impl Fn(Slot, usize, usize) -> usize),
    two: &mut Vec<f32>,
) {
    if plan.precision == Precision::F32 {
        let out: &mut [f32] = bytemuck::cast_slice_mut(out);
        for k in 0..rows {
            let place = |slot: usize, rank: usize| row(plan.slots[slot], rank, k) * PANEL;
            to_points(plan, w, from(k), out, place);
        }
        return;
    }
    two.resize(2 * plan.users * PANEL, 0.0);
    for k in (0..rows).step_by(2) {
        for odd in 0..2 {
            let place =
                |slot: usize, rank: usize| (2 * (plan.slots[slot].before + rank) + odd) * PANEL;
            to_points(plan, w, from(k + odd), two, place);
        }
        for slot in &plan.slots {
            for rank in 0..slot.users {
                let both = &two[2 * (slot.before + rank) * PANEL..][..2 * PANEL];
                let (first, second) = both.split_at(PANEL);
                let at = row(*slot, rank, k) / 2 * PANEL;
                bf16::interleave(first, second, &mut out[at..][..PANEL]);
            }
        }
    }
}

/// The gradient at the points, in the order of [`for_down`], to that of the taps.
pub fn back(plan: &Plan, points: &[f32], dw: &mut [f32]) {
    let [lc, taps] = [plan.g.large[2], plan.g.taps()];
    dw.par_chunks_mut((PANEL * lc * taps).max(1))
        .zip(points.par_chunks((plan.users * lc * PANEL).max(1)))
        .for_each(|(dw, points)| {
            for l in 0..lc {
                Arch::new().dispatch(ToTaps {
                    plan,
                    points,
                    dw,
                    l,
                });
            }
        });
}

/// Taps of [`PANEL`] pairs of channels: from `first`, the next pair's `step` further.
#[derive(Clone, Copy)]
struct Strided {
    first: usize,
    step: usize,
}

/// Evaluate the taps of a panel; `place` tells from slot and rank where its PANEL values go.
fn to_points(
    plan: &Plan,
    w: &[f32],
    from: Strided,
    out: &mut [f32],
    place: impl Fn(usize, usize) -> usize,
) {
    let taps = plan.g.taps();
    let mut gathered = [[0.0f32; PANEL]; MOST];
    for lane in 0..PANEL {
        let w = &w[from.first + lane * from.step..][..taps];
        for (to, w) in gathered.iter_mut().zip(w) {
            to[lane] = *w;
        }
    }
    Arch::new().dispatch(ToPoints {
        plan,
        taps: &gathered,
        out,
        place,
    });
}

struct ToPoints<'a, F> {
    plan: &'a Plan,
    taps: &'a [[f32; PANEL]; MOST],
    out: &'a mut [f32],
    place: F,
}

impl<F: Fn(usize, usize) -> usize> WithSimd for ToPoints<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let plan = self.plan;
        for y in &plan.axes[0].phases {
            for x in &plan.axes[1].phases {
                match (y.taps, x.taps) {
                    (3, 3) => self.phase(simd, (&G6, &G6), y, x),
                    (3, 2) => self.phase(simd, (&G6, &G5), y, x),
                    (2, 3) => self.phase(simd, (&G5, &G6), y, x),
                    (2, 2) => self.phase(simd, (&G5, &G5), y, x),
                    (2, 1) => self.phase(simd, (&G5, &G4), y, x),
                    (1, 2) => self.phase(simd, (&G4, &G5), y, x),
                    _ => self.phase(simd, (&G4, &G4), y, x),
                }
            }
        }
    }
}

impl<F: Fn(usize, usize) -> usize> ToPoints<'_, F> {
    #[inline(always)]
    fn phase<S: Simd, const NY: usize, const RY: usize, const NX: usize, const RX: usize>(
        &mut self,
        simd: S,
        (gy, gx): (&[[f32; RY]; NY], &[[f32; RX]; NX]),
        y: &Phase,
        x: &Phase,
    ) {
        let (plan, taps) = (self.plan, self.taps);
        for lane in (0..PANEL).step_by(S::F32_LANES) {
            let zero = simd.splat_f32s(0.0);
            let mut rows = [[zero; NX]; RY];
            for (i, row) in rows.iter_mut().enumerate() {
                let mut values = [zero; RX];
                for (j, value) in values.iter_mut().enumerate() {
                    let tap = tap(plan, y, x, i, j);
                    *value = S::as_simd_f32s(&taps[tap][lane..]).0[0];
                }
                *row = apply(simd, gx, &values);
            }
            for j in 0..NX {
                let mut column = [zero; RY];
                for (value, row) in column.iter_mut().zip(&rows) {
                    *value = row[j];
                }
                for (i, value) in apply(simd, gy, &column).iter().enumerate() {
                    let slot = plan.slot(y.points[i], x.points[j]);
                    let at = (self.place)(slot, plan.rank(y, x, i, j)) + lane;
                    S::as_mut_simd_f32s(&mut self.out[at..]).0[0] = *value;
                }
            }
        }
    }
}

/// Where the i-th and j-th tap of a pair of phases lies in the kernel.
#[inline(always)]
fn tap(plan: &Plan, y: &Phase, x: &Phase, i: usize, j: usize) -> usize {
    let stride = plan.g.stride;
    (y.tap0 + i * stride) * plan.g.kernel[1] + x.tap0 + j * stride
}

struct ToTaps<'a> {
    plan: &'a Plan,
    points: &'a [f32],
    dw: &'a mut [f32],
    l: usize,
}

impl WithSimd for ToTaps<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let plan = self.plan;
        let mut taps = [[0.0f32; PANEL]; MOST];
        for y in &plan.axes[0].phases {
            for x in &plan.axes[1].phases {
                let t = &mut taps;
                match (y.taps, x.taps) {
                    (3, 3) => self.phase(simd, (&G6, &G6), y, x, t),
                    (3, 2) => self.phase(simd, (&G6, &G5), y, x, t),
                    (2, 3) => self.phase(simd, (&G5, &G6), y, x, t),
                    (2, 2) => self.phase(simd, (&G5, &G5), y, x, t),
                    (2, 1) => self.phase(simd, (&G5, &G4), y, x, t),
                    (1, 2) => self.phase(simd, (&G4, &G5), y, x, t),
                    _ => self.phase(simd, (&G4, &G4), y, x, t),
                }
            }
        }
        let [lc, n] = [plan.g.large[2], plan.g.taps()];
        for lane in 0..PANEL {
            let dw = &mut self.dw[(lane * lc + self.l) * n..][..n];
            for (to, tap) in dw.iter_mut().zip(&taps) {
                *to = tap[lane];
            }
        }
    }
}

impl ToTaps<'_> {
    #[inline(always)]
    fn phase<S: Simd, const NY: usize, const RY: usize, const NX: usize, const RX: usize>(
        &self,
        simd: S,
        (gy, gx): (&[[f32; RY]; NY], &[[f32; RX]; NX]),
        y: &Phase,
        x: &Phase,
        taps: &mut [[f32; PANEL]; MOST],
    ) {
        let (plan, l) = (self.plan, self.l);
        let (gy, gx) = (transposed(*gy), transposed(*gx));
        for lane in (0..PANEL).step_by(S::F32_LANES) {
            let zero = simd.splat_f32s(0.0);
            let mut rows = [[zero; RX]; NY];
            for (i, row) in rows.iter_mut().enumerate() {
                let mut values = [zero; NX];
                for (j, value) in values.iter_mut().enumerate() {
                    let slot = plan.slots[plan.slot(y.points[i], x.points[j])];
                    let block = l / PANEL * slot.users + plan.rank(y, x, i, j);
                    let row = slot.before * plan.g.large[2] + block * PANEL + l % PANEL;
                    let at = row * PANEL + lane;
                    *value = S::as_simd_f32s(&self.points[at..]).0[0];
                }
                *row = apply(simd, &gx, &values);
            }
            for j in 0..RX {
                let mut column = [zero; NY];
                for (value, row) in column.iter_mut().zip(&rows) {
                    *value = row[j];
                }
                for (i, value) in apply(simd, &gy, &column).iter().enumerate() {
                    let at = &mut taps[tap(plan, y, x, i, j)][lane..];
                    S::as_mut_simd_f32s(at).0[0] = *value;
                }
            }
        }
    }
}
