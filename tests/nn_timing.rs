//! How fast the ops and a whole training step are here. Ignored by default:
//! `RAYON_NUM_THREADS=2 cargo test --release --test nn_timing -- --ignored --nocapture`.

use std::time::Instant;

use candle_core::{DType, Device, Tensor, Var};
use dcgan::nn::cpu::adam::{Hyper, step};
use dcgan::nn::cpu::{Geometry, conv, norm as kernel, weights};
use dcgan::nn::ops::{Activation, Conv2d, ConvTranspose2d, Normalisation, native};
use dcgan::nn::{Architecture, Discriminator, Generator, Norm, Params, bce_with_logits};
use dcgan::spec::{Latent, LatentDistribution, Preset};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Processor nanoseconds of all threads so far (Linux; zero elsewhere): unlike the wall clock it is hardly disturbed by
/// other programs.
fn processor() -> f64 {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else {
        return 0.0;
    };
    tasks
        .filter_map(|t| std::fs::read_to_string(t.ok()?.path().join("schedstat")).ok())
        .filter_map(|s| s.split_whitespace().next()?.parse::<f64>().ok())
        .sum()
}

/// Least and median wall-clock milliseconds of `f`, and its mean processor time; returns the least.
fn time(name: &str, runs: usize, mut f: impl FnMut()) -> f64 {
    f();
    let before = processor();
    let mut times: Vec<f64> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            f();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    let processor = (processor() - before) / 1e6 / runs as f64;
    times.sort_by(f64::total_cmp);
    let (least, median) = (times[0], times[times.len() / 2]);
    println!("{name}: {least:.2} ms least, {median:.2} median, {processor:.2} of processor");
    least
}

fn random(shape: &[usize]) -> Var {
    Var::randn(0f32, 1f32, shape, &Device::Cpu).unwrap()
}

fn backward(y: &Tensor) {
    // A gradient of ones for every element, as cheap as candle allows.
    y.backward().unwrap();
}

#[test]
#[ignore = "timing"]
fn ops() {
    let halve = Conv2d {
        stride: 2,
        padding: 2,
    };
    let double = ConvTranspose2d {
        stride: 2,
        padding: 2,
        output_padding: 1,
    };
    let (large, small) = (random(&[128, 16, 16, 64]), random(&[128, 8, 8, 128]));
    let w = random(&[128, 64, 5, 5]);
    let conv = || native::conv2d(large.as_tensor(), w.as_tensor(), halve).unwrap();
    time("conv 64->128 5x5 s2 16->8, forward", 15, || drop(conv()));
    time("  forward and backward", 15, || backward(&conv()));
    let up = || native::conv_transpose2d(small.as_tensor(), w.as_tensor(), double).unwrap();
    time("conv-transpose 128->64 8->16, forward", 15, || drop(up()));
    time("  forward and backward", 15, || backward(&up()));
    let image = random(&[64, 3, 5, 5]);
    let to_image =
        || native::conv_transpose2d(large.as_tensor(), image.as_tensor(), double).unwrap();
    time("conv-transpose 64->3 16->32, forward", 15, || {
        drop(to_image())
    });
    time("  forward and backward", 15, || backward(&to_image()));
    let x = random(&[128, 16, 16, 128]);
    let (gain, bias) = (random(&[128]), random(&[128]));
    let norm = || {
        let (n, a) = (Normalisation::Batch, Activation::LeakyRelu(0.2));
        native::batch_norm_act(
            x.as_tensor(),
            gain.as_tensor(),
            bias.as_tensor(),
            n,
            a,
            1e-8,
        )
        .unwrap()
        .0
    };
    time(
        "batch norm + leaky ReLU [128,128,16,16], forward",
        15,
        || drop(norm()),
    );
    time("  forward and backward", 15, || backward(&norm()));
    let rows = vec![0.3f32; 128 * 16 * 16 * 128];
    let mut out = vec![0.0; rows.len()];
    let ones = vec![1.0; 128];
    let affine = kernel::Affine {
        gain: &ones,
        bias: &ones,
        epsilon: 1e-8,
        slope: 0.2,
    };
    time("  the kernels alone, forward and backward", 15, || {
        let s = kernel::statistics(&rows, 128);
        kernel::forward(&rows, &s, affine, &mut out);
        kernel::backward(&rows, &s, affine, true, &rows, &mut out);
    });
    let g = Geometry {
        batch: 128,
        large: [16, 16, 64],
        small: [8, 8, 128],
        kernel: [5, 5],
        stride: 2,
        pad: [2, 2],
    };
    let (mut l, mut s) = (vec![0.1; g.large_len()], vec![0.1; g.small_len()]);
    let (wv, mut dw) = (vec![0.1; g.weight_len()], vec![0.0; g.weight_len()]);
    time("  kernel down", 15, || conv::down(&g, &l, &wv, &mut s));
    time("  kernel up", 15, || conv::up(&g, &s, &wv, &mut l));
    time("  kernel weights", 15, || {
        weights::gradient(&g, &l, &s, &mut dw)
    });
    for (large, channels) in [([32, 32, 3], 64), ([16, 16, 128], 256), ([8, 8, 256], 512)] {
        let [h, w, _] = large;
        let g = Geometry {
            batch: 128,
            large,
            small: [h / 2, w / 2, channels],
            kernel: [5, 5],
            stride: 2,
            pad: [2, 2],
        };
        println!(
            "{large:?} to {channels} channels: {} GFLOP",
            g.multiply_adds() as f64 / 5e8
        );
        let (mut l, mut s) = (vec![0.1; g.large_len()], vec![0.1; g.small_len()]);
        let (wv, mut dw) = (vec![0.1; g.weight_len()], vec![0.0; g.weight_len()]);
        time("  kernel down", 7, || conv::down(&g, &l, &wv, &mut s));
        time("  kernel up", 7, || conv::up(&g, &s, &wv, &mut l));
        time("  kernel weights", 7, || {
            weights::gradient(&g, &l, &s, &mut dw)
        });
    }
    let n = 5_000_000;
    let (mut p, g, mut m, mut v) = (vec![0.1f32; n], vec![0.2f32; n], vec![0.0; n], vec![0.0; n]);
    time("Adam, 5M parameters", 15, || {
        step(&HYPER, &mut p, &g, &mut m, &mut v)
    });
}

