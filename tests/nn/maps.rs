//! Batch norm with its activation, max-pooling to a grid, and unpooling.

use candle_core::{DType, Device, Tensor};
use dcgan::nn::ops::{self, Activation, BatchMoments, Normalisation};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::compare::{
    against_candle, against_differences, difference, differentiate, double, normal,
};

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_batch_norm_agrees_with_candle(
        batch in 2usize..6, channels in 1usize..40, h in 1usize..9, w in 1usize..9, slope in 0usize..3,
        given: bool, flat: bool, seed: u64,
    ) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let activation = [Activation::Identity, Activation::Relu, Activation::LeakyRelu(0.2)][slope];
        let shape = if flat { vec![batch + 6, channels] } else { vec![batch, channels, h + 1, w + 1] };
        let x = ((normal(&mut rng, &shape) * 2.0).unwrap() + 0.7).unwrap();
        let inputs = [x, normal(&mut rng, &[channels]), normal(&mut rng, &[channels])];
        let mean = normal(&mut rng, &[channels]);
        let variance = (normal(&mut rng, &[channels]).sqr().unwrap() + 0.5).unwrap();
        let op = |t: &[Tensor], activation| {
            let moments = BatchMoments {
                mean: mean.to_dtype(t[0].dtype())?,
                variance: variance.to_dtype(t[0].dtype())?,
            };
            let n = if given { Normalisation::Given(&moments) } else { Normalisation::Batch };
            Ok(ops::batch_norm_act(&t[0], &t[1], &t[2], n, activation, 1e-5)?.0)
        };
        // So near the rectifier's kink single precision may see the other side, where the gradient is another.
        let sums = op(&inputs.each_ref().map(double), Activation::Identity).unwrap();
        let nearest = sums.abs().unwrap().flatten_all().unwrap().min(0).unwrap();
        prop_assume!(slope == 0 || nearest.to_scalar::<f64>().unwrap() > 1e-5);
        against_candle(&inputs, 2e-4, &|t| op(t, activation));
    }

    #[test]
    fn any_pool_agrees_with_candle(
        batch in 1usize..4, channels in 1usize..9, h in 1usize..19, w in 1usize..19, grid in 1usize..6, seed: u64,
    ) {
        // No two values so near that differences step from one to the other.
        let mut values: Vec<f32> = (0..batch * channels * h * w).map(|i| i as f32 / 64.0).collect();
        values.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        let inputs = [Tensor::from_vec(values, (batch, channels, h, w), &Device::Cpu).unwrap()];
        let op = |t: &[Tensor]| ops::max_pool_to_grid(&t[0], grid);
        let (y, _) = differentiate(&inputs, DType::F32, &op);
        assert!(difference(&y, &op(&[double(&inputs[0])]).unwrap()) < 1e-7);
        against_differences(&inputs, 1e-5, &op);
    }

    #[test]
    fn any_unpooling_agrees_with_candle(
        batch in 1usize..4, channels in 1usize..9, h in 1usize..7, w in 1usize..7, factor in 1usize..5, seed: u64,
    ) {
        let x = normal(&mut ChaCha8Rng::seed_from_u64(seed), &[batch, channels, h, w]);
        against_candle(&[x], 1e-6, &|t| ops::unpool(&t[0], factor));
    }
}

#[test]
fn batch_norm_gradients_agree_with_differences() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let inputs = [
        normal(&mut rng, &[3, 5, 4, 4]),
        normal(&mut rng, &[5]),
        normal(&mut rng, &[5]),
    ];
    for activation in [
        Activation::Identity,
        Activation::Relu,
        Activation::LeakyRelu(0.2),
        Activation::Tanh,
    ] {
        let op = |t: &[Tensor]| {
            let n = Normalisation::Batch;
            Ok(ops::batch_norm_act(&t[0], &t[1], &t[2], n, activation, 1e-8)?.0)
        };
        against_differences(&inputs, 1e-5, &op);
    }
}

#[test]
fn batch_norm_keeps_a_small_variance_beside_a_large_mean() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let x = ((normal(&mut rng, &[64, 8, 8, 8]) * 0.01).unwrap() + 30.0).unwrap();
    let ones = Tensor::ones(8, DType::F32, &Device::Cpu).unwrap();
    let (n, a) = (Normalisation::Batch, Activation::Identity);
    let (_, moments) =
        ops::batch_norm_act(&x, &ones, &ones.zeros_like().unwrap(), n, a, 1e-8).unwrap();
    for v in moments.unwrap().variance.to_vec1::<f32>().unwrap() {
        assert!((v - 1e-4).abs() < 5e-6, "variance {v}");
    }
}
