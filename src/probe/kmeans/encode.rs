//! From an image to its 4 k features: distances, triangle activation, sums over quarters.

use half::f16;
use half::slice::HalfFloatSliceExt;
use rayon::prelude::*;

use super::cluster::{BLOCK, Centroids, square};
use super::patches::Grid;
use super::whiten::Whitening;
use crate::data::Images;
use crate::nn::cpu::simd::vectorised;
use crate::track::progress::{Progress, Stopped, Unit};

/// Quarters of an image.
pub const QUARTERS: usize = 4;
/// Images between two looks at the watcher.
const BATCH: usize = 200;

/// What turns a patch into the units' answers.
#[derive(Debug, Clone)]
pub struct Encoder {
    pub whitening: Whitening,
    pub centroids: Centroids,
}

impl Encoder {
    /// Features before they are standardised, `[n, 4 k]`; `None` where the user stopped it.
    pub fn rows(
        &self,
        images: &Images,
        grid: Grid,
        what: &str,
        progress: &dyn Progress,
    ) -> Result<Vec<f16>, Stopped> {
        let units = self.centroids.squares.len();
        let (d, one) = (QUARTERS * units, images.stride());
        let mut values = vec![f16::ZERO; images.n * d];
        let mut bar = progress.begin(what, Some(images.n as u64), Unit::Images);
        for (out, pixels) in values
            .chunks_mut(BATCH * d)
            .zip(images.pixels.chunks(BATCH * one))
        {
            progress.check()?;
            out.par_chunks_exact_mut(d)
                .zip(pixels.par_chunks_exact(one))
                .for_each_init(
                    || Room::new(grid.depth(), units),
                    |room, (out, image)| {
                        self.image(image, grid, room);
                        out.convert_from_f32_slice(&room.sums);
                    },
                );
            bar.advance((pixels.len() / one) as u64);
        }
        Ok(values)
    }

    /// Fill `room.sums`: quarter by quarter, in each unit by unit.
    fn image(&self, image: &[u8], grid: Grid, room: &mut Room) {
        let (depth, units) = (grid.depth(), self.centroids.squares.len());
        room.sums.fill(0.0);
        // Quarters meet at the middle, rounded up as MATLAB's `round` does.
        let [bottom, right] = [grid.rows(), grid.columns()].map(|n| n.div_ceil(2));
        let places: Vec<[usize; 2]> = (0..grid.rows())
            .flat_map(|y| (0..grid.columns()).map(move |x| [y, x]))
            .collect();
        for places in places.chunks(BLOCK) {
            let n = places.len();
            for (out, &[y, x]) in room.patches.chunks_exact_mut(depth).zip(places) {
                grid.cut(image, y, x, out);
            }
            let white = &mut room.white[..n * depth];
            self.whitening.apply(&room.patches[..n * depth], white);
            let products = &mut room.products[..n * units];
            self.centroids.products(white, products);
            for ((z, x), place) in products
                .chunks_exact_mut(units)
                .zip(white.chunks_exact(depth))
                .zip(places)
            {
                let quarter = 2 * usize::from(place[0] >= bottom) + usize::from(place[1] >= right);
                let sums = &mut room.sums[quarter * units..][..units];
                let mean = distances(z, &self.centroids.squares, square(x)) / units as f32;
                add_triangle(z, mean, sums);
            }
        }
    }
}

/// Scratch memory of a task.
struct Room {
    patches: Vec<f32>,
    white: Vec<f32>,
    products: Vec<f32>,
    sums: Vec<f32>,
}

impl Room {
    fn new(depth: usize, units: usize) -> Room {
        Room {
            patches: vec![0.0; BLOCK * depth],
            white: vec![0.0; BLOCK * depth],
            products: vec![0.0; BLOCK * units],
            sums: vec![0.0; QUARTERS * units],
        }
    }
}

vectorised! {
    /// From -2 x.c to |x - c| in place, and the sum of these.
    fn distances(z: &mut [f32], squares: &[f32], square: f32) -> f32 {
        const LANES: usize = 16;
        let mut sums = [0.0f32; LANES];
        let (vectors, rest) = z.as_chunks_mut::<LANES>();
        let (squares, squares_rest) = squares.as_chunks::<LANES>();
        for (z, c) in vectors.iter_mut().zip(squares) {
            for ((z, c), sum) in z.iter_mut().zip(c).zip(&mut sums) {
                let v = *z + (*c + square);
                let v = if v > 0.0 { v } else { 0.0 };
                *z = v.sqrt();
                *sum += *z;
            }
        }
        for ((z, c), sum) in rest.iter_mut().zip(squares_rest).zip(&mut sums) {
            let v = *z + (*c + square);
            *z = if v > 0.0 { v } else { 0.0 }.sqrt();
            *sum += *z;
        }
        sums.iter().sum()
    }
}

vectorised! {
    /// Add max(0, mean - z) to `sums`.
    fn add_triangle(z: &[f32], mean: f32, sums: &mut [f32]) {
        for (sum, z) in sums.iter_mut().zip(z) {
            let v = mean - *z;
            *sum += if v > 0.0 { v } else { 0.0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::progress::Silent;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn features_are_sums_of_triangles_over_quarters() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let (n, units) = (3, 19);
        let pixels: Vec<u8> = (0..n * 11 * 10).map(|_| rng.random()).collect();
        let images = Images::new(1, 11, 10, pixels).unwrap();
        let grid = Grid::of(&images).unwrap();
        let patches = super::super::patches::drawn(&images, grid, 400, &mut rng);
        let whitening = Whitening::learn(&patches, 36).unwrap();
        let centroids: Vec<f32> = (0..units * 36)
            .map(|_| rng.random_range(-1.0..1.0))
            .collect();
        let encoder = Encoder {
            whitening: whitening.clone(),
            centroids: Centroids::new(&centroids, 36),
        };
        let found = encoder.rows(&images, grid, "", &Silent).unwrap();
        let (mut patch, mut white) = (vec![0.0; 36], vec![0.0; 36]);
        for (i, found) in found.chunks_exact(4 * units).enumerate() {
            let mut wanted = vec![0f64; 4 * units];
            for (y, x) in (0..6).flat_map(|y| (0..5).map(move |x| (y, x))) {
                grid.cut(&images.pixels[i * 110..][..110], y, x, &mut patch);
                whitening.apply(&patch, &mut white);
                let z: Vec<f64> = centroids
                    .chunks_exact(36)
                    .map(|c| {
                        let pairs = c.iter().zip(&white);
                        pairs
                            .map(|(c, x)| f64::from(x - c).powi(2))
                            .sum::<f64>()
                            .sqrt()
                    })
                    .collect();
                let mean = z.iter().sum::<f64>() / units as f64;
                let quarter = if y < 3 { 0 } else { 2 } + if x < 3 { 0 } else { 1 };
                for (k, z) in z.iter().enumerate() {
                    wanted[quarter * units + k] += (mean - z).max(0.0);
                }
            }
            for (found, wanted) in found.iter().zip(&wanted) {
                // Half precision has eleven bits.
                let off = (found.to_f64() - wanted).abs();
                assert!(off < 1e-3 * (1.0 + wanted), "{found} {wanted}");
            }
        }
    }
}
