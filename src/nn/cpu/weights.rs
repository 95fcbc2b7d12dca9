//! The gradient of a convolution's weights: what each small cell read, times the small side's gradient there.

use rayon::prelude::*;

use super::Geometry;
use super::conv::{TILE_CELLS, large_frame, large_reads, large_source};
use super::micro::{self, PANEL, SLACK};
use super::padded::{Frame, Tile, pad, tiles, with_scratch};

/// Parts that each hold a whole partial gradient; few, since each costs memory and an addition pass.
const PARTIALS: usize = 8;
/// Above this many elements a gradient is kept once and the work is cut along the kernel instead (16 MiB).
const PARTIAL_ELEMENTS: usize = 4 << 20;

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
    let (lc, sc) = (g.large[2], g.small[2]);
    let [sh, sw, _] = g.small;
    let tiles = tiles(g.batch, sh, sw, TILE_CELLS);
    let columns = sc.next_multiple_of(PANEL);
    // Kernel rows are the slabs of a gradient: [kernel row][panel][kernel column, large c][PANEL].
    let slab = g.kernel[1] * lc * columns;
    let len = g.kernel[0] * slab;
    let mut sum = if len * PARTIALS <= PARTIAL_ELEMENTS {
        let share = tiles.len().div_ceil(PARTIALS).max(1);
        let mut partials = vec![0.0f32; len * tiles.len().div_ceil(share).max(1)];
        partials
            .par_chunks_mut(len.max(1))
            .zip(tiles.par_chunks(share))
            .for_each(|(partial, tiles)| {
                tiles
                    .iter()
                    .for_each(|t| add_tile(g, large, small, t, None, partial));
            });
        add_partials(&mut partials, len);
        partials
    } else {
        let mut sum = vec![0.0f32; len];
        sum.par_chunks_mut(slab).enumerate().for_each(|(ky, slab)| {
            tiles
                .iter()
                .for_each(|t| add_tile(g, large, small, t, Some(ky), slab));
        });
        sum
    };
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

/// Add one tile's share to `out`: all slabs, or that of one kernel row.
fn add_tile(
    g: &Geometry,
    large: &[f32],
    small: &[f32],
    tile: &Tile,
    only: Option<usize>,
    out: &mut [f32],
) {
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
        slabs(g, tile, &frame, image, dy, columns, only, out);
    });
}

#[allow(clippy::too_many_arguments)]
fn slabs(
    g: &Geometry,
    tile: &Tile,
    frame: &Frame,
    image: &[f32],
    dy: &[f32],
    columns: usize,
    only: Option<usize>,
    out: &mut [f32],
) {
    let (mut bases, reach) = large_reads(g, tile, frame);
    // Rows of cells whose reading along one kernel row stays in the first-level cache for all panels.
    let group = tile.cols * (L1_VALUES / reach.step.max(1)).max(1);
    let group = group.max(LEAST_CELLS);
    let rows = only.map_or(0..g.kernel[0], |ky| ky..ky + 1);
    bases.iter_mut().for_each(|b| *b += rows.start * reach.step);
    let parts = out.chunks_exact_mut(reach.len * PANEL);
    let mut last = rows.start;
    for ((ky, first), part) in rows
        .flat_map(|ky| (0..columns).step_by(PANEL).map(move |first| (ky, first)))
        .zip(parts)
    {
        if ky != last {
            bases.iter_mut().for_each(|b| *b += reach.step);
            last = ky;
        }
        for (i, bases) in bases.chunks(group).enumerate() {
            let dy = &dy[i * group * columns + first..];
            micro::gradient(image, bases, reach.len, dy, columns, part);
        }
    }
}
