//! The networks: deterministic, differentiable end to end, saved and loaded strictly, and the released weights.

mod needs;
#[path = "nn_nets/released.rs"]
mod released_small;

use std::collections::HashMap;
use std::path::PathBuf;

use candle_core::{DType, Device, Tensor};
use dcgan::nn::{
    Architecture, Discriminator, Generator, NnError, Norm, bce_with_logits, infer_statistics,
    released, schematic,
};
use dcgan::spec::{Latent, LatentDistribution, Preset};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

const PRESETS: [Preset; 4] = [
    Preset::Dcgan64,
    Preset::Dcgan32,
    Preset::Imagenet32,
    Preset::Svhn32,
];

fn architecture(preset: Preset, width: usize) -> Architecture {
    let latent = Latent {
        size: 10,
        distribution: LatentDistribution::Normal,
    };
    Architecture::new(preset, width, latent, 3)
}

fn normal(seed: u64, shape: &[usize]) -> Tensor {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let n = shape.iter().product();
    let data: Vec<f32> = StandardNormal.sample_iter(&mut rng).take(n).collect();
    Tensor::from_vec(data, shape, &Device::Cpu).unwrap()
}

fn nets(a: &Architecture, seed: u64) -> (Generator, Discriminator) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let g = Generator::init(a, &mut rng, &Device::Cpu).unwrap();
    let d = Discriminator::init(a, &mut rng, &Device::Cpu).unwrap();
    (g, d)
}

