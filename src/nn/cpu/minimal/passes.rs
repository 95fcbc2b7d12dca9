//! The three directions by minimal filtering.
//!
//! The maps are cut into groups of whole images, whose tiles at all points stay in the cache between the transform, the
//! products and the transform back.

use std::ops::Range;

use rayon::prelude::*;

use super::plan::Plan;
use super::{tiles, weights};
use crate::nn::cpu::micro::{self, PANEL, Reach, SLACK};
use crate::nn::cpu::padded::with_scratch;
use crate::nn::cpu::spare;

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
    let mut packed = spare::lend(plan.weight_len());
    weights::for_down(plan, w, &mut packed);
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
            with_scratch(l + s, |scratch| {
                let (from, to) = scratch.split_at_mut(l);
                tiles::large_to_points(plan, large, i * images..i * images + count, from);
                down_products(plan, from, packed, to, rows);
                tiles::points_to_small(plan, to, count, small);
            });
        });
}

fn down_products(plan: &Plan, from: &[f32], packed: &[f32], to: &mut [f32], rows: usize) {
    let [lc, sc] = [plan.g.large[2], plan.g.small[2]];
    for (s, slot) in plan.slots.iter().enumerate() {
        let depth = slot.users * lc;
        let a = &from[plan.large_at(s, rows)..][..rows * depth];
        let out = &mut to[plan.small_at(s, rows)..][..rows * sc];
        let bases: Vec<usize> = (0..rows).map(|t| t * depth).collect();
        let mut places: Vec<usize> = (0..rows).map(|t| t * sc).collect();
        for panel in packed.chunks_exact(plan.users * lc * PANEL) {
            let panel = &panel[slot.before * lc * PANEL..][..depth * PANEL];
            micro::cells(
                a,
                &bases,
                Reach::straight(depth),
                panel,
                out,
                &places,
                PANEL,
            );
            places.iter_mut().for_each(|p| *p += PANEL);
        }
    }
}

/// `large = conv-transpose(small, w)`, shapes as in [`super::super::conv::down`].
pub fn up(plan: &Plan, small: &[f32], w: &[f32], large: &mut [f32]) {
    let g = &plan.g;
    let mut packed = spare::lend(plan.weight_len());
    weights::for_up(plan, w, &mut packed);
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
            with_scratch(l + s, |scratch| {
                let (to, from) = scratch.split_at_mut(l);
                tiles::small_to_points(plan, small, i * images..i * images + count, from);
                up_products(plan, from, packed, to, rows);
                tiles::points_to_large(plan, to, count, large);
            });
        });
}

fn up_products(plan: &Plan, from: &[f32], packed: &[f32], to: &mut [f32], rows: usize) {
    let [lc, sc] = [plan.g.large[2], plan.g.small[2]];
    let bases: Vec<usize> = (0..rows).map(|t| t * sc).collect();
    for (s, slot) in plan.slots.iter().enumerate() {
        let width = slot.users * lc;
        let a = &from[plan.small_at(s, rows)..][..rows * sc];
        let out = &mut to[plan.large_at(s, rows)..][..rows * width];
        let mut places: Vec<usize> = (0..rows).map(|t| t * width).collect();
        for panel in packed.chunks_exact(plan.users * sc * PANEL) {
            let users = &panel[slot.before * sc * PANEL..][..slot.users * sc * PANEL];
            for panel in users.chunks_exact(sc * PANEL) {
                micro::cells(a, &bases, Reach::straight(sc), panel, out, &places, PANEL);
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
    // Whole vectors, so that the next tiles' begin as well aligned.
    let l = (plan.large_len(rows) + SLACK).next_multiple_of(PANEL);
    let s = plan.small_len(rows);
    let at_a_time = (HELD / (l + s)).clamp(1, g.batch.div_ceil(images));
    let mut held = spare::lend((l + s) * at_a_time);
    let starts: Vec<usize> = (0..g.batch).step_by(images).collect();
    for starts in starts.chunks(at_a_time) {
        let of = |start: usize| -> Range<usize> { start..(start + images).min(g.batch) };
        held.par_chunks_exact_mut(l + s)
            .zip(starts)
            .for_each(|(held, start)| {
                let (from, to) = held.split_at_mut(l);
                tiles::large_to_points(plan, large, of(*start), from);
                // Read, but not kept, by the last block of rows.
                from[l - SLACK..].fill(0.0);
                tiles::small_to_points(plan, small, of(*start), to);
            });
        let held = &*held;
        let panel = plan.users * lc * PANEL;
        let parts: Vec<(usize, usize, &mut [f32])> = by_slot(plan, &mut sums, panel);
        parts.into_par_iter().for_each(|(panel, slot, sum)| {
            if starts[0] == 0 {
                sum.fill(0.0);
            }
            for (held, start) in held.chunks_exact(l + s).zip(starts) {
                let rows = of(*start).len() * plan.tiles();
                let (from, to) = held.split_at(l);
                let users = plan.slots[slot].users;
                let depth = users * lc;
                let a = &from[plan.large_at(slot, rows)..];
                let b = &to[plan.small_at(slot, rows)..][panel * PANEL..rows * sc];
                let bases: Vec<usize> = (0..rows).map(|t| t * depth).collect();
                micro::gradient(a, &bases, depth, b, sc, sum);
            }
        });
    }
    weights::back(plan, &sums, dw);
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
