//! Max-pooling to a fixed grid, channels last: the features that the paper's probes read.

use rayon::prelude::*;

use super::simd::vectorised;

/// A batch of maps pooled to `grid x grid` cells. Cell i covers rows `floor(i h / grid) .. ceil((i + 1) h / grid)`,
/// so sizes that `grid` does not divide overlap by a row and smaller maps repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GridPool {
    pub batch: usize,
    /// Height, width, channels.
    pub input: [usize; 3],
    pub grid: usize,
}

impl GridPool {
    fn span(&self, axis: usize, i: usize) -> std::ops::Range<usize> {
        let size = self.input[axis];
        i * size / self.grid..((i + 1) * size).div_ceil(self.grid)
    }

    fn cells(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let grid = self.grid;
        (0..grid).flat_map(move |y| (0..grid).map(move |x| (y, x)))
    }
}

/// `y[batch, grid, grid, c] = max` over each cell of `x[batch, h, w, c]`.
pub fn max_to_grid(p: &GridPool, x: &[f32], y: &mut [f32]) {
    let [h, w, c] = p.input;
    y.par_chunks_exact_mut((p.grid * p.grid * c).max(1))
        .zip(x.par_chunks_exact((h * w * c).max(1)))
        .for_each(|(y, x)| image_to_grid(p, x, y));
}

/// [`max_to_grid`] of one image, by the thread that calls.
pub fn image_to_grid(p: &GridPool, x: &[f32], y: &mut [f32]) {
    let [_, w, c] = p.input;
    for ((gy, gx), out) in p.cells().zip(y.chunks_exact_mut(c.max(1))) {
        out.fill(f32::NEG_INFINITY);
        for iy in p.span(0, gy) {
            for ix in p.span(1, gx) {
                maxima(&x[(iy * w + ix) * c..][..c], out);
            }
        }
    }
}

vectorised! {
    fn maxima(cell: &[f32], out: &mut [f32]) {
        // NaN must show in the features, not vanish in a maximum.
        out.iter_mut()
            .zip(cell)
            .for_each(|(o, v)| *o = if *v > *o || v.is_nan() { *v } else { *o });
    }
}

/// Gradient through [`max_to_grid`]: each cell's gradient goes to the first place of its maximum.
pub fn max_to_grid_backward(p: &GridPool, x: &[f32], dy: &[f32], dx: &mut [f32]) {
    let [h, w, c] = p.input;
    dx.par_chunks_exact_mut((h * w * c).max(1))
        .zip(x.par_chunks_exact((h * w * c).max(1)))
        .zip(dy.par_chunks_exact((p.grid * p.grid * c).max(1)))
        .for_each(|((dx, x), dy)| {
            dx.fill(0.0);
            for ((gy, gx), dy) in p.cells().zip(dy.chunks_exact(c)) {
                for (channel, dy) in dy.iter().enumerate() {
                    let mut best = (f32::NEG_INFINITY, None);
                    for iy in p.span(0, gy) {
                        for ix in p.span(1, gx) {
                            let at = (iy * w + ix) * c + channel;
                            if best.1.is_none() || x[at] > best.0 {
                                best = (x[at], Some(at));
                            }
                        }
                    }
                    if let Some(at) = best.1 {
                        dx[at] += dy;
                    }
                }
            }
        });
}