fn values(t: &Tensor) -> Vec<f32> {
    t.flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn every_preset_runs_both_ways() {
    for preset in PRESETS {
        let a = architecture(preset, 4);
        let (g, d) = nets(&a, 1);
        let fake = g.forward(normal(2, &[3, 10]), Norm::Batch).unwrap();
        let side = preset.size();
        assert_eq!(fake.dims(), [3, 3, side, side]);
        assert!(values(&fake).iter().all(|v| v.abs() <= 1.0));
        let logits = d.frozen().forward(&fake, Norm::Batch).unwrap();
        assert_eq!(logits.dims(), [3]);
        let grads = bce_with_logits(&logits, 1.0).unwrap().backward().unwrap();
        for (name, var) in g.params().iter() {
            let grad = grads
                .get(var.as_tensor())
                .unwrap_or_else(|| panic!("{name} has no gradient"));
            assert!(
                values(grad).iter().any(|v| *v != 0.0),
                "{name}'s gradient is zero"
            );
        }
        for (name, var) in d.params().iter() {
            assert!(
                grads.get(var.as_tensor()).is_none(),
                "frozen {name} has a gradient"
            );
        }
        let features = d.pooled_features(&fake).unwrap();
        assert_eq!(features.dims(), [3, d.feature_len()]);
        assert_eq!(d.feature_len(), a.feature_len(a.discriminator.len()));
        assert_eq!(d.max_units(), a.max_units());
    }
}

#[test]
fn parameters_are_as_many_as_the_table_says() {
    for preset in PRESETS {
        let a = architecture(preset, 6);
        let (g, d) = nets(&a, 1);
        let count = |net: &str| -> usize {
            a.table()
                .iter()
                .filter(|r| r.net == net)
                .map(|r| r.parameters)
                .sum()
        };
        assert_eq!(
            (g.params().count(), d.params().count()),
            (count("G"), count("D"))
        );
    }
}

#[test]
fn initial_values_are_the_paper_s_and_the_seed_s() {
    let a = architecture(Preset::Dcgan32, 16);
    let (g, d) = nets(&a, 5);
    let (same, _) = nets(&a, 5);
    let (other, _) = nets(&a, 6);
    let weight = |g: &Generator| values(g.params().get("g.1.weight").unwrap().as_tensor());
    assert_eq!(weight(&g), weight(&same));
    assert_ne!(weight(&g), weight(&other));
    for (name, var) in g.params().iter().chain(d.params().iter()) {
        let v = values(var.as_tensor());
        let n = v.len() as f32;
        let mean = v.iter().sum::<f32>() / n;
        let deviation = (v.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / n).sqrt();
        let want = match name {
            n if n.ends_with("norm.weight") => (1.0, 0.02),
            n if n.ends_with("norm.bias") => (0.0, 0.0),
            _ => (0.0, 0.02),
        };
        let slack = 0.02 * 5.0 / n.sqrt();
        assert!((mean - want.0).abs() <= slack, "{name}: mean {mean}");
        assert!(
            (deviation - want.1).abs() <= slack,
            "{name}: deviation {deviation}"
        );
    }
}

/// Differences of the loss along the first layer's gradient give its norm: every backward above it is right.
#[test]
fn the_gradient_of_a_whole_net_agrees_with_differences() {
    let a = architecture(Preset::Imagenet32, 4);
    let (_, d) = nets(&a, 3);
    let x = (normal(4, &[2, 3, 32, 32]) * 0.5).unwrap();
    let loss = bce_with_logits(&d.forward(&x, Norm::Batch).unwrap(), 1.0).unwrap();
    let grads = loss.backward().unwrap();
    let (name, var) = d.params().iter().next().unwrap();
    let grad = grads.get(var.as_tensor()).unwrap();
    let norm = values(grad)
        .iter()
        .map(|v| f64::from(*v).powi(2))
        .sum::<f64>()
        .sqrt();
    let start = var.as_detached_tensor().copy().unwrap();
    let at = |h: f64| -> f64 {
        var.set(&(&start + (grad * (h / norm)).unwrap()).unwrap())
            .unwrap();
        let logits = d.forward(&x, Norm::Batch).unwrap();
        values(&logits)
            .iter()
            .map(|l| (1.0 + (-f64::from(*l)).exp()).ln())
            .sum::<f64>()
            / 2.0
    };
    // Small beside the weights, so that few rectifiers switch; large beside the loss's rounding.
    let h = 3e-4;
    let numeric = (at(h) - at(-h)) / (2.0 * h);
    assert!(
        (numeric - norm).abs() / norm < 0.02,
        "{name}: differences {numeric}, backward {norm}"
    );
}

#[test]
fn the_first_features_are_in_channel_order() {
    let a = architecture(Preset::Svhn32, 4);
    let (_, d) = nets(&a, 3);
    let x = normal(4, &[2, 3, 32, 32]);
    let maps = d.features(&x, Norm::Infer, 3).unwrap();
    assert_eq!(maps[0].dims(), [2, 4, 16, 16]);
    let pooled = d.pooled_features(&x).unwrap();
    let want = maps[0].max_pool2d(4).unwrap().flatten_from(1).unwrap();
    assert_eq!(
        values(&pooled.narrow(1, 0, 64).unwrap().contiguous().unwrap()),
        values(&want)
    );
}

#[test]
fn inferred_statistics_make_inference_look_like_training() {
    let a = architecture(Preset::Svhn32, 8);
    let (g, d) = nets(&a, 3);
    let batches =
        |seed: u64| (0..4).map(move |i| Ok::<_, NnError>(normal(seed + i, &[64, 3, 32, 32])));
    let before = d.forward(normal(9, &[64, 3, 32, 32]), Norm::Infer).unwrap();
    assert_eq!(infer_statistics(&d, batches(20)).unwrap(), 4);
    let x = normal(9, &[64, 3, 32, 32]);
    let (batch, inferred) = (
        d.forward(&x, Norm::Batch).unwrap(),
        d.forward(&x, Norm::Infer).unwrap(),
    );
    let far = |a: &Tensor, b: &Tensor| {
        (a - b)
            .unwrap()
            .sqr()
            .unwrap()
            .mean_all()
            .unwrap()
            .to_scalar::<f32>()
            .unwrap()
    };
    assert!(
        far(&batch, &inferred) < 0.1 * far(&before, &inferred),
        "{} {}",
        far(&batch, &inferred),
        far(&before, &inferred)
    );
    let none = std::iter::empty::<Result<Tensor, NnError>>();
    assert!(matches!(
        infer_statistics(&g, none),
        Err(NnError::NoBatches)
    ));
    // One batch of z: its statistics are the stored ones exactly.
    let z = normal(30, &[64, 10]);
    infer_statistics(&g, [Ok::<_, NnError>(z.clone())]).unwrap();
    let (batch, inferred) = (
        g.forward(&z, Norm::Batch).unwrap(),
        g.forward(&z, Norm::Infer).unwrap(),
    );
    assert!(far(&batch, &inferred) < 1e-10);
}

#[test]
fn a_checkpoint_of_another_model_is_refused_by_name_and_nothing_changes() {
    let a = architecture(Preset::Dcgan32, 4);
    let (g, d) = nets(&a, 1);
    let (g2, _) = nets(&a, 2);
    let mut saved: HashMap<String, Tensor> = g.params().tensors().unwrap().into_iter().collect();
    // A whole checkpoint has the other net and the optimiser beside it.
    saved.extend(d.params().tensors().unwrap());
    saved.insert("adam.g.m.g.0.weight".into(), normal(1, &[3]));
    g2.params().load(&saved).unwrap();
    let weight = |g: &Generator| values(g.params().get("g.0.weight").unwrap().as_tensor());
    assert_eq!(weight(&g), weight(&g2));
    let z = normal(1, &[5, 10]);
    assert_eq!(
        values(&g.forward(&z, Norm::Infer).unwrap()),
        values(&g2.forward(&z, Norm::Infer).unwrap())
    );

    let (wide, _) = nets(&architecture(Preset::Dcgan32, 6), 1);
    let before = weight(&wide);
    let e = wide.params().load(&saved).unwrap_err().to_string();
    assert!(
        e.contains("`g.0.weight`") && e.contains("[256, 10]") && e.contains("[384, 10]"),
        "{e}"
    );
    assert_eq!(before, weight(&wide));
    let mut cut = saved.clone();
    cut.remove("g.2.norm.bias");
    let e = g2.params().load(&cut).unwrap_err().to_string();
    assert!(e.contains("lacks tensor `g.2.norm.bias`"), "{e}");
    saved.insert("g.9.weight".into(), normal(1, &[3]));
    let e = g2.params().load(&saved).unwrap_err().to_string();
    assert!(
        e.contains("`g.9.weight`") && e.contains("does not have"),
        "{e}"
    );
}

#[test]
fn inputs_of_another_shape_are_refused() {
    let (g, d) = nets(&architecture(Preset::Dcgan32, 4), 1);
    let e = g
        .forward(normal(1, &[2, 7]), Norm::Batch)
        .unwrap_err()
        .to_string();
    assert!(
        e.contains("generator expects input of shape (N, 10), found [2, 7]"),
        "{e}"
    );
    let e = d
        .forward(normal(1, &[2, 3, 28, 28]), Norm::Batch)
        .unwrap_err()
        .to_string();
    assert!(e.contains("(N, 3, 32, 32)"), "{e}");
}

const SVHN: &str = "svhn_unsup_all_conv_dcgan_100z_gaussian_lr_0.0005_64mb";
const IMAGENET: &str = "imagenet_gan_pretrain_128f_relu_lrelu_7l_3x3_256z";

#[test]
fn the_released_imagenet_net_has_four_of_six_layers_and_no_generator() {
    let Some(path) = needs::weights(
        "the_released_imagenet_net_has_four_of_six_layers_and_no_generator",
        IMAGENET,
    ) else {
        return;
    };
    let net = released::load(&path, &Device::Cpu).unwrap();
    assert_eq!(
        (net.architecture.preset, net.architecture.width),
        (Some(Preset::Imagenet32), 128)
    );
    assert_eq!((net.layers, net.discriminator.feature_len()), (4, 12_288));
    assert_eq!(net.discriminator.max_units(), 256);
    assert!(net.generator.is_none());
    assert_eq!(net.generator_missing, [1, 4, 7]);
    assert_eq!(net.architecture.latent.size, 256);
    let x = normal(1, &[1, 3, 32, 32]);
    let e = net
        .discriminator
        .forward(&x, Norm::Batch)
        .unwrap_err()
        .to_string();
    assert!(e.contains("4 of its 6 layers"), "{e}");
    assert_eq!(
        net.discriminator.pooled_features(&x).unwrap().dims(),
        [1, 12_288]
    );
}

/// G draws digits only with kernels flipped, arrays in their places and right statistics; without the flip it blurs, and
/// the released D, which knows SVHN, tells. The sheet is written for a person to see.
#[test]
fn the_released_svhn_generator_draws_digits() {
    let Some(path) = needs::weights("the_released_svhn_generator_draws_digits", SVHN) else {
        return;
    };
    let net = released::load(&path, &Device::Cpu).unwrap();
    assert_eq!(
        (net.architecture.preset, net.architecture.width),
        (Some(Preset::Svhn32), 64)
    );
    assert_eq!(net.architecture.latent.size, 100);
    assert_eq!(net.discriminator.feature_len(), 7_168);
    let g = net.generator.unwrap();
    let z = (0..16).map(|i| Ok::<_, NnError>(normal(100 + i, &[128, 100])));
    infer_statistics(&g, z).unwrap();
    let images = g.forward(normal(1, &[64, 100]), Norm::Infer).unwrap();
    let pixels = values(&images);
    // Neighbouring pixels of a photograph are alike, those of a wrongly assembled net are not.
    let at = |n: usize, y: usize, x: usize| pixels[((n * 3) * 32 + y) * 32 + x];
    let (mut step, mut spread, mut mean) = (0.0, 0.0, 0.0);
    for n in 0..64 {
        for y in 0..31 {
            for x in 0..31 {
                step += (at(n, y, x + 1) - at(n, y, x)).powi(2);
                spread += at(n, y, x).powi(2);
                mean += at(n, y, x);
            }
        }
    }
    let cells = 64.0 * 31.0 * 31.0;
    let variance = spread / cells - (mean / cells).powi(2);
    let roughness = step / cells / variance;
    assert!(variance > 0.05, "the images are flat: variance {variance}");
    assert!(
        roughness < 0.12,
        "neighbouring pixels differ too much: {roughness}"
    );

    let d = net.discriminator;
    let score = |x: &Tensor| {
        let logits = values(&d.forward(x, Norm::Batch).unwrap());
        logits.iter().sum::<f32>() / 64.0
    };
    let drawn = score(&images);
    for (name, var) in g.params().iter().filter(|(_, v)| v.rank() == 4) {
        let cells = var.dims()[2] * var.dims()[3];
        let mut data = values(var.as_tensor());
        data.chunks_exact_mut(cells).for_each(<[f32]>::reverse);
        let unflipped = Tensor::from_vec(data, var.shape(), &Device::Cpu).unwrap();
        var.set(&unflipped)
            .unwrap_or_else(|e| panic!("{name}: {e}"));
    }
    let z = (0..16).map(|i| Ok::<_, NnError>(normal(100 + i, &[128, 100])));
    infer_statistics(&g, z).unwrap();
    let blurred = g.forward(normal(1, &[64, 100]), Norm::Infer).unwrap();
    println!(
        "roughness {roughness}, D on flipped kernels {drawn}, on unflipped {}",
        score(&blurred)
    );
    assert!(
        drawn > score(&blurred) + 1.0,
        "{drawn} against {}",
        score(&blurred)
    );

    let sheet = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("svhn-released.png");
    let mut out = image::RgbImage::new(8 * 34, 8 * 34);
    for n in 0..64u32 {
        for y in 0..32 {
            for x in 0..32 {
                let value = |c: u32| {
                    let v = pixels[(((n * 3 + c) * 32 + y) * 32 + x) as usize];
                    ((v + 1.0) * 127.5).round() as u8
                };
                let (left, top) = (n % 8 * 34 + 1, n / 8 * 34 + 1);
                out.put_pixel(
                    left + x,
                    top + y,
                    image::Rgb([value(0), value(1), value(2)]),
                );
            }
        }
    }
    out.save(&sheet).unwrap();
    let svg = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("schematic.svg");
    std::fs::write(svg, schematic::generator_svg(&architecture_64())).unwrap();
    assert_eq!(images.dtype(), DType::F32);
}

fn architecture_64() -> Architecture {
    let latent = Latent {
        size: 100,
        distribution: LatentDistribution::Uniform,
    };
    Architecture::new(Preset::Dcgan64, 128, latent, 3)
}

#[test]
fn damaged_released_folders_are_refused_by_file() {
    let Some(path) = needs::weights("damaged_released_folders_are_refused_by_file", SVHN) else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let refuse = || {
        released::load(dir.path(), &Device::Cpu)
            .unwrap_err()
            .to_string()
    };
    assert!(refuse().contains("_discrim_params.jl_01.npy"));
    for entry in std::fs::read_dir(&path).unwrap() {
        let entry = entry.unwrap();
        let bytes = std::fs::read(entry.path()).unwrap();
        std::fs::write(dir.path().join(entry.file_name()), bytes).unwrap();
    }
    let file = |n: &str| dir.path().join(format!("200_{n}.npy"));
    let whole = std::fs::read(file("discrim_params.jl_05")).unwrap();
    std::fs::write(file("discrim_params.jl_05"), &whole[..whole.len() / 2]).unwrap();
    let e = refuse();
    assert!(e.contains("jl_05.npy") && e.contains("truncated"), "{e}");
    let other = std::fs::read(file("discrim_params.jl_03")).unwrap();
    std::fs::write(file("discrim_params.jl_05"), other).unwrap();
    let e = refuse();
    assert!(
        e.contains("jl_05.npy") && e.contains("[256, 128, 5, 5]"),
        "{e}"
    );
    std::fs::remove_file(file("discrim_params.jl_05")).unwrap();
    let net = released::load(dir.path(), &Device::Cpu).unwrap();
    assert_eq!((net.layers, net.discriminator.feature_len()), (2, 3_072));
}
