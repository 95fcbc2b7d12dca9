//! Every op of ours against candle's own in double precision, against finite differences, and on several threads.

#[path = "nn/compare.rs"]
mod compare;
#[path = "nn/convolutions.rs"]
mod convolutions;
#[path = "nn/elementwise.rs"]
mod elementwise;
#[path = "nn/maps.rs"]
mod maps;

use candle_core::{DType, Device, Tensor, Var};
use compare::{differentiate, normal};
use dcgan::nn::ops::{self, Activation, Conv2d, ConvTranspose2d, Normalisation};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const HALVE: Conv2d = Conv2d {
    stride: 2,
    padding: 2,
};
const DOUBLE: ConvTranspose2d = ConvTranspose2d {
    stride: 2,
    padding: 2,
    output_padding: 1,
};

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
