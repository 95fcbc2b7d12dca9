//! Convolutions with fewer multiplications: Winograd's minimal filtering of 4x4 outputs.
//!
//! A convolution of stride s is a sum over s * s phases: each phase of the large grid, taken by itself, is filtered at
//! stride 1 by its own taps (a 5x5 kernel at stride 2 by 3x3, 3x2, 2x3 and 2x2). Filtering 4 outputs with r taps takes
//! r + 3 products in place of 4 r (Winograd, "Arithmetic Complexity of Computations", 1980; for convolutions Lavin and
//! Gray, CVPR 2016): both signals are evaluated at r + 2 points and at infinity, and the products interpolated. The
//! phases share their points, so their products are summed *before* the interpolation, and one transform back serves
//! all of them. For the 5x5 kernel at stride 2 that makes 121 products for 16 outputs, where the direct sum takes 400.
//!
//! For a tile of 4x4 outputs and one [slot](plan::Plan) (a pair of points), the products over the channels are
//! a matrix product; the three directions of a convolution are three products of the same matrices:
//!
//! | direction | product for each slot |
//! |---|---|
//! | large to small | `[tiles, taps' large c] x [taps' large c, small c]` |
//! | small to large | the adjoint, `[tiles, small c] x [small c, taps' large c]` |
//! | weights' gradient | `[taps' large c, tiles] x [tiles, small c]` |
//!
//! The points are 0, 3/4, -3/4, 3/2, -3/2 and infinity. In single precision a result loses a few units of its last digit
//! to the direct sum's. With factors rounded to bf16 at the points ([`bf16`]) it is off by some 1.2% of the results' root
//! mean square, where a direct sum of rounded factors would be by 0.24%, but takes three times as many products.

mod bf16;
mod matrices;
mod passes;
mod plan;
mod tiles;
mod weights;

pub use bf16::available as bf16_products;
pub use passes::{down, gradient, up};
pub use plan::Plan;

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::nn::cpu::{Geometry, conv, weights};
    use crate::spec::Precision;

    /// Noise: the sums of smooth waves nearly cancel, and what is left tells nothing of the precision.
    fn noise(n: usize, seed: u64) -> Vec<f32> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..n).map(|_| rng.random_range(-1.0..1.0)).collect()
    }

    /// Root mean square of the difference, in proportion to that of `want`.
    fn off(got: &[f32], want: &[f32]) -> f64 {
        let sum = |f: &dyn Fn(f64, f64) -> f64| -> f64 {
            let both = got.iter().zip(want);
            both.map(|(g, w)| f(f64::from(*g), f64::from(*w)).powi(2))
                .sum()
        };
        (sum(&|g, w| g - w) / sum(&|_, w| w)).sqrt()
    }

    /// An odd number of tiles, so that a word is half empty, and a slot for each of three panels.
    #[test]
    fn bf16_products_come_near_single_ones() {
        for (side, half, kernel, stride) in [(8, 4, 5, 2), (7, 7, 3, 1), (16, 8, 5, 2)] {
            let g = Geometry {
                batch: 3,
                large: [side, side, 32],
                small: [half, half, 96],
                kernel: [kernel, kernel],
                stride,
                pad: [kernel / 2, kernel / 2],
            };
            assert!(Plan::new(&g, Precision::Bf16).is_some());
            let large = noise(g.large_len(), 1);
            let small = noise(g.small_len(), 2);
            let w = noise(g.weight_len(), 3);
            let run = |p: Precision| {
                let mut out = [
                    vec![f32::NAN; small.len()],
                    vec![f32::NAN; large.len()],
                    vec![f32::NAN; w.len()],
                ];
                conv::down_in(p, &g, &large, &w, &mut out[0]);
                conv::up_in(p, &g, &small, &w, &mut out[1]);
                weights::gradient_in(p, &g, &large, &small, &mut out[2]);
                out
            };
            let (single, bf16) = (run(Precision::F32), run(Precision::Bf16));
            for (i, (got, want)) in bf16.iter().zip(&single).enumerate() {
                let d = off(got, want);
                assert!(d < 0.02 && d > 1e-5, "direction {i} of {g:?} is off by {d}");
            }
        }
    }
}
