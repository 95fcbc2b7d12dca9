//! The two directions of a strided convolution.
//!
//! A tile of output cells lays out what it reads with zeros around it (`padded`) and runs `micro` over
//! it, panel by panel of output channels. The transpose first splits the large grid into `stride * stride` phases, each
//! of which is a stride-1 convolution, so no product with a zero is computed. Where the large side has few channels (an
//! image), its panels would be mostly empty; there the small side is multiplied with all taps at once and the results
//! are added into place.

use rayon::prelude::*;

use super::Geometry;
use super::geometry::Phase;
use super::micro::{Reach, by_panel, panels};
use super::minimal;
use super::padded::{Frame, Source, Tile, pad, split_mut, tiles, with_scratch};
use crate::spec::Precision;

/// Output cells of a tile: what they read fits the second-level cache beside a panel of weights.
pub(super) const TILE_CELLS: usize = 128;
/// Up to this many large channels the transpose adds into place.
const FEW_CHANNELS: usize = 8;

/// `small = conv(large, w)`: the forward pass of a strided convolution, or the gradient of a fractionally-strided
/// one with respect to its input.
///
/// `large` is `[batch, h, w, c]`, `w` is `[small c, large c, kh, kw]`, `small` is `[batch, h, w, c]`.
pub fn down(g: &Geometry, large: &[f32], w: &[f32], small: &mut [f32]) {
    down_in(Precision::F32, g, large, w, small);
}

/// [`down`] in some precision.
pub fn down_in(p: Precision, g: &Geometry, large: &[f32], w: &[f32], small: &mut [f32]) {
    match minimal::Plan::new(g, p) {
        Some(plan) => minimal::down(&plan, large, w, small),
        None => down_directly(g, large, w, small),
    }
}

fn down_directly(g: &Geometry, large: &[f32], w: &[f32], small: &mut [f32]) {
    let (lc, [sh, sw, sc]) = (g.large[2], g.small);
    let taps = g.taps();
    let depth = taps * lc;
    let packed = panels(depth, sc, |k, s| w[(s * lc + k % lc) * taps + k / lc]);
    let tiles = tiles(g.batch, sh, sw, TILE_CELLS);
    split_mut(small, &tiles, |t| t.cells() * sc)
        .into_par_iter()
        .for_each(|(tile, out)| {
            let frame = large_frame(g, &tile);
            with_scratch(frame.len(lc), |image| {
                pad(large_source(g, large), &frame, image);
                let (bases, reach) = large_reads(g, &tile, &frame);
                let places: Vec<usize> = (0..bases.len()).map(|i| i * sc).collect();
                by_panel(image, &bases, reach, &packed, out, places, sc);
            });
        });
}

/// The large grid as a source.
pub(super) fn large_source<'a>(g: &Geometry, large: &'a [f32]) -> Source<'a> {
    Source {
        data: large,
        height: g.large[0],
        width: g.large[1],
        channels: g.large[2],
    }
}

/// What a tile of small cells reads on the large grid.
pub(super) fn large_frame(g: &Geometry, tile: &Tile) -> Frame {
    Frame {
        images: tile.images.clone(),
        top: (tile.rows.start * g.stride) as isize - g.pad[0] as isize,
        left: -(g.pad[1] as isize),
        rows: (tile.rows.len() - 1) * g.stride + g.kernel[0],
        cols: (tile.cols - 1) * g.stride + g.kernel[1],
    }
}

/// Where each small cell of the tile begins to read in the frame, and how far it reads.
pub(super) fn large_reads(g: &Geometry, tile: &Tile, frame: &Frame) -> (Vec<usize>, Reach) {
    let line = frame.cols * g.large[2];
    let mut bases = Vec::with_capacity(tile.cells());
    for image in 0..tile.images.len() {
        for row in 0..tile.rows.len() {
            let start = (image * frame.rows + row * g.stride) * line;
            bases.extend((0..tile.cols).map(|x| start + x * g.stride * g.large[2]));
        }
    }
    let reach = Reach {
        segments: g.kernel[0],
        step: line,
        len: g.kernel[1] * g.large[2],
    };
    (bases, reach)
}

/// `large = conv-transpose(small, w)`: the forward pass of a fractionally-strided convolution, or the gradient of
/// a strided one with respect to its input. Shapes as in [`down`].
pub fn up(g: &Geometry, small: &[f32], w: &[f32], large: &mut [f32]) {
    up_in(Precision::F32, g, small, w, large);
}

