//! Lloyd's iterations with all distances of a block of patches in one matrix product.

use rand::Rng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::nn::cpu::micro::{Reach, by_panel, panels};
use crate::nn::cpu::simd::vectorised;
use crate::track::progress::{Progress, Stopped, Unit};

/// Iterations at most, as in the authors' code.
const ITERATIONS: usize = 50;
/// The iterations end when the mean squared distance falls by less than this share of itself.
const GAIN: f64 = 1e-4;
/// Parts that patches are cut into, each with sums of its own: a number that depends on nothing, so that the sums do not either.
const PARTS: usize = 16;
/// Patches that meet the centroids at once: their distances stay in the second-level cache.
pub const BLOCK: usize = 48;

/// Centroids as the kernels read them.
#[derive(Debug, Clone)]
pub struct Centroids {
    depth: usize,
    units: usize,
    /// -2 c, in panels.
    packed: Vec<f32>,
    /// |c|^2.
    pub squares: Vec<f32>,
}

impl Centroids {
    /// From rows `[units, depth]`.
    pub fn new(rows: &[f32], depth: usize) -> Centroids {
        let units = rows.len() / depth;
        Centroids {
            depth,
            units,
            packed: panels(depth, units, |k, j| -2.0 * rows[j * depth + k]),
            squares: rows.chunks_exact(depth).map(square).collect(),
        }
    }

    /// -2 x.c for rows of `x` `[n, depth]`, into `[n, units]`.
    pub fn products(&self, x: &[f32], out: &mut [f32]) {
        let n = x.len() / self.depth;
        let bases: Vec<usize> = (0..n).map(|i| i * self.depth).collect();
        let places = (0..n).map(|i| i * self.units).collect();
        let reach = Reach::straight(self.depth);
        by_panel(x, &bases, reach, &self.packed, out, places, self.units);
    }
}

/// |x|^2.
pub fn square(x: &[f32]) -> f32 {
    x.iter().map(|v| v * v).sum()
}

/// Centroids `[units, depth]` of patches `x` `[n, depth]`; `None` where the user stopped it.
///
/// They begin as patches drawn without replacement; one that loses its last patch begins again as another drawn patch.
pub fn lloyd(
    x: &[f32],
    depth: usize,
    units: usize,
    rng: &mut ChaCha8Rng,
    progress: &dyn Progress,
) -> Result<Vec<f32>, Stopped> {
    let n = x.len() / depth;
    let row = |i: usize| &x[i * depth..][..depth];
    let mut centroids: Vec<f32> = index::sample(rng, n, units.min(n))
        .into_iter()
        .flat_map(|i| row(i).iter().copied())
        .collect();
    let mut bar = progress.begin("k-means", Some(ITERATIONS as u64), Unit::Items);
    let mut before = f64::INFINITY;
    for _ in 0..ITERATIONS {
        progress.check()?;
        let sums = assign(x, &Centroids::new(&centroids, depth));
        for (j, centroid) in centroids.chunks_exact_mut(depth).enumerate() {
            let count: usize = sums.iter().map(|s| s.counts[j]).sum();
            if count == 0 {
                centroid.copy_from_slice(row(rng.random_range(0..n as u64) as usize));
                continue;
            }
            for (i, c) in centroid.iter_mut().enumerate() {
                let sum: f64 = sums.iter().map(|s| f64::from(s.rows[j * depth + i])).sum();
                *c = (sum / count as f64) as f32;
            }
        }
        let distance = sums.iter().map(|s| s.distance).sum::<f64>() / n as f64;
        bar.advance(1);
        bar.message(&format!("mean squared distance {distance:.3}"));
        if before - distance < GAIN * before {
            break;
        }
        before = distance;
    }
    Ok(centroids)
}

/// What the patches of a part give to their nearest centroids.
struct Sums {
    rows: Vec<f32>,
    counts: Vec<usize>,
    distance: f64,
}

fn assign(x: &[f32], centroids: &Centroids) -> Vec<Sums> {
    let (depth, units) = (centroids.depth, centroids.units);
    let part = (x.len() / depth).div_ceil(PARTS).max(1);
    x.par_chunks(part * depth)
        .map(|x| {
            let mut sums = Sums {
                rows: vec![0.0; units * depth],
                counts: vec![0; units],
                distance: 0.0,
            };
            let mut products = vec![0.0; BLOCK * units];
            for x in x.chunks(BLOCK * depth) {
                let products = &mut products[..x.len() / depth * units];
                centroids.products(x, products);
                for (x, products) in x.chunks_exact(depth).zip(products.chunks_exact_mut(units)) {
                    let least = add_and_find_least(products, &centroids.squares);
                    let j = position(products, least);
                    let sum = &mut sums.rows[j * depth..][..depth];
                    sum.iter_mut().zip(x).for_each(|(s, x)| *s += x);
                    sums.counts[j] += 1;
                    sums.distance += f64::from((square(x) + least).max(0.0));
                }
            }
            sums
        })
        .collect()
}