const HYPER: Hyper = Hyper {
    beta1: 0.5,
    beta2: 0.999,
    eps: 1e-8,
    l2: 0.0,
    step: 2e-4,
    scale: 1.0,
};

type Moments = Vec<(Vec<f32>, Vec<f32>, Vec<f32>)>;

fn moments(params: &Params) -> Moments {
    let zeros = |n: usize| vec![0.0; n];
    params
        .iter()
        .map(|(_, v)| {
            let data = v.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            (data, zeros(v.elem_count()), zeros(v.elem_count()))
        })
        .collect()
}

fn update(params: &Params, state: &mut Moments, grads: &candle_core::backprop::GradStore) {
    for ((_, var), (p, m, v)) in params.iter().zip(state) {
        let g = grads
            .get(var.as_tensor())
            .unwrap()
            .flatten_all()
            .unwrap()
            .to_vec1::<f32>()
            .unwrap();
        step(&HYPER, p, &g, m, v);
        var.set(&Tensor::from_slice(p, var.shape(), &Device::Cpu).unwrap())
            .unwrap();
    }
}

fn full_step(preset: Preset, width: usize, runs: usize) {
    let latent = Latent {
        size: 100,
        distribution: LatentDistribution::Uniform,
    };
    let a = Architecture::new(preset, width, latent, 3);
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let g = Generator::init(&a, &mut rng, &Device::Cpu).unwrap();
    let d = Discriminator::init(&a, &mut rng, &Device::Cpu).unwrap();
    let (mut mg, mut md) = (moments(g.params()), moments(d.params()));
    let side = preset.size();
    let real = Tensor::rand(-1f32, 1f32, (128, 3, side, side), &Device::Cpu).unwrap();
    let z = Tensor::rand(-1f32, 1f32, (128, 100), &Device::Cpu).unwrap();
    let ms = time(
        &format!("step {} width {width}", preset.name()),
        runs,
        || {
            let fake = g.forward(&z, Norm::Batch).unwrap();
            let on_real = d.forward(&real, Norm::Batch).unwrap();
            let on_fake = d.forward(&fake.detach(), Norm::Batch).unwrap();
            let loss = (bce_with_logits(&on_real, 1.0).unwrap()
                + bce_with_logits(&on_fake, 0.0).unwrap())
            .unwrap();
            update(d.params(), &mut md, &loss.backward().unwrap());
            let logits = d.frozen().forward(&fake, Norm::Batch).unwrap();
            let loss = bce_with_logits(&logits, 1.0).unwrap();
            update(g.params(), &mut mg, &loss.backward().unwrap());
        },
    );
    println!("  {:.0} images/s", 128e3 / ms);
}

#[test]
#[ignore = "timing"]
fn steps() {
    full_step(Preset::Svhn32, 32, 9);
    full_step(Preset::Dcgan32, 64, 5);
    full_step(Preset::Dcgan64, 64, 3);
    full_step(Preset::Imagenet32, 32, 5);
}

#[test]
#[ignore = "timing"]
fn features() {
    let latent = Latent {
        size: 256,
        distribution: LatentDistribution::Uniform,
    };
    let a = Architecture::new(Preset::Imagenet32, 128, latent, 3);
    let d = Discriminator::init(&a, &mut ChaCha8Rng::seed_from_u64(0), &Device::Cpu).unwrap();
    let x = Tensor::rand(-1f32, 1f32, (250, 3, 32, 32), &Device::Cpu).unwrap();
    let ms = time("features imagenet32 width 128", 3, || {
        assert_eq!(d.pooled_features(&x).unwrap().dtype(), DType::F32);
    });
    println!("  {:.0} images/s", 250e3 / ms);
}
