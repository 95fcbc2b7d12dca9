//! Elementwise ops and the loss.

use dcgan::nn::ops;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::compare::{against_candle, normal};

#[test]
fn elementwise_ops_and_the_loss_agree_with_candle() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let inputs = [(normal(&mut rng, &[3, 7, 5, 4]) * 2.0).unwrap()];
    against_candle(&inputs, 1e-6, &|t| ops::leaky_relu(&t[0], 0.2));
    against_candle(&inputs, 2e-6, &|t| ops::tanh(&t[0]));
    against_candle(&inputs, 2e-6, &|t| ops::sigmoid(&t[0]));
    for target in [0.0, 1.0, 0.9] {
        against_candle(&inputs, 2e-6, &|t| ops::bce_with_logits(&t[0], target));
    }
}
