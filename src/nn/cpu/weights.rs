//! The gradient of a convolution's weights: gathered rows, transposed, times the small side's gradient.

use rayon::prelude::*;

use super::Geometry;
use super::conv::{TILE_CELLS, TILE_ELEMENTS};
use super::gather::{Source, Window, gather, tiles, with_scratch};
use super::matmul::{View, product};
use super::transpose::swap;

/// Parts that each hold a whole partial gradient; few, since each costs memory and an addition pass.
const PARTIALS: usize = 8;
/// Above this many elements a gradient is kept once and the work is cut along the kernel instead (16 MiB).
const PARTIAL_ELEMENTS: usize = 4 << 20;

/// `dw[small c, large c, kh, kw] = sum over cells of small[cell] * window of large at the cell`.
///
/// For a strided convolution `large` is the input and `small` the output's gradient; for a fractionally-strided one
/// `large` is the output's gradient and `small` the input. Partial sums are cut and added in an order fixed by the
/// shape.
pub fn gradient(g: &Geometry, large: &[f32], small: &[f32], dw: &mut [f32]) {
    let (lc, sc) = (g.large[2], g.small[2]);
    let columns = g.taps() * lc;
    // Partial gradients lie as [small, taps, large].
    let mut sum = if dw.len() * PARTIALS <= PARTIAL_ELEMENTS {
        by_cells(g, large, small, sc * columns)
    } else {
        by_taps(g, large, small)
    };
    sum.truncate(dw.len());
    swap(&sum, dw, g.taps(), lc);
}

fn source<'a>(g: &Geometry, large: &'a [f32]) -> Source<'a> {
    Source {
        data: large,
        height: g.large[0],
        width: g.large[1],
        channels: g.large[2],
    }
}

/// Small gradients: each part owns a fixed share of the cells and a whole partial gradient.
fn by_cells(g: &Geometry, large: &[f32], small: &[f32], len: usize) -> Vec<f32> {
    let [sh, sw, _] = g.small;
    let tiles = tiles(g.batch, sh, sw, TILE_CELLS);
    let share = tiles.len().div_ceil(PARTIALS).max(1);
    let mut partials = vec![0.0f32; len * tiles.len().div_ceil(share).max(1)];
    partials
        .par_chunks_mut(len.max(1))
        .zip(tiles.par_chunks(share))
        .for_each(|(partial, tiles)| {
            for tile in tiles {
                accumulate(g, large, small, tile, g.window(), partial, g.taps(), 0);
            }
        });
    let (sum, rest) = partials.split_at_mut(len);
    let piece = 1 << 14;
    sum.par_chunks_mut(piece).enumerate().for_each(|(i, sum)| {
        for other in rest.chunks_exact(len) {
            let other = &other[i * piece..][..sum.len()];
            sum.iter_mut().zip(other).for_each(|(s, o)| *s += o);
        }
    });
    partials
}

/// Large gradients: each part owns one tap (or row of taps) for all cells, then the parts are interleaved.
fn by_taps(g: &Geometry, large: &[f32], small: &[f32]) -> Vec<f32> {
    let [sh, sw, sc] = g.small;
    let lc = g.large[2];
    let tiles = tiles(g.batch, sh, sw, TILE_CELLS);
    let windows = g.window().split(1);
    let mut parts = vec![0.0f32; sc * lc * windows.len()];
    parts
        .par_chunks_mut((sc * lc).max(1))
        .zip(windows.par_iter())
        .for_each(|(part, window)| {
            for tile in &tiles {
                accumulate(g, large, small, tile, *window, part, 1, 0);
            }
        });
    // [taps, small, large] -> [small, taps, large]
    let mut sum = vec![0.0f32; parts.len()];
    let taps = windows.len();
    sum.par_chunks_mut((taps * lc).max(1))
        .enumerate()
        .for_each(|(s, rows)| {
            for (tap, row) in rows.chunks_exact_mut(lc).enumerate() {
                row.copy_from_slice(&parts[(tap * sc + s) * lc..][..lc]);
            }
        });
    sum
}

/// Add one tile's share to `partial`, `[small, taps, large]`, for the taps of `window`, which begin at `first`.
#[allow(clippy::too_many_arguments)]
fn accumulate(
    g: &Geometry,
    large: &[f32],
    small: &[f32],
    tile: &super::gather::Tile,
    window: Window,
    partial: &mut [f32],
    taps: usize,
    first: usize,
) {
    let [sh, sw, sc] = g.small;
    let lc = g.large[2];
    let cells = tile.cells();
    let at = ((tile.images.start * sh) + tile.rows.start) * sw * sc;
    let grad = View::rows(&small[at..at + cells * sc], sc);
    let mut depth = first * lc;
    for part in window.split(TILE_ELEMENTS / (cells * lc).max(1)) {
        let n = part.taps() * lc;
        with_scratch(cells * n, |rows| {
            gather(source(g, large), tile, g.stride, part, rows);
            let b = View::rows(rows, n);
            product(
                [sc, n, cells],
                &mut partial[depth..],
                taps * lc,
                grad.t(),
                b,
                true,
            );
        });
        depth += n;
    }
}
