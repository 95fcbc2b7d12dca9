//! The three directions by minimal filtering.
//!
//! The maps are cut into groups of whole images, whose tiles at all points stay in the cache between the transform, the
//! products and the transform back.

use std::ops::Range;

use pulp::bytemuck;
use rayon::prelude::*;

use super::bf16;
use super::plan::Plan;
use super::{tiles, weights};
use crate::nn::cpu::micro::{self, PANEL, Reach, SLACK};
use crate::nn::cpu::padded::with_scratch;
use crate::nn::cpu::spare;
use crate::spec::Precision;

/// Tiles in a group whose points stay in the cache while they are multiplied with all the weights.
const GROUP: usize = 48;
/// Fewer tiles than this leave the inner loop's registers empty.
const LEAST: usize = 12;
/// Values of a gradient's tiles that are held at a time, 32 MiB.
const HELD: usize = 8 << 20;

/// Tiles in a group: as many as make the reading of their points weigh as much as that of the weights, where they do not
/// stay in the cache anyway.
fn limit(plan: &Plan) -> usize {
    GROUP.max(plan.weight_len() / (plan.large_len(1) + plan.small_len(1)))
}

/// Images in a group, so that every core has one where there are enough.
fn group(plan: &Plan) -> usize {
    let tiles = plan.tiles().max(1);
    let share = (plan.g.batch * tiles).div_ceil(rayon::current_num_threads());
    // As many groups as are needed, and all of about one size.
    let groups = share.div_ceil(limit(plan)) * rayon::current_num_threads();
    let images = plan.g.batch.div_ceil(groups.max(1));
    images.max(LEAST.div_ceil(tiles))
}

/// `small = conv(large, w)`, shapes as in [`super::super::conv::down`].
pub fn down(plan: &Plan, large: &[f32], w: &[f32], small: &mut [f32]) {
    let g = &plan.g;
    let mut packed = spare::lend(plan.weight_len() / plan.per_word());
    let packed: &mut [u32] = bytemuck::cast_slice_mut(&mut packed);
    weights::for_down(plan, w, packed);
    let packed = &*packed;
    let images = group(plan);
    let image = (g.small_len() / g.batch.max(1)).max(1);
    small
        .par_chunks_mut(images * image)
        .enumerate()
        .for_each(|(i, small)| {
            let count = small.len() / image;
            let rows = count * plan.tiles();
            let (l, s) = (plan.large_len(rows), plan.small_len(rows));
            with_scratch(l + s + words(plan, l), |scratch| {
                let (from, rest) = scratch.split_at_mut(l);
                let (to, rest) = rest.split_at_mut(s);
                tiles::large_to_points(plan, large, i * images..i * images + count, from);
                down_products(plan, factors(plan, from, rest), packed, to, rows);
                tiles::points_to_small(plan, to, count, small);
            });
        });
}

/// Room for [`factors`] of so many values.
fn words(plan: &Plan, values: usize) -> usize {
    match plan.precision {
        Precision::F32 => 0,
        Precision::Bf16 => values / 2,
    }
}

/// Values as the products read them, in `room` where they differ.
fn factors<'a>(plan: &Plan, values: &'a [f32], room: &'a mut [f32]) -> &'a [u32] {
    if plan.precision == Precision::F32 {
        return bytemuck::cast_slice(values);
    }
    let room: &mut [u32] = bytemuck::cast_slice_mut(room);
    bf16::pairs(values, room);
    room
}

fn down_products(plan: &Plan, from: &[u32], packed: &[u32], to: &mut [f32], rows: usize) {
    let [lc, sc] = [plan.g.large[2], plan.g.small[2]];
    let per = plan.per_word();
    for (s, slot) in plan.slots.iter().enumerate() {
        let depth = slot.users * lc / per;
        let a = &from[plan.large_at(s, rows) / per..][..rows * depth];
        let out = &mut to[plan.small_at(s, rows)..][..rows * sc];
        let bases: Vec<usize> = (0..rows).map(|t| t * depth).collect();
        let mut places: Vec<usize> = (0..rows).map(|t| t * sc).collect();
        for panel in packed.chunks_exact(plan.users * lc * PANEL / per) {
            let panel = &panel[slot.before * lc * PANEL / per..][..depth * PANEL];
            cells(plan, a, &bases, depth, panel, out, &places);
            places.iter_mut().for_each(|p| *p += PANEL);
        }
    }
}

