//! Every op of ours against candle's own in double precision, against finite differences, and on several threads.

use candle_core::{DType, Device, Result, Tensor, Var};
use dcgan::nn::ops::{self, Activation, BatchMoments, Conv2d, ConvTranspose2d, Normalisation};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

const HALVE: Conv2d = Conv2d {
    stride: 2,
    padding: 2,
};
const DOUBLE: ConvTranspose2d = ConvTranspose2d {
    stride: 2,
    padding: 2,
    output_padding: 1,
};

fn normal(rng: &mut ChaCha8Rng, shape: &[usize]) -> Tensor {
    let n = shape.iter().product();
    let data: Vec<f32> = (0..n).map(|_| StandardNormal.sample(&mut *rng)).collect();
    Tensor::from_vec(data, shape, &Device::Cpu).unwrap()
}

fn double(t: &Tensor) -> Tensor {
    t.to_dtype(DType::F64).unwrap()
}

fn doubles(t: &Tensor) -> Vec<f64> {
    double(t).flatten_all().unwrap().to_vec1().unwrap()
}

fn dot(a: &Tensor, b: &Tensor) -> f64 {
    doubles(a).iter().zip(doubles(b)).map(|(a, b)| a * b).sum()
}

/// Largest difference, relative to the largest value.
fn difference(a: &Tensor, b: &Tensor) -> f64 {
    assert_eq!(a.dims(), b.dims());
    let (a, b) = (doubles(a), doubles(b));
    let scale = b.iter().fold(1e-6f64, |m, v| m.max(v.abs()));
    a.iter().zip(&b).fold(0.0, |m: f64, (a, b)| {
        if a.is_nan() {
            f64::INFINITY
        } else {
            m.max((a - b).abs() / scale)
        }
    })
}

type Op<'a> = &'a dyn Fn(&[Tensor]) -> Result<Tensor>;

/// The op's value and its gradients for each input, for the loss `sum(y * weight)`.
fn differentiate(inputs: &[Tensor], dtype: DType, op: Op) -> (Tensor, Vec<Tensor>) {
    let vars: Vec<Var> = inputs
        .iter()
        .map(|t| Var::from_tensor(&t.to_dtype(dtype).unwrap()).unwrap())
        .collect();
    let tensors: Vec<Tensor> = vars.iter().map(|v| v.as_tensor().clone()).collect();
    let y = op(&tensors).unwrap();
    let weight = normal(&mut ChaCha8Rng::seed_from_u64(7), y.dims());
    let weight = weight.to_dtype(dtype).unwrap();
    let loss = (&y * &weight).unwrap().sum_all().unwrap();
    let grads = loss.backward().unwrap();
    let grads = vars
        .iter()
        .map(|v| grads.get(v.as_tensor()).expect("a gradient").clone())
        .collect();
    (y.detach(), grads)
}

/// Forward and gradients of ours (f32) against candle's own operations (f64).
fn against_candle(inputs: &[Tensor], tolerance: f64, op: Op) {
    let (y, grads) = differentiate(inputs, DType::F32, op);
    let (want, want_grads) = differentiate(inputs, DType::F64, op);
    let d = difference(&y, &want);
    assert!(d < tolerance, "forward differs by {d:e}");
    for (i, (g, w)) in grads.iter().zip(&want_grads).enumerate() {
        let d = difference(g, w);
        assert!(d < tolerance, "gradient {i} differs by {d:e}");
    }
}

/// Our gradients against central differences of the operation in double precision along a random direction.
fn against_differences(inputs: &[Tensor], tolerance: f64, op: Op) {
    let (y, grads) = differentiate(inputs, DType::F32, op);
    let weight = normal(&mut ChaCha8Rng::seed_from_u64(7), y.dims());
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    for i in 0..inputs.len() {
        let direction = normal(&mut rng, inputs[i].dims());
        let step = 1e-6;
        let at = |h: f64| {
            let mut moved: Vec<Tensor> = inputs.iter().map(double).collect();
            moved[i] = (&moved[i] + (double(&direction) * h).unwrap()).unwrap();
            dot(&op(&moved).unwrap(), &weight)
        };
        let numeric = (at(step) - at(-step)) / (2.0 * step);
        let ours = dot(&grads[i], &direction);
        let norms = dot(&grads[i], &grads[i]) * dot(&direction, &direction);
        let error = (numeric - ours).abs() / norms.sqrt().max(1e-3);
        assert!(
            error < tolerance,
            "input {i}: differences give {numeric}, backward {ours}"
        );
    }
}

