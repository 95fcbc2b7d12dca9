//! Images as Inception takes them: 299x299, resized as TensorFlow 1 did, scaled to [-1, 1).

use rayon::prelude::*;

use super::layer::Map;

/// Side of the images in pixels.
pub(super) const SIDE: usize = 299;

/// What one output cell reads along an axis: two cells and the weight of the second.
struct Reach {
    low: usize,
    high: usize,
    share: f32,
}

/// TensorFlow 1's bilinear map with corners not aligned: output `i` lies at `i * size / SIDE`, half a cell off from
/// where it should, and downscaling skips pixels. The published scores were made this way.
fn reaches(size: usize) -> Vec<Reach> {
    let scale = (size as f64 / SIDE as f64) as f32;
    let reach = |i: usize| {
        let at = i as f32 * scale;
        let low = (at as usize).min(size - 1);
        Reach {
            low,
            high: (low + 1).min(size - 1),
            share: at - low as f32,
        }
    };
    (0..SIDE).map(reach).collect()
}

/// `pixels`, image by image, channel by channel (1 or 3), `h` x `w` bytes each and not empty; grey becomes three equal
/// channels.
pub(super) fn prepared(pixels: &[u8], [c, h, w]: [usize; 3]) -> Map {
    let (rows, columns) = (reaches(h), reaches(w));
    let mut out = Map::zeros(pixels.len() / (c * h * w), [SIDE, SIDE, 3]);
    let images = pixels.par_chunks_exact(c * h * w);
    let one = out.one();
    out.values
        .par_chunks_exact_mut(one)
        .zip(images)
        .for_each(|(out, image)| {
            for (y, line) in rows.iter().zip(out.chunks_exact_mut(SIDE * 3)) {
                for (x, cell) in columns.iter().zip(line.chunks_exact_mut(3)) {
                    for (channel, value) in cell.iter_mut().enumerate() {
                        let plane = &image[channel.min(c - 1) * h * w..][..h * w];
                        let at = |r: usize, k: usize| f32::from(plane[r * w + k]);
                        let across =
                            |r: usize| at(r, x.low) + (at(r, x.high) - at(r, x.low)) * x.share;
                        let (top, bottom) = (across(y.low), across(y.high));
                        *value = (top + (bottom - top) * y.share - 128.0) / 128.0;
                    }
                }
            }
        });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_are_not_aligned_and_grey_is_three_times_itself() {
        let map = prepared(&[0, 255], [1, 1, 2]);
        let first = &map.values[..3];
        assert!(first.iter().all(|v| *v == -1.0));
        // Output 75 lies at 75 * 2 / 299, half a pixel on.
        let middle = map.values[75 * 3];
        let expected = (255.0 * (150.0f32 / 299.0) - 128.0) / 128.0;
        assert!((middle - expected).abs() < 1e-6, "{middle} {expected}");
        let last = map.values.last().copied().unwrap_or_default();
        assert_eq!(last, 127.0 / 128.0);
    }
}
