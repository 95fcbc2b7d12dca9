//! The two directions of a strided convolution as gathered matrix products.
//!
//! A tile of output cells gathers what it reads into a matrix that fits the cache and multiplies it with the
//! weights. The transpose first splits the large grid into `stride * stride` phases, each of which is a stride-1
//! gather, so no product with a zero is computed. Where the large side has few channels (an image), its products
//! would be too narrow; there the small side is multiplied with all taps at once and the results are added into place.

use rayon::prelude::*;

use super::Geometry;
use super::gather::{Source, Tile, gather, split_mut, tiles, with_scratch};
use super::matmul::{View, product};
use super::transpose::{swap, weights_down, weights_up};

/// Output cells of a tile: enough for the product to reach its full rate, measured on 64 to 512 channels.
pub(super) const TILE_CELLS: usize = 256;
/// Elements of a gathered matrix: 512 KiB, half of a common second-level cache.
pub(super) const TILE_ELEMENTS: usize = 128 * 1024;
/// Up to this many large channels the transpose adds into place.
const FEW_CHANNELS: usize = 8;

/// `small = conv(large, w)`: the forward pass of a strided convolution, or the gradient of a fractionally-strided
/// one with respect to its input.
///
/// `large` is `[batch, h, w, c]`, `w` is `[small c, large c, kh, kw]`, `small` is `[batch, h, w, c]`.
pub fn down(g: &Geometry, large: &[f32], w: &[f32], small: &mut [f32]) {
    let [lh, lw, lc] = g.large;
    let [sh, sw, sc] = g.small;
    let packed = weights_down(w, sc, lc, g.taps());
    let source = Source {
        data: large,
        height: lh,
        width: lw,
        channels: lc,
    };
    let tiles = tiles(g.batch, sh, sw, TILE_CELLS);
    split_mut(small, &tiles, |t| t.cells() * sc)
        .into_par_iter()
        .for_each(|(tile, out)| {
            let cells = tile.cells();
            let parts = g.window().split(TILE_ELEMENTS / (cells * lc).max(1));
            let mut depth = 0;
            for part in parts {
                let k = part.taps() * lc;
                with_scratch(cells * k, |rows| {
                    gather(source, &tile, g.stride, part, rows);
                    let b = View::rows(&packed[depth * sc..], sc);
                    product([cells, sc, k], out, sc, View::rows(rows, k), b, depth > 0);
                });
                depth += k;
            }
        });
}

/// `large = conv-transpose(small, w)`: the forward pass of a fractionally-strided convolution, or the gradient of
/// a strided one with respect to its input. Shapes as in [`down`].
pub fn up(g: &Geometry, small: &[f32], w: &[f32], large: &mut [f32]) {
    if g.large[2] <= FEW_CHANNELS {
        up_scattered(g, small, w, large);
    } else {
        up_phases(g, small, w, large);
    }
}

fn up_phases(g: &Geometry, small: &[f32], w: &[f32], large: &mut [f32]) {
    let [lh, lw, lc] = g.large;
    let [sh, sw, sc] = g.small;
    let source = Source {
        data: small,
        height: sh,
        width: sw,
        channels: sc,
    };
    let phases: Vec<_> = g
        .phases()
        .into_iter()
        .map(|p| {
            let taps: Vec<usize> = p.taps.iter().map(|t| t[0] * g.kernel[1] + t[1]).collect();
            let packed = weights_up(w, sc, lc, g.taps(), &taps);
            (p, packed)
        })
        .collect();
    // A tile is counted in cells of one phase; it owns `stride` rows of the large grid for each of its own.
    let (height, width) = (lh.div_ceil(g.stride), lw.div_ceil(g.stride));
    let tiles = tiles(g.batch, height, width, TILE_CELLS);
    let owned = |t: &Tile| -> usize {
        let rows = (t.rows.end * g.stride).min(lh) - t.rows.start * g.stride;
        t.images.len() * rows * lw * lc
    };
    split_mut(large, &tiles, owned)
        .into_par_iter()
        .for_each(|(tile, out)| {
            for (phase, packed) in &phases {
                let [py, px] = phase.offset;
                let phase_tile = Tile {
                    images: tile.images.clone(),
                    rows: tile.rows.start..tile.rows.end.min((lh + g.stride - 1 - py) / g.stride),
                    cols: (lw + g.stride - 1 - px) / g.stride,
                };
                let cells = phase_tile.cells();
                if cells == 0 {
                    continue;
                }
                let parts = phase.window.split(TILE_ELEMENTS / (cells * sc).max(1));
                let widest = parts.iter().map(|p| p.taps()).max().unwrap_or(0) * sc;
                with_scratch(cells * (widest + lc), |scratch| {
                    let (rows, result) = scratch.split_at_mut(cells * widest);
                    if parts.is_empty() || widest == 0 {
                        result.fill(0.0);
                    }
                    let mut depth = 0;
                    for part in &parts {
                        let k = part.taps() * sc;
                        gather(source, &phase_tile, 1, *part, &mut rows[..cells * k]);
                        let b = View::rows(&packed[depth * lc..], lc);
                        product(
                            [cells, lc, k],
                            result,
                            lc,
                            View::rows(rows, k),
                            b,
                            depth > 0,
                        );
                        depth += k;
                    }
                    place(g, &tile, &phase_tile, [py, px], result, out);
                });
            }
        });
}

