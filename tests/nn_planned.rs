//! The planned nets against the same nets on candle's tape.

use candle_core::{Device, Tensor};
use dcgan::nn::planned::{Gradients, PlannedDiscriminator, PlannedFeatures, PlannedGenerator};
use dcgan::nn::{
    Architecture, Discriminator, Generator, NnError, Norm, Params, bce_with_logits,
    infer_statistics,
};
use dcgan::spec::Precision;
use dcgan::spec::{Latent, LatentDistribution, Preset};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const BATCH: usize = 3;

fn close(what: &str, got: &[f32], want: &Tensor) {
    let want: Vec<f32> = want.flatten_all().unwrap().to_vec1().unwrap();
    assert_eq!(got.len(), want.len(), "{what}");
    let largest = want.iter().fold(0.0f32, |m, v| m.max(v.abs()));
    for (i, (g, w)) in got.iter().zip(&want).enumerate() {
        assert!(
            (g - w).abs() <= 2e-4 * largest + 1e-9,
            "{what}[{i}]: {g} is not {w}"
        );
    }
}

fn close_all(gradients: &Gradients, params: &Params, grads: &candle_core::backprop::GradStore) {
    let mut seen = 0;
    for ((name, got), (same, var)) in gradients.iter().zip(params.iter()) {
        assert_eq!(name, same);
        close(name, got, grads.get(var).unwrap());
        seen += 1;
    }
    assert_eq!(seen, params.iter().count());
}

/// `(n, c, h, w)` in the planned nets' order.
fn channels_last(x: &Tensor) -> Vec<f32> {
    let x = x.permute((0, 2, 3, 1)).unwrap().contiguous().unwrap();
    x.flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn planned_nets_agree_with_the_tape_in_every_preset() {
    for preset in [
        Preset::Dcgan64,
        Preset::Dcgan32,
        Preset::Imagenet32,
        Preset::Svhn32,
    ] {
        let latent = Latent {
            size: 7,
            distribution: LatentDistribution::Normal,
        };
        let a = Architecture::new(preset, 5, latent, 3);
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let generator = Generator::init(&a, &mut rng, &Device::Cpu).unwrap();
        let discriminator = Discriminator::init(&a, &mut rng, &Device::Cpu).unwrap();
        let z = Tensor::randn(0f32, 1f32, (BATCH, 7), &Device::Cpu).unwrap();
        let mut g = PlannedGenerator::new(&generator, BATCH, Precision::F32).unwrap();
        let mut d = PlannedDiscriminator::new(&discriminator, BATCH, Precision::F32).unwrap();

        let fake = generator.forward(&z, Norm::Batch).unwrap();
        let z: Vec<f32> = z.flatten_all().unwrap().to_vec1().unwrap();
        let images = g.forward(&z).unwrap().to_vec();
        let fake_last = channels_last(&fake);
        close(
            "images",
            &images,
            &Tensor::new(fake_last, &Device::Cpu).unwrap(),
        );

        let logits = discriminator.forward(&fake, Norm::Batch).unwrap();
        close("logits", d.forward(&images).unwrap(), &logits);
        // Through G and D at once: every gradient of both.
        let grads = bce_with_logits(&logits, 1.0).unwrap().backward().unwrap();
        let mut dlogits = vec![0.0; BATCH];
        let planned = d.forward(&images).unwrap().to_vec();
        dcgan::nn::cpu::activation::bce_with_logits_backward(&planned, 1.0, 1.0, &mut dlogits);
        let (mut of_d, mut of_g) = (
            Gradients::new(discriminator.params()),
            Gradients::new(generator.params()),
        );
        let mut dimages = vec![0.0; images.len()];
        // Twice into the same buffers: what is left from the first time must not matter.
        for _ in 0..2 {
            of_d.clear();
            of_g.clear();
            d.backward(&images, &dlogits, Some(&mut of_d), Some(&mut dimages))
                .unwrap();
            g.backward(&z, &dimages, &mut of_g).unwrap();
        }
        close_all(&of_d, discriminator.params(), &grads);
        close_all(&of_g, generator.params(), &grads);
        let squares: f64 = discriminator
            .params()
            .iter()
            .map(|(_, v)| {
                let g = grads.get(v).unwrap().sqr().unwrap().sum_all().unwrap();
                f64::from(g.to_scalar::<f32>().unwrap())
            })
            .sum();
        assert!((of_d.norm() - squares.sqrt()).abs() < 1e-4 * squares.sqrt());
    }
}

/// Layers with and without batch norm, statistics that are not the initial ones, channels that fill panels and others.
#[test]
fn planned_features_are_the_tape_s_to_the_bit() {
    for (preset, width) in [
        (Preset::Imagenet32, 16),
        (Preset::Svhn32, 5),
        (Preset::Dcgan64, 3),
    ] {
        let latent = Latent {
            size: 4,
            distribution: LatentDistribution::Uniform,
        };
        let a = Architecture::new(preset, width, latent, 3);
        let mut rng = ChaCha8Rng::seed_from_u64(6);
        let net = Discriminator::init(&a, &mut rng, &Device::Cpu).unwrap();
        let side = preset.size();
        let x = Tensor::randn(0f32, 1f32, (5, 3, side, side), &Device::Cpu).unwrap();
        infer_statistics(&net, [Ok::<_, NnError>(x.clone())]).unwrap();
        let want = net.pooled_features(&x).unwrap();
        let mut got = vec![f32::NAN; 5 * net.feature_len()];
        let planned = PlannedFeatures::new(&net).unwrap();
        planned.rows(&channels_last(&x), &mut got).unwrap();
        assert!(got == want.flatten_all().unwrap().to_vec1::<f32>().unwrap());
    }
}

#[test]
fn gradients_add_up() {
    let latent = Latent {
        size: 4,
        distribution: LatentDistribution::Uniform,
    };
    let a = Architecture::new(Preset::Svhn32, 4, latent, 3);
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let net = Discriminator::init(&a, &mut rng, &Device::Cpu).unwrap();
    let mut d = PlannedDiscriminator::new(&net, BATCH, Precision::F32).unwrap();
    let images: Vec<f32> = (0..BATCH * 3 * 32 * 32)
        .map(|i| (i as f32 * 0.37).sin())
        .collect();
    let mut run = |times: usize| {
        let mut gradients = Gradients::new(net.params());
        d.forward(&images).unwrap();
        for _ in 0..times {
            d.backward(&images, &[0.1, -0.2, 0.3], Some(&mut gradients), None)
                .unwrap();
        }
        gradients
    };
    let (once, twice) = (run(1), run(2));
    for ((_, a), (name, b)) in once.iter().zip(twice.iter()) {
        for (a, b) in a.iter().zip(b) {
            assert_eq!(2.0 * a, *b, "{name}");
        }
    }
}
