//! To which side a face looks, told from its image alone: there are data sets without labels for it.
//!
//! Eyes, nose and mouth are where a face's edges are, and in images cut to one frame they lie left or right of the middle as
//! the face turns. So the measure is where the middle of the edges lies: the centroid, along x, of the magnitude of the grey
//! image's gradient, over the middle of the image. Of 1,881 press photos of faces those of the lowest and highest values looked
//! left and right almost without exception, where the difference of brightness between the halves, and the place of the
//! axis of mirror symmetry, told the light and little else.

use super::choice::Side;
use crate::data::Images;

/// The part of the image that counts, in 64ths of its side: rows, columns. Its edge is hair and background.
const ROWS: [usize; 2] = [20, 52];
const COLUMNS: [usize; 2] = [8, 56];

/// How far each image's edges lie to `side`, in widths of the image; the middle is 0.
pub(super) fn scores(images: &Images, side: Side) -> Vec<f32> {
    let sign = match side {
        Side::Left => -1.0,
        Side::Right => 1.0,
    };
    (0..images.n)
        .map(|i| (sign * centroid(images, i)) as f32)
        .collect()
}

fn centroid(images: &Images, i: usize) -> f64 {
    let (h, w, plane) = (images.h, images.w, images.h * images.w);
    let pixels = images.image(i);
    let grey = |y: usize, x: usize| {
        let colours = (0..images.c).map(|c| f64::from(pixels[c * plane + y * w + x]));
        colours.sum::<f64>()
    };
    let (mut moment, mut total) = (0.0, 0.0);
    for y in (ROWS[0] * h / 64).max(1)..(ROWS[1] * h / 64).min(h - 1) {
        for x in (COLUMNS[0] * w / 64).max(1)..(COLUMNS[1] * w / 64).min(w - 1) {
            let (dx, dy) = (
                grey(y, x + 1) - grey(y, x - 1),
                grey(y + 1, x) - grey(y - 1, x),
            );
            let edge = dx.hypot(dy);
            moment += edge * ((x as f64 + 0.5) / w as f64 - 0.5);
            total += edge;
        }
    }
    if total > 0.0 { moment / total } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A dark spot on grey, `left` pixels from the left.
    fn spot(left: usize) -> Images {
        let pixel = |i: usize| {
            let (y, x) = (i / 32, i % 32);
            if (14..18).contains(&y) && (left..left + 4).contains(&x) {
                20
            } else {
                150
            }
        };
        Images::new(1, 32, 32, (0..1024).map(pixel).collect()).unwrap()
    }

    #[test]
    fn edges_on_a_side_score_high_for_it_and_low_for_the_other() {
        let at = |left, side| scores(&spot(left), side)[0];
        assert!(at(6, Side::Left) > 0.2 && at(6, Side::Right) < -0.2);
        assert!(at(22, Side::Right) > 0.2);
        assert!(at(14, Side::Left).abs() < 1e-6);
        let blank = Images::new(3, 32, 32, vec![7; 3072]).unwrap();
        assert_eq!(scores(&blank, Side::Left), [0.0]);
    }
}
