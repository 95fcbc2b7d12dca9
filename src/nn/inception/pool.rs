//! 3x3 pools, channels last: candle's have no padding, and these must leave theirs out of an average.

use std::ops::Range;

use rayon::prelude::*;

use super::layer::Map;

const SIDE: usize = 3;

/// Mean of the up to nine cells inside the map, stride 1, padded by one.
pub(super) fn average(x: &Map) -> Map {
    pooled(x, 1, 1, 0.0, |out, cell| {
        out.iter_mut().zip(cell).for_each(|(o, v)| *o += v);
    })
}

/// Maximum of the cells inside the map.
pub(super) fn maximum(x: &Map, stride: usize, pad: usize) -> Map {
    let mut y = pooled(x, stride, pad, f32::NEG_INFINITY, |out, cell| {
        // NaN must show in the features, not vanish in a maximum.
        out.iter_mut()
            .zip(cell)
            .for_each(|(o, v)| *o = if *v > *o || v.is_nan() { *v } else { *o });
    });
    y.values.shrink_to_fit();
    y
}

fn pooled(
    x: &Map,
    stride: usize,
    pad: usize,
    start: f32,
    gather: impl Fn(&mut [f32], &[f32]) + Sync,
) -> Map {
    let cells = |size: usize| (size + 2 * pad - SIDE) / stride + 1;
    let (h, w, c) = (cells(x.height), cells(x.width), x.channels);
    let mean = start == 0.0;
    let mut y = Map::zeros(x.batch, [h, w, c]);
    y.values
        .par_chunks_exact_mut((w * c).max(1))
        .enumerate()
        .for_each(|(row, out)| {
            let image = &x.values[row / h * x.one()..][..x.one()];
            let rows = span(row % h, stride, pad, x.height);
            for (i, out) in out.chunks_exact_mut(c).enumerate() {
                let columns = span(i, stride, pad, x.width);
                out.fill(start);
                for iy in rows.clone() {
                    for ix in columns.clone() {
                        gather(out, &image[(iy * x.width + ix) * c..][..c]);
                    }
                }
                if mean {
                    let inside = (rows.len() * columns.len()) as f32;
                    out.iter_mut().for_each(|v| *v /= inside);
                }
            }
        });
    y
}

/// The cells that output `i` reads.
fn span(i: usize, stride: usize, pad: usize, size: usize) -> Range<usize> {
    let from = (i * stride).saturating_sub(pad);
    from..(i * stride + SIDE - pad).min(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_counts_for_nothing() {
        let x = Map {
            batch: 1,
            height: 3,
            width: 3,
            channels: 1,
            values: (1..=9).map(|v| v as f32 - 10.0).collect(),
        };
        let y = average(&x);
        assert_eq!(y.values[0], (-9.0 - 8.0 - 6.0 - 5.0) / 4.0);
        assert_eq!(y.values[4], -5.0);
        let y = maximum(&x, 1, 1);
        assert_eq!((y.values[0], y.values[8]), (-5.0, -1.0));
        let y = maximum(&x, 2, 0);
        assert_eq!((y.height, y.width, y.values[0]), (1, 1, -1.0));
    }
}