/// `x` is batch, input channels, height, width; `w` is output channels and kernel size.
fn check_conv(x: [usize; 4], w: [usize; 2], c: Conv2d, seed: u64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let inputs = [
        normal(&mut rng, &x),
        normal(&mut rng, &[w[0], x[1], w[1], w[1]]),
    ];
    let op = |t: &[Tensor]| ops::conv2d(&t[0], &t[1], c);
    let (y, _) = differentiate(&inputs, DType::F32, &op);
    let doubled: Vec<Tensor> = inputs.iter().map(double).collect();
    let d = difference(&y, &op(&doubled).unwrap());
    assert!(d < 2e-5, "{x:?} {w:?} {c:?}: forward differs by {d:e}");
    against_differences(&inputs, 1e-5, &op);
}

fn check_transpose(x: [usize; 4], w: [usize; 2], c: ConvTranspose2d, seed: u64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let inputs = [
        normal(&mut rng, &x),
        normal(&mut rng, &[x[1], w[0], w[1], w[1]]),
    ];
    let op = |t: &[Tensor]| ops::conv_transpose2d(&t[0], &t[1], c);
    let (y, _) = differentiate(&inputs, DType::F32, &op);
    let doubled: Vec<Tensor> = inputs.iter().map(double).collect();
    let d = difference(&y, &op(&doubled).unwrap());
    assert!(d < 2e-5, "{x:?} {w:?} {c:?}: forward differs by {d:e}");
    against_differences(&inputs, 1e-5, &op);
}

#[test]
fn convolutions_of_the_presets_agree_with_candle() {
    // 5x5 stride 2 padding 2 (figure 1), 3x3 strides 1 and 2 padding 1 (released ImageNet net), even and odd sizes.
    for (k, stride, padding) in [(5, 2, 2), (3, 1, 1), (3, 2, 1)] {
        for (h, w) in [(8, 8), (7, 5), (4, 4)] {
            for (batch, few, many) in [(1, 3, 16), (3, 12, 20)] {
                let c = Conv2d { stride, padding };
                check_conv([batch, few, h, w], [many, k], c, 1);
                let c = ConvTranspose2d {
                    stride,
                    padding,
                    output_padding: stride - 1,
                };
                check_transpose([batch, few, h, w], [many, k], c, 2);
                check_transpose([batch, many, h, w], [few, k], c, 3);
            }
        }
    }
}

#[test]
fn gradients_of_the_presets_agree_with_candle_s_autograd() {
    let mut rng = ChaCha8Rng::seed_from_u64(12);
    for (k, stride, padding) in [(5, 2, 2), (3, 1, 1), (3, 2, 1)] {
        let inputs = [
            normal(&mut rng, &[2, 6, 8, 8]),
            normal(&mut rng, &[10, 6, k, k]),
        ];
        let c = Conv2d { stride, padding };
        against_candle(&inputs, 2e-5, &|t| ops::conv2d(&t[0], &t[1], c));
        let c = ConvTranspose2d {
            stride,
            padding,
            output_padding: stride - 1,
        };
        let inputs = [
            normal(&mut rng, &[2, 6, 8, 8]),
            normal(&mut rng, &[6, 10, k, k]),
        ];
        against_candle(&inputs, 2e-5, &|t| ops::conv_transpose2d(&t[0], &t[1], c));
    }
}

