//! Unpooling by repetition, channels last: each cell becomes a square of equal ones.

use rayon::prelude::*;

/// A batch of maps whose sides grow by `factor`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeat {
    pub batch: usize,
    /// Height, width, channels.
    pub input: [usize; 3],
    pub factor: usize,
}

/// `y[batch, h factor, w factor, c]` from `x[batch, h, w, c]`.
pub fn repeat(r: &Repeat, x: &[f32], y: &mut [f32]) {
    let [_, w, c] = r.input;
    let line = w * r.factor * c;
    // A row of the input makes `factor` equal rows of the output.
    y.par_chunks_exact_mut((line * r.factor).max(1))
        .zip(x.par_chunks_exact((w * c).max(1)))
        .for_each(|(rows, x)| {
            let (first, others) = rows.split_at_mut(line);
            for (cell, out) in x.chunks_exact(c).zip(first.chunks_exact_mut(r.factor * c)) {
                out.chunks_exact_mut(c)
                    .for_each(|o| o.copy_from_slice(cell));
            }
            others
                .chunks_exact_mut(line)
                .for_each(|o| o.copy_from_slice(first));
        });
}

/// Gradient through [`repeat`]: the sum over each square, row by row.
pub fn repeat_backward(r: &Repeat, dy: &[f32], dx: &mut [f32]) {
    let [_, w, c] = r.input;
    let line = w * r.factor * c;
    dx.par_chunks_exact_mut((w * c).max(1))
        .zip(dy.par_chunks_exact((line * r.factor).max(1)))
        .for_each(|(dx, rows)| {
            dx.fill(0.0);
            for row in rows.chunks_exact(line) {
                for (sum, part) in dx.chunks_exact_mut(c).zip(row.chunks_exact(r.factor * c)) {
                    for cell in part.chunks_exact(c) {
                        sum.iter_mut().zip(cell).for_each(|(s, d)| *s += d);
                    }
                }
            }
        });
}