/// `depth` words of each cell times a whole panel.
fn cells(
    plan: &Plan,
    a: &[u32],
    bases: &[usize],
    depth: usize,
    panel: &[u32],
    out: &mut [f32],
    places: &[usize],
) {
    match plan.precision {
        Precision::F32 => micro::cells(
            bytemuck::cast_slice(a),
            bases,
            Reach::straight(depth),
            bytemuck::cast_slice(panel),
            out,
            places,
            PANEL,
        ),
        Precision::Bf16 => bf16::cells(a, bases, depth, panel, out, places),
    }
}

/// `large = conv-transpose(small, w)`, shapes as in [`super::super::conv::down`].
pub fn up(plan: &Plan, small: &[f32], w: &[f32], large: &mut [f32]) {
    let g = &plan.g;
    let mut packed = spare::lend(plan.weight_len() / plan.per_word());
    let packed: &mut [u32] = bytemuck::cast_slice_mut(&mut packed);
    weights::for_up(plan, w, packed);
    let packed = &*packed;
    let images = group(plan);
    let image = (g.large_len() / g.batch.max(1)).max(1);
    large
        .par_chunks_mut(images * image)
        .enumerate()
        .for_each(|(i, large)| {
            let count = large.len() / image;
            let rows = count * plan.tiles();
            let (l, s) = (plan.large_len(rows), plan.small_len(rows));
            with_scratch(l + s + words(plan, s), |scratch| {
                let (to, rest) = scratch.split_at_mut(l);
                let (from, rest) = rest.split_at_mut(s);
                tiles::small_to_points(plan, small, i * images..i * images + count, from);
                up_products(plan, factors(plan, from, rest), packed, to, rows);
                tiles::points_to_large(plan, to, count, large);
            });
        });
}

fn up_products(plan: &Plan, from: &[u32], packed: &[u32], to: &mut [f32], rows: usize) {
    let [lc, sc] = [plan.g.large[2], plan.g.small[2] / plan.per_word()];
    let bases: Vec<usize> = (0..rows).map(|t| t * sc).collect();
    for (s, slot) in plan.slots.iter().enumerate() {
        let width = slot.users * lc;
        let a = &from[plan.small_at(s, rows) / plan.per_word()..][..rows * sc];
        let out = &mut to[plan.large_at(s, rows)..][..rows * width];
        let mut places: Vec<usize> = (0..rows).map(|t| t * width).collect();
        for panel in packed.chunks_exact(plan.users * sc * PANEL) {
            let users = &panel[slot.before * sc * PANEL..][..slot.users * sc * PANEL];
            for panel in users.chunks_exact(sc * PANEL) {
                cells(plan, a, &bases, sc, panel, out, &places);
                places.iter_mut().for_each(|p| *p += PANEL);
            }
        }
    }
}