#[test]
fn tiles_that_span_images_and_bands_agree_with_candle() {
    // More cells than one tile, with several images a tile and with several tiles an image.
    check_conv([40, 3, 8, 8], [8, 5], HALVE, 4);
    let same = Conv2d {
        stride: 1,
        padding: 1,
    };
    check_conv([1, 3, 40, 48], [8, 3], same, 5);
    check_transpose([40, 8, 4, 4], [12, 5], DOUBLE, 6);
    check_transpose([1, 8, 20, 24], [3, 5], DOUBLE, 6);
    check_transpose([1, 8, 20, 24], [12, 5], DOUBLE, 6);
    // More taps than one gathered matrix holds, and weights so large that their gradient is cut along the kernel.
    check_conv([20, 64, 8, 8], [8, 5], HALVE, 5);
    check_conv([2, 160, 4, 4], [160, 5], HALVE, 7);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_convolution_agrees_with_candle(
        batch in 1usize..4, cin in 1usize..14, cout in 1usize..14, h in 1usize..11, w in 1usize..11,
        k in 1usize..6, stride in 1usize..4, padding in 0usize..3, seed: u64,
    ) {
        prop_assume!(h + 2 * padding >= k && w + 2 * padding >= k);
        check_conv([batch, cin, h, w], [cout, k], Conv2d { stride, padding }, seed);
    }

    #[test]
    fn any_transpose_agrees_with_candle(
        batch in 1usize..4, cin in 1usize..14, cout in 1usize..14, h in 1usize..8, w in 1usize..8,
        k in 1usize..6, stride in 1usize..4, padding in 0usize..3, extra in 0usize..3, seed: u64,
    ) {
        prop_assume!(extra < stride);
        prop_assume!((h.min(w) - 1) * stride + k + extra > 2 * padding);
        let c = ConvTranspose2d { stride, padding, output_padding: extra };
        check_transpose([batch, cin, h, w], [cout, k], c, seed);
    }

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
        let op = |t: &[Tensor]| {
            let moments = BatchMoments {
                mean: mean.to_dtype(t[0].dtype())?,
                variance: variance.to_dtype(t[0].dtype())?,
            };
            let n = if given { Normalisation::Given(&moments) } else { Normalisation::Batch };
            Ok(ops::batch_norm_act(&t[0], &t[1], &t[2], n, activation, 1e-5)?.0)
        };
        against_candle(&inputs, 2e-4, &op);
    }

    #[test]
    fn any_pool_agrees_with_candle(
        batch in 1usize..4, channels in 1usize..9, h in 1usize..19, w in 1usize..19, grid in 1usize..6, seed: u64,
    ) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let inputs = [normal(&mut rng, &[batch, channels, h, w])];
        let op = |t: &[Tensor]| ops::max_pool_to_grid(&t[0], grid);
        let (y, _) = differentiate(&inputs, DType::F32, &op);
        assert!(difference(&y, &op(&[double(&inputs[0])]).unwrap()) < 1e-7);
        against_differences(&inputs, 1e-5, &op);
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

#[test]
fn nothing_is_computed_for_arguments_without_a_tape() {
    let mut rng = ChaCha8Rng::seed_from_u64(10);
    let x = normal(&mut rng, &[2, 3, 8, 8]);
    let w = Var::from_tensor(&normal(&mut rng, &[4, 3, 5, 5])).unwrap();
    let y = ops::native::from_nchw(&x).unwrap();
    let out = ops::native::conv2d(&y, w.as_tensor(), HALVE).unwrap();
    let grads = out.sum_all().unwrap().backward().unwrap();
    assert!(grads.get(w.as_tensor()).is_some());
    assert!(grads.get(&y).is_none());
}

#[test]
fn results_have_the_same_bits_on_one_thread_and_on_three() {
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let mut rng = ChaCha8Rng::seed_from_u64(11);
            let inputs = [
                normal(&mut rng, &[37, 24, 12, 12]),
                normal(&mut rng, &[40, 24, 5, 5]),
                normal(&mut rng, &[40]),
                normal(&mut rng, &[40]),
                normal(&mut rng, &[40, 3, 5, 5]),
            ];
            let op = |t: &[Tensor]| {
                let y = ops::conv2d(&t[0], &t[1], HALVE)?;
                let (n, a) = (Normalisation::Batch, Activation::Relu);
                let (y, _) = ops::batch_norm_act(&y, &t[2], &t[3], n, a, 1e-8)?;
                ops::tanh(&ops::conv_transpose2d(&y, &t[4], DOUBLE)?)
            };
            let (y, mut grads) = differentiate(&inputs, DType::F32, &op);
            grads.push(y);
            let bits = |t: &Tensor| -> Vec<u32> {
                let v = t.flatten_all().unwrap().to_vec1::<f32>().unwrap();
                v.iter().map(|x| x.to_bits()).collect()
            };
            grads.iter().map(bits).collect::<Vec<_>>()
        })
    };
    let one = run(1);
    assert!(one == run(2) && one == run(3));
}

#[test]
fn shapes_that_do_not_fit_are_refused_in_words() {
    let x = Tensor::zeros((1, 3, 4, 4), DType::F32, &Device::Cpu).unwrap();
    let w = Tensor::zeros((8, 4, 5, 5), DType::F32, &Device::Cpu).unwrap();
    let e = ops::conv2d(&x, &w, HALVE).unwrap_err();
    assert!(e.to_string().contains("3 channels"), "{e}");
    let w = Tensor::zeros((8, 3, 5, 5), DType::F32, &Device::Cpu).unwrap();
    let bare = Conv2d {
        stride: 2,
        padding: 0,
    };
    let e = ops::conv2d(&x, &w, bare).unwrap_err();
    assert!(e.to_string().contains("does not fit"), "{e}");
    let e = ops::max_pool_to_grid(&x, 0).unwrap_err();
    assert!(e.to_string().contains("grid of 0"), "{e}");
}