/// [`up`] in some precision.
pub fn up_in(p: Precision, g: &Geometry, small: &[f32], w: &[f32], large: &mut [f32]) {
    if let Some(plan) = minimal::Plan::new(g, p) {
        minimal::up(&plan, small, w, large);
    } else if g.large[2] <= FEW_CHANNELS {
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
    let phases: Vec<(Phase, Vec<f32>)> = g
        .phases()
        .into_iter()
        .map(|p| {
            let packed = panels(p.taps.len() * sc, lc, |k, l| {
                let [ky, kx] = p.taps[k / sc];
                w[((k % sc) * lc + l) * g.taps() + ky * g.kernel[1] + kx]
            });
            (p, packed)
        })
        .collect();
    // One frame serves all phases.
    let edge = |of: fn(&Phase) -> isize| phases.iter().map(|(p, _)| of(p)).min().unwrap_or(0);
    let (top, left) = (edge(|p| p.window.top), edge(|p| p.window.left));
    let bottom = -edge(|p| -(p.window.top + p.window.height as isize));
    let right = -edge(|p| -(p.window.left + p.window.width as isize));
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
            let frame = Frame {
                images: tile.images.clone(),
                top: tile.rows.start as isize + top,
                left,
                rows: (tile.rows.len() as isize - 1 + bottom - top) as usize,
                cols: (width as isize - 1 + right - left) as usize,
            };
            with_scratch(frame.len(sc), |image| {
                pad(source, &frame, image);
                for (phase, packed) in &phases {
                    let (bases, places) = phase_cells(g, phase, &tile, &frame);
                    if phase.taps.is_empty() {
                        places.iter().for_each(|p| out[*p..p + lc].fill(0.0));
                        continue;
                    }
                    let reach = Reach {
                        segments: phase.window.height,
                        step: frame.cols * sc,
                        len: phase.window.width * sc,
                    };
                    by_panel(image, &bases, reach, packed, out, places, lc);
                }
            });
        });
}

/// Where each cell of one phase begins to read in the frame, and where it lies in the tile's rows of the large grid.
fn phase_cells(
    g: &Geometry,
    phase: &Phase,
    tile: &Tile,
    frame: &Frame,
) -> (Vec<usize>, Vec<usize>) {
    let [lh, lw, lc] = g.large;
    let [py, px] = phase.offset;
    let first = tile.rows.start * g.stride;
    let rows_owned = (tile.rows.end * g.stride).min(lh) - first;
    let (mut bases, mut places) = (Vec::new(), Vec::new());
    for image in 0..tile.images.len() {
        for oy in tile.rows.clone() {
            let y = oy * g.stride + py;
            if y >= lh {
                continue;
            }
            let row = (oy as isize + phase.window.top - frame.top) as usize;
            let start = (image * frame.rows + row) * frame.cols;
            for (ox, x) in (px..lw).step_by(g.stride).enumerate() {
                let col = (ox as isize + phase.window.left - frame.left) as usize;
                bases.push((start + col) * g.small[2]);
                places.push(((image * rows_owned + y - first) * lw + x) * lc);
            }
        }
    }
    (bases, places)
}

fn up_scattered(g: &Geometry, small: &[f32], w: &[f32], large: &mut [f32]) {
    let [lh, lw, lc] = g.large;
    let [sh, sw, sc] = g.small;
    let columns = g.taps() * lc;
    let packed = panels(sc, columns, |s, j| w[(s * lc + j % lc) * g.taps() + j / lc]);
    let band = (TILE_CELLS / sw.max(1)).clamp(1, sh.max(1));
    let reach = Reach::straight(sc);
    large
        .par_chunks_exact_mut((lh * lw * lc).max(1))
        .enumerate()
        .for_each(|(n, image)| {
            image.fill(0.0);
            // Bands of small rows in a fixed order: the sum at a cell does not depend on who computes it.
            for y0 in (0..sh).step_by(band) {
                let count = ((y0 + band).min(sh) - y0) * sw;
                let at = (n * sh + y0) * sw * sc;
                let bases: Vec<usize> = (0..count).map(|i| i * sc).collect();
                let places = (0..count).map(|i| i * columns).collect();
                with_scratch(count * columns, |result| {
                    let a = &small[at..at + count * sc];
                    by_panel(a, &bases, reach, &packed, result, places, columns);
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