/// Copy one phase's cells to their places in the tile's rows of the large grid.
fn place(
    g: &Geometry,
    tile: &Tile,
    phase: &Tile,
    [py, px]: [usize; 2],
    from: &[f32],
    to: &mut [f32],
) {
    let [lh, lw, lc] = g.large;
    let first = tile.rows.start * g.stride;
    let rows_owned = (tile.rows.end * g.stride).min(lh) - first;
    let mut cells = from.chunks_exact(lc);
    for image in to.chunks_exact_mut(rows_owned * lw * lc) {
        for oy in phase.rows.clone() {
            let y = oy * g.stride + py - first;
            let line = &mut image[y * lw * lc..(y + 1) * lw * lc];
            let places = line.chunks_exact_mut(lc).skip(px).step_by(g.stride);
            for (place, cell) in places.zip(cells.by_ref().take(phase.cols)) {
                place.copy_from_slice(cell);
            }
        }
    }
}

fn up_scattered(g: &Geometry, small: &[f32], w: &[f32], large: &mut [f32]) {
    let [lh, lw, lc] = g.large;
    let [sh, sw, sc] = g.small;
    let columns = g.taps() * lc;
    // [small, large, taps] -> [small, taps, large]
    let mut packed = vec![0.0; w.len()];
    swap(w, &mut packed, lc, g.taps());
    let band = (TILE_CELLS / sw.max(1)).clamp(1, sh.max(1));
    large
        .par_chunks_exact_mut((lh * lw * lc).max(1))
        .enumerate()
        .for_each(|(n, image)| {
            image.fill(0.0);
            // Bands of small rows in a fixed order: the sum at a cell does not depend on who computes it.
            for y0 in (0..sh).step_by(band) {
                let y1 = (y0 + band).min(sh);
                let cells = (y1 - y0) * sw;
                let at = (n * sh + y0) * sw * sc;
                with_scratch(cells * columns, |result| {
                    let a = View::rows(&small[at..at + cells * sc], sc);
                    let b = View::rows(&packed, columns);
                    product([cells, columns, sc], result, columns, a, b, false);
                    for (i, cell) in result.chunks_exact(columns).enumerate() {
                        add_window(g, [y0 + i / sw, i % sw], cell, image);
                    }
                });
            }
        });
}

/// Add one small cell's products, `[kh, kw, large c]`, to the cells of the image that they belong to.
#[inline]
fn add_window(g: &Geometry, [sy, sx]: [usize; 2], products: &[f32], image: &mut [f32]) {
    let [lh, lw, lc] = g.large;
    let [kh, kw] = g.kernel;
    let x0 = (sx * g.stride) as isize - g.pad[1] as isize;
    let from = x0.max(0);
    let to = (x0 + kw as isize).min(lw as isize);
    if to <= from {
        return;
    }
    let (skip, take) = ((from - x0) as usize * lc, (to - from) as usize * lc);
    for ky in 0..kh {
        let y = (sy * g.stride + ky) as isize - g.pad[0] as isize;
        if y < 0 || y as usize >= lh {
            continue;
        }
        let at = (y as usize * lw + from as usize) * lc;
        let products = &products[ky * kw * lc + skip..][..take];
        for (cell, p) in image[at..at + take].iter_mut().zip(products) {
            *cell += p;
        }
    }
}
