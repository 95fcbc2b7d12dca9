//! Elementwise ops, the loss, and Adam's update.

use candle_core::{DType, Tensor, Var};
use dcgan::nn::cpu::adam::Hyper;
use dcgan::nn::ops;
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::compare::{Op, against_candle, against_differences, difference, normal};

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

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Up to more values than one task takes; at least 32, for a saturated tanh alone has a gradient of few digits.
    #[test]
    fn any_elementwise_op_and_loss_agree_with_candle(
        n in 1usize..5, c in 1usize..40, h in 4usize..20, w in 8usize..20, tenths in 0u8..11, seed: u64,
    ) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        // Off the rectifier's kink, which differences would step across.
        let x = (normal(&mut rng, &[n, c, h, w]) * 2.0).unwrap();
        let inputs = [(&x + (x.sign().unwrap() * 1e-3).unwrap()).unwrap()];
        let part = f32::from(tenths) / 10.0;
        let ops: [Op; 4] = [
            &|t| ops::leaky_relu(&t[0], part),
            &|t| ops::tanh(&t[0]),
            &|t| ops::sigmoid(&t[0]),
            &|t| ops::bce_with_logits(&t[0], part),
        ];
        for op in ops {
            against_candle(&inputs, 4e-6, op);
            against_differences(&inputs, 1e-5, op);
        }
    }

    /// A parameter and its gradients have one sign, so that neither L2 nor the first moment cancels to a value of few
    /// digits, whose sign Adam would follow all the same.
    #[test]
    fn any_adam_update_agrees_with_candle(
        rows in 1usize..300, columns in 1usize..300, steps in 1u64..5, lr in 1e-3..1e-1f64, beta1 in 0.0..0.95f64,
        beta2 in 0.9..0.9999f64, l2 in 0.0..0.1f64, seed: u64,
    ) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let signs = normal(&mut rng, &[rows, columns]).sign().unwrap();
        let mut signed = |least: f64| -> Tensor {
            let size = (normal(&mut rng, &[rows, columns]).abs().unwrap() + least).unwrap();
            (size * &signs).unwrap()
        };
        let p = signed(1.0);
        let gradients: Vec<Tensor> = (0..steps).map(|_| signed(1e-3)).collect();
        let run = |dtype: DType| {
            let of = |t: &Tensor| Var::from_tensor(&t.to_dtype(dtype).unwrap()).unwrap();
            let state = [of(&p), of(&p.zeros_like().unwrap()), of(&p.zeros_like().unwrap())];
            for (t, g) in (1..).zip(&gradients) {
                let hyper = Hyper::at(t, lr, (beta1, beta2), 1e-8, l2);
                let g = g.to_dtype(dtype).unwrap();
                ops::adam_update(&hyper, &state[0], &g, &state[1], &state[2]).unwrap();
            }
            state
        };
        for (i, (ours, want)) in run(DType::F32).iter().zip(run(DType::F64)).enumerate() {
            let d = difference(ours.as_tensor(), want.as_tensor());
            assert!(d < 2e-6, "parameter, first or second moment ({i}) differs by {d:e}");
        }
    }
}
