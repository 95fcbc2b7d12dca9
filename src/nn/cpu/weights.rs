//! The gradient of a convolution's weights: what each small cell read, times the small side's gradient there.

use rayon::prelude::*;

use super::conv::{TILE_CELLS, large_frame, large_reads, large_source};
use super::micro::{self, PANEL, SLACK};
use super::padded::{Frame, Tile, pad, tiles, with_scratch};
use super::{Geometry, minimal};
use crate::spec::Precision;

/// Most parts that each hold a whole partial gradient: each costs memory and an addition pass.
const PARTIALS: usize = 8;
/// All partial gradients together have at most this many values (32 MiB), or there is one.
const PARTIAL_ELEMENTS: usize = 8 << 20;
/// Values of the large side that may stay in the first-level cache beside the small side's: 20 KiB.
const L1_VALUES: usize = 5 * 1024;
/// Fewer cells than this would spend their time on fetching and storing the sums.
const LEAST_CELLS: usize = 32;

/// `dw[small c, large c, kh, kw] = sum over cells of small[cell] * window of large at the cell`.
///
/// For a strided convolution `large` is the input and `small` the output's gradient; for a fractionally-strided one
/// `large` is the output's gradient and `small` the input. Partial sums are cut and added in an order fixed by the
/// shape.
pub fn gradient(g: &Geometry, large: &[f32], small: &[f32], dw: &mut [f32]) {
    gradient_in(Precision::F32, g, large, small, dw);
}

/// [`gradient`] in some precision.
pub fn gradient_in(p: Precision, g: &Geometry, large: &[f32], small: &[f32], dw: &mut [f32]) {
    match minimal::Plan::new(g, p) {
        Some(plan) => minimal::gradient(&plan, large, small, dw),
        None => gradient_directly(g, large, small, dw),
    }
}

fn gradient_directly(g: &Geometry, large: &[f32], small: &[f32], dw: &mut [f32]) {
    let (lc, sc) = (g.large[2], g.small[2]);
    let [sh, sw, _] = g.small;
    let tiles = tiles(g.batch, sh, sw, TILE_CELLS);
    let columns = sc.next_multiple_of(PANEL);
    // Kernel rows are the slabs of a gradient: [kernel row][panel][kernel column, large c][PANEL].
    let slab = g.kernel[1] * lc * columns;
    let len = g.kernel[0] * slab;
    let parts = (PARTIAL_ELEMENTS / len.max(1)).clamp(1, PARTIALS);
    let share = tiles.len().div_ceil(1 << parts.ilog2()).max(1);
    // A task is a kernel row of a part: many enough for many cores, however large the gradient. Padding the tiles anew for
    // each row costs a hundredth of the products.
    let mut sum = vec![0.0f32; len * tiles.len().div_ceil(share).max(1)];
    sum.par_chunks_mut(slab.max(1))
        .enumerate()
        .for_each(|(i, slab)| {
            let (part, ky) = (i / g.kernel[0], i % g.kernel[0]);
            for tile in tiles.iter().skip(part * share).take(share) {
                add_tile(g, large, small, tile, ky, slab);
            }
        });
    add_partials(&mut sum, len);
    sum.truncate(len);
    let taps = g.taps();
    dw.par_chunks_mut((lc * taps).max(1))
        .enumerate()
        .for_each(|(s, dw)| {
            let depth = g.kernel[1] * lc;
            for (l, dw) in dw.chunks_exact_mut(taps).enumerate() {
                for (tap, v) in dw.iter_mut().enumerate() {
                    let (ky, kx) = (tap / g.kernel[1], tap % g.kernel[1]);
                    let row = (ky * columns / PANEL + s / PANEL) * depth + kx * lc + l;
                    *v = sum[row * PANEL + s % PANEL];
                }
            }
        });
}

/// Add all partial gradients to the first, in order.
fn add_partials(partials: &mut [f32], len: usize) {
    const PIECE: usize = 1 << 14;
    let (sum, rest) = partials.split_at_mut(len);
    sum.par_chunks_mut(PIECE).enumerate().for_each(|(i, sum)| {
        for other in rest.chunks_exact(len) {
            let other = &other[i * PIECE..][..sum.len()];
            sum.iter_mut().zip(other).for_each(|(s, o)| *s += o);
        }
    });
}

/// Add one tile's share to the slab of kernel row `ky`.
fn add_tile(g: &Geometry, large: &[f32], small: &[f32], tile: &Tile, ky: usize, slab: &mut [f32]) {
    let [sh, sw, sc] = g.small;
    let lc = g.large[2];
    let columns = sc.next_multiple_of(PANEL);
    let at = (tile.images.start * sh + tile.rows.start) * sw * sc;
    let dy = &small[at..at + tile.cells() * sc];
    let frame = large_frame(g, tile);
    let image_len = frame.len(lc) + SLACK;
    // Panels are read whole: channels that do not fill one are copied apart.
    let copied = if sc == columns {
        0
    } else {
        tile.cells() * columns
    };
    with_scratch(image_len + copied, |scratch| {
        let (image, wide) = scratch.split_at_mut(image_len);
        image[image_len - SLACK..].fill(0.0);
        pad(
            large_source(g, large),
            &frame,
            &mut image[..image_len - SLACK],
        );
        for (wide, dy) in wide.chunks_exact_mut(columns).zip(dy.chunks_exact(sc)) {
            wide[..sc].copy_from_slice(dy);
            wide[sc..].fill(0.0);
        }
        let dy = if copied > 0 { &*wide } else { dy };
        add_slab(g, tile, &frame, image, dy, ky, slab);
    });
}

/// `dy` is `[cells, whole panels]`.
fn add_slab(
    g: &Geometry,
    tile: &Tile,
    frame: &Frame,
    image: &[f32],
    dy: &[f32],
    ky: usize,
    slab: &mut [f32],
) {
    let (mut bases, reach) = large_reads(g, tile, frame);
    bases.iter_mut().for_each(|b| *b += ky * reach.step);
    let columns = g.small[2].next_multiple_of(PANEL);
    // Rows of cells whose reading along one kernel row stays in the first-level cache for all panels.
    let group = tile.cols * (L1_VALUES / reach.step.max(1)).max(1);
    let group = group.max(LEAST_CELLS);
    for (i, bases) in bases.chunks(group).enumerate() {
        let parts = slab.chunks_exact_mut((reach.len * PANEL).max(1));
        for (part, first) in parts.zip((0..columns).step_by(PANEL)) {
            let dy = &dy[i * group * columns + first..];
            micro::gradient(image, bases, reach.len, dy, columns, part);
        }
    }
}