vectorised! {
    /// Add `more` to `values` and return the least of them.
    fn add_and_find_least(values: &mut [f32], more: &[f32]) -> f32 {
        const LANES: usize = 16;
        let mut least = [f32::INFINITY; LANES];
        let (vectors, rest) = values.as_chunks_mut::<LANES>();
        let (more, more_rest) = more.as_chunks::<LANES>();
        for (v, m) in vectors.iter_mut().zip(more) {
            for ((v, m), l) in v.iter_mut().zip(m).zip(&mut least) {
                *v += *m;
                *l = if *v < *l { *v } else { *l };
            }
        }
        for ((v, m), l) in rest.iter_mut().zip(more_rest).zip(&mut least) {
            *v += *m;
            *l = if *v < *l { *v } else { *l };
        }
        least.iter().fold(f32::INFINITY, |a, b| a.min(*b))
    }
}

vectorised! {
    /// Where `wanted` first stands in `values`; 0 where it does not.
    fn position(values: &[f32], wanted: f32) -> usize {
        const LANES: usize = 64;
        for (i, chunk) in values.chunks(LANES).enumerate() {
            if chunk.iter().fold(false, |found, v| found | (*v == wanted)) {
                return i * LANES + chunk.iter().position(|v| *v == wanted).unwrap_or(0);
            }
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::progress::Silent;
    use rand::SeedableRng;

    fn noise(n: usize, seed: u64) -> Vec<f32> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..n).map(|_| rng.random_range(-1.0..1.0)).collect()
    }

    #[test]
    fn every_patch_goes_to_its_nearest_centroid() {
        // Not a multiple of anything.
        let (n, d, k) = (1003, 13, 37);
        let (x, c) = (noise(n * d, 1), noise(k * d, 2));
        let sums = assign(&x, &Centroids::new(&c, d));
        let distance = |x: &[f32], c: &[f32]| -> f64 {
            let pairs = x.iter().zip(c);
            pairs.map(|(x, c)| f64::from(x - c).powi(2)).sum()
        };
        let (mut counts, mut total) = (vec![0; k], 0.0);
        for x in x.chunks_exact(d) {
            let all: Vec<f64> = c.chunks_exact(d).map(|c| distance(x, c)).collect();
            let j = (0..k).min_by(|a, b| all[*a].total_cmp(&all[*b])).unwrap();
            counts[j] += 1;
            total += all[j];
        }
        let found: Vec<usize> = (0..k)
            .map(|j| sums.iter().map(|s| s.counts[j]).sum())
            .collect();
        assert_eq!(found, counts);
        let found: f64 = sums.iter().map(|s| s.distance).sum();
        assert!((found / total - 1.0).abs() < 1e-5);
    }

    #[test]
    fn clusters_that_stand_apart_are_found_on_any_number_of_threads() {
        let d = 36;
        let centres = [
            [4.0f32; 36],
            [-4.0; 36],
            std::array::from_fn(|i| if i < 18 { 4.0 } else { -4.0 }),
        ];
        let x: Vec<f32> = noise(600 * d, 5)
            .chunks_exact(d)
            .enumerate()
            .flat_map(|(i, z)| {
                z.iter()
                    .zip(centres[i % 3])
                    .map(|(z, c)| z + c)
                    .collect::<Vec<_>>()
            })
            .collect();
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            // Six centroids for three clusters: each cluster has one at least, whatever was drawn first.
            pool.install(|| lloyd(&x, d, 6, &mut ChaCha8Rng::seed_from_u64(8), &Silent).unwrap())
        };
        let found = run(1);
        assert_eq!(found, run(3));
        for centre in centres {
            let off =
                |c: &[f32]| square(&c.iter().zip(centre).map(|(c, m)| c - m).collect::<Vec<_>>());
            let least = found.chunks_exact(d).map(off).fold(f32::INFINITY, f32::min);
            assert!(least < 2.0, "{least}");
        }
    }
}