/// `dw` from both sides, shapes as in [`super::super::weights::gradient`].
pub fn gradient(plan: &Plan, large: &[f32], small: &[f32], dw: &mut [f32]) {
    let g = &plan.g;
    let [lc, sc] = [g.large[2], g.small[2]];
    let mut sums = spare::lend(plan.weight_len());
    // Cut by shape alone: the sums' order must not depend on the number of threads.
    let images = GROUP.div_ceil(plan.tiles()).min(g.batch);
    let rows = images * plan.tiles();
    // Tiles that share a word count as one.
    let joint = rows.div_ceil(plan.per_word());
    // Whole vectors, so that the next tiles' begin as well aligned.
    let l = (plan.large_len(joint) + SLACK).next_multiple_of(PANEL);
    let s = plan.small_len(joint);
    let at_a_time = (HELD / (l + s)).clamp(1, g.batch.div_ceil(images));
    let mut held = spare::lend((l + s) * at_a_time);
    let held: &mut [u32] = bytemuck::cast_slice_mut(&mut held);
    let starts: Vec<usize> = (0..g.batch).step_by(images).collect();
    for starts in starts.chunks(at_a_time) {
        let of = |start: usize| -> Range<usize> { start..(start + images).min(g.batch) };
        held.par_chunks_exact_mut(l + s)
            .zip(starts)
            .for_each(|(held, start)| {
                let (from, to) = held.split_at_mut(l);
                both_to_points(plan, large, small, of(*start), from, to);
                // Read, but not kept, by the last block of rows.
                from[l - SLACK..].fill(0);
            });
        let held = &*held;
        let panel = plan.users * lc * PANEL;
        let parts: Vec<(usize, usize, &mut [f32])> = by_slot(plan, &mut sums, panel);
        parts.into_par_iter().for_each(|(panel, slot, sum)| {
            if starts[0] == 0 {
                sum.fill(0.0);
            }
            let depth = plan.slots[slot].users * lc;
            for (held, start) in held.chunks_exact(l + s).zip(starts) {
                let joint = (of(*start).len() * plan.tiles()).div_ceil(plan.per_word());
                let (from, to) = held.split_at(l);
                let a = &from[plan.large_at(slot, joint)..];
                let b = &to[plan.small_at(slot, joint)..][panel * PANEL..joint * sc];
                let bases: Vec<usize> = (0..joint).map(|t| t * depth).collect();
                match plan.precision {
                    Precision::F32 => {
                        let (a, b) = (bytemuck::cast_slice(a), bytemuck::cast_slice(b));
                        micro::gradient(a, &bases, depth, b, sc, sum);
                    }
                    Precision::Bf16 => bf16::gradient(a, &bases, depth, b, sc, sum),
                }
            }
        });
    }
    weights::back(plan, &sums, dw);
}

/// Both sides of some images at all points, as the products of the gradient read them.
fn both_to_points(
    plan: &Plan,
    large: &[f32],
    small: &[f32],
    images: Range<usize>,
    from: &mut [u32],
    to: &mut [u32],
) {
    if plan.precision == Precision::F32 {
        tiles::large_to_points(plan, large, images.clone(), bytemuck::cast_slice_mut(from));
        tiles::small_to_points(plan, small, images, bytemuck::cast_slice_mut(to));
        return;
    }
    let rows = images.len() * plan.tiles();
    let joint = rows.div_ceil(2);
    let (l, s) = (plan.large_len(rows), plan.small_len(rows));
    with_scratch(l + s, |scratch| {
        let (large_points, small_points) = scratch.split_at_mut(l);
        tiles::large_to_points(plan, large, images.clone(), large_points);
        tiles::small_to_points(plan, small, images, small_points);
        let [lc, sc] = [plan.g.large[2], plan.g.small[2]];
        for (i, slot) in plan.slots.iter().enumerate() {
            let width = slot.users * lc;
            let values = &large_points[plan.large_at(i, rows)..][..rows * width];
            two_tiles(
                values,
                &mut from[plan.large_at(i, joint)..][..joint * width],
                width,
            );
            let values = &small_points[plan.small_at(i, rows)..][..rows * sc];
            two_tiles(values, &mut to[plan.small_at(i, joint)..][..joint * sc], sc);
        }
    });
}

/// Rows in pairs, zeros beside an odd one.
fn two_tiles(values: &[f32], out: &mut [u32], width: usize) {
    for (two, out) in values.chunks(2 * width).zip(out.chunks_exact_mut(width)) {
        match two.split_at(width) {
            (first, []) => bf16::interleave(first, &vec![0.0; width], out),
            (first, second) => bf16::interleave(first, second, out),
        }
    }
}

/// Cut the weights at all points into (panel, slot, values).
fn by_slot<'a>(
    plan: &Plan,
    sums: &'a mut [f32],
    panel: usize,
) -> Vec<(usize, usize, &'a mut [f32])> {
    let mut out = Vec::new();
    for (p, mut rest) in sums.chunks_exact_mut(panel).enumerate() {
        for (s, slot) in plan.slots.iter().enumerate() {
            let (head, tail) = rest.split_at_mut(slot.users * plan.g.large[2] * PANEL);
            out.push((p, s, head));
            rest = tail;
        }
    }
    out
}
