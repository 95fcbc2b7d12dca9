//! Patches as rows: cut out of images, brought to mean 0 and a common contrast.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::data::Images;
use crate::probe::FeatureError;

/// Side of a patch in pixels, the best of section 4.4.
pub const SIDE: usize = 6;
/// Added to a patch's variance (pixels from 0 to 255): flat patches stay near zero.
const CONTRAST: f32 = 10.0;
/// Patches that a task cuts out.
const CUT: usize = 1024;

/// The patches of images of one shape, one pixel apart.
#[derive(Debug, Clone, Copy)]
pub struct Grid {
    channels: usize,
    height: usize,
    width: usize,
}

impl Grid {
    /// For images shaped like these.
    ///
    /// # Errors
    /// [`FeatureError::SmallImages`] where no patch fits.
    pub fn of(images: &Images) -> Result<Grid, FeatureError> {
        if images.h < SIDE || images.w < SIDE {
            return Err(FeatureError::SmallImages {
                height: images.h,
                width: images.w,
                patch: SIDE,
            });
        }
        Ok(Grid {
            channels: images.c,
            height: images.h,
            width: images.w,
        })
    }

    /// Rows of patches.
    pub fn rows(&self) -> usize {
        self.height - SIDE + 1
    }

    /// Columns of patches.
    pub fn columns(&self) -> usize {
        self.width - SIDE + 1
    }

    /// Values in a patch.
    pub fn depth(&self) -> usize {
        self.channels * SIDE * SIDE
    }

    /// Write the patch whose upper left pixel is (`y`, `x`) of `image`, channel by channel, row by row.
    pub fn cut(&self, image: &[u8], y: usize, x: usize, out: &mut [f32]) {
        let mut rows = out.chunks_exact_mut(SIDE);
        for channel in image.chunks_exact(self.height * self.width) {
            for row in channel.chunks_exact(self.width).skip(y).take(SIDE) {
                let into = rows.next().into_iter().flatten();
                into.zip(&row[x..x + SIDE])
                    .for_each(|(to, from)| *to = f32::from(*from));
            }
        }
        let n = out.len() as f32;
        let mean = out.iter().sum::<f32>() / n;
        out.iter_mut().for_each(|v| *v -= mean);
        let variance = out.iter().map(|v| v * v).sum::<f32>() / (n - 1.0);
        let scale = 1.0 / (variance + CONTRAST).sqrt();
        out.iter_mut().for_each(|v| *v *= scale);
    }
}

/// `count` patches, `[count, depth]`, of images and places drawn at random.
pub fn drawn(images: &Images, grid: Grid, count: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let places: Vec<[usize; 3]> = (0..count)
        .map(|_| {
            [images.n, grid.rows(), grid.columns()].map(|n| rng.random_range(0..n as u64) as usize)
        })
        .collect();
    let (depth, one) = (grid.depth(), images.stride());
    let mut patches = vec![0.0; count * depth];
    patches
        .par_chunks_mut(CUT * depth)
        .zip(places.par_chunks(CUT))
        .for_each(|(out, places)| {
            for (out, &[i, y, x]) in out.chunks_exact_mut(depth).zip(places) {
                grid.cut(&images.pixels[i * one..][..one], y, x, out);
            }
        });
    patches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_lies_where_it_is_asked_for_and_has_no_brightness_or_contrast_of_its_own() {
        let pixels: Vec<u8> = (0..2 * 8 * 9).map(|i| (i * i % 251) as u8).collect();
        let images = Images::new(2, 8, 9, pixels.clone()).unwrap();
        let grid = Grid::of(&images).unwrap();
        assert_eq!((grid.rows(), grid.columns(), grid.depth()), (3, 4, 72));
        let mut patch = vec![0.0; 72];
        grid.cut(&pixels, 2, 3, &mut patch);
        // From the definition, in double precision.
        let raw: Vec<f64> = (0..72)
            .map(|i| f64::from(pixels[i / 36 * 72 + (2 + i / 6 % 6) * 9 + 3 + i % 6]))
            .collect();
        let mean = raw.iter().sum::<f64>() / 72.0;
        let variance = raw.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 71.0;
        for (found, raw) in patch.iter().zip(&raw) {
            let wanted = (raw - mean) / (variance + 10.0).sqrt();
            assert!((f64::from(*found) - wanted).abs() < 1e-5);
        }
        let small = Images::new(1, 5, 9, vec![0; 45]).unwrap();
        let e = Grid::of(&small).unwrap_err().to_string();
        assert!(e.contains("5x9") && e.contains("6x6"), "{e}");
    }
}
