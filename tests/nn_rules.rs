//! Nets with labels, hidden layers and given-up rules: as PyTorch's, as their records say, and the same when resumed.

#[path = "fixtures/pytorch.rs"]
mod pytorch;

use std::collections::HashMap;

use candle_core::{Device, Tensor};
use dcgan::data::Images;
use dcgan::nn::{
    Architecture, Discriminator, Generator, NnError, Norm, Params, Unit, bce_with_logits, one_hot,
};
use dcgan::spec::{
    Latent, LatentDistribution, Preset, Resampling, Rules, TrainSpec, load, resolve,
};
use dcgan::track::Streams;
use dcgan::train::{Trainer, from_tensors};
use pytorch::{Recorded, noise};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

const LATENT: Latent = Latent {
    size: 8,
    distribution: LatentDistribution::Uniform,
};
const CLASSES: usize = 3;
const BATCH: usize = 6;
/// PyTorch computed in double precision; ours rounds along both nets.
const TOLERANCE: f64 = 1e-4;

#[derive(Deserialize)]
struct Case {
    name: String,
    preset: Preset,
    width: usize,
    draw: u32,
    #[serde(flatten)]
    rules: Rules,
}

impl Case {
    fn architecture(&self) -> Architecture {
        let colours = if self.preset.size() == 28 { 1 } else { 3 };
        Architecture::of(
            self.preset,
            self.width,
            LATENT,
            &self.rules,
            colours,
            CLASSES,
        )
    }
}

fn nets(a: &Architecture) -> (Generator, Discriminator) {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let g = Generator::init(a, &mut rng, &Device::Cpu).unwrap();
    let d = Discriminator::init(a, &mut rng, &Device::Cpu).unwrap();
    (g, d)
}

/// The script's parameters.
fn start(params: &Params) {
    for (name, var) in params.iter() {
        let shift = f32::from(u8::from(name.ends_with("norm.weight")));
        let values = noise(name, var.elem_count(), 1.0 / 8.0, shift);
        var.set(&Tensor::from_vec(values, var.dims(), &Device::Cpu).unwrap())
            .unwrap();
    }
}

fn drawn(name: String, shape: &[usize]) -> Tensor {
    let values = noise(&name, shape.iter().product(), 1.0, 0.0);
    Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
}

fn labels(shift: usize) -> Tensor {
    let labels: Vec<u8> = (0..BATCH)
        .map(|i| ((i * i + shift) % CLASSES) as u8)
        .collect();
    one_hot(&labels, CLASSES, &Device::Cpu).unwrap()
}

fn values(t: &Tensor) -> Vec<f32> {
    t.flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn losses_and_gradients_are_pytorch_s() {
    let mut recorded = Recorded::load("rules.safetensors");
    for case in recorded.cases::<Vec<Case>>() {
        let (name, a) = (&case.name, case.architecture());
        let (g, d) = nets(&a);
        [g.params(), d.params()].into_iter().for_each(start);
        let image = [BATCH, a.image.channels, a.image.height, a.image.width];
        let real = drawn(format!("{name}.real.{}", case.draw), &image);
        let z = drawn(format!("{name}.z.{}", case.draw), &[BATCH, LATENT.size]);
        let seen = |shift| case.rules.conditional.then(|| labels(shift));
        let (of_real, of_fake) = (seen(0), seen(1));
        let fake = g.forward((&z, of_fake.as_ref()), Norm::Batch).unwrap();
        recorded.check(&format!("{name}.images"), &values(&fake), TOLERANCE);
        let on_real = d.forward((&real, of_real.as_ref()), Norm::Batch).unwrap();
        let on_fake = d
            .forward((&fake.detach(), of_fake.as_ref()), Norm::Batch)
            .unwrap();
        let of_d =
            bce_with_logits(&on_real, 1.0).unwrap() + bce_with_logits(&on_fake, 0.0).unwrap();
        let judged = d
            .frozen()
            .forward((&fake, of_fake.as_ref()), Norm::Batch)
            .unwrap();
        let of_g = bce_with_logits(&judged, 1.0).unwrap();
        for (kind, loss, params) in [("d", of_d.unwrap(), d.params()), ("g", of_g, g.params())] {
            recorded.check(&format!("{name}.loss.{kind}"), &values(&loss), TOLERANCE);
            let gradients = loss.backward().unwrap();
            for (key, var) in params.iter() {
                let gradient = values(gradients.get(var.as_tensor()).expect(key));
                recorded.check(&format!("{name}.{key}"), &gradient, TOLERANCE);
            }
        }
    }
    recorded.finish();
}

#[test]
fn a_checkpoint_tells_colours_and_classes_and_is_read_again() {
    for case in Recorded::load("rules.safetensors").cases::<Vec<Case>>() {
        let a = case.architecture();
        let (g, d) = nets(&a);
        let count = |net: &str| -> usize {
            let rows = a.table().into_iter().filter(|r| r.net == net);
            rows.map(|r| r.parameters).sum()
        };
        let counts = (g.params().count(), d.params().count());
        assert_eq!(counts, (count("G"), count("D")), "{}", case.name);
        let both = [g.params(), d.params()].map(|p| p.tensors().unwrap());
        let tensors: HashMap<String, Tensor> = both.into_iter().flatten().collect();
        let (preset, width) = (case.preset, case.width);
        let fitting = Architecture::fitting(preset, width, LATENT, &case.rules, &tensors);
        assert_eq!(fitting.as_ref(), Some(&a), "{}", case.name);
        let (again, _) = from_tensors(&a, &tensors, &Device::Cpu).unwrap();
        let seen = case.rules.conditional.then(|| labels(2));
        let z = drawn("z".into(), &[BATCH, LATENT.size]);
        let images = |g: &Generator| values(&g.forward((&z, seen.as_ref()), Norm::Infer).unwrap());
        assert_eq!(images(&g), images(&again));
        let other = Architecture::new(Preset::Svhn32, 5, LATENT, 3);
        assert!(from_tensors(&other, &tensors, &Device::Cpu).is_err());
    }
}

#[test]
fn features_of_a_pooling_net_have_the_strided_one_s_length() {
    let rules = Rules {
        resampling: Resampling::Pool,
        ..Rules::default()
    };
    let a = Architecture::of(Preset::Svhn32, 4, LATENT, &rules, 3, 0);
    let (_, d) = nets(&a);
    let x = drawn("x".into(), &[2, 3, 32, 32]);
    let features = d.pooled_features(&x).unwrap();
    assert_eq!(
        features.dims(),
        [
            2,
            Architecture::new(Preset::Svhn32, 4, LATENT, 3).feature_len(3)
        ]
    );
    assert!(values(&features).iter().any(|v| *v != 0.0));
    let unit = Unit {
        channel: 0,
        y: 0,
        x: 0,
    };
    let guided = d.guided_gradient(&x, &[unit, unit]);
    assert!(matches!(guided, Err(NnError::OtherRules { .. })));
}

#[test]
fn labels_that_a_net_does_not_expect_are_refused() {
    let a = Architecture::of(
        Preset::Mnist28,
        2,
        LATENT,
        &Rules::of(Preset::Mnist28, 2),
        1,
        CLASSES,
    );
    let (g, d) = nets(&a);
    let z = drawn("z".into(), &[BATCH, LATENT.size]);
    insta::assert_snapshot!(g.forward(&z, Norm::Batch).unwrap_err(), @"the generator knows 3 classes and expects one-hot labels of shape [6, 3] beside its input (none where it knows 0), found None");
    let images = drawn("x".into(), &[2, 1, 28, 28]);
    assert!(matches!(
        d.forward((&images, &labels(0)), Norm::Batch),
        Err(NnError::Labels { .. })
    ));
    insta::assert_snapshot!(one_hot(&[3], 3, &Device::Cpu).unwrap_err(), @"label 3 does not exist: the net knows 3 classes, counted from 0");
}

fn conditional(width: usize) -> (Architecture, TrainSpec) {
    let text = "name: x\ndata: {train: mnist}\nmodel: {preset: mnist28}\ntrain: {epochs: 1, batch_size: 5}\n";
    let spec = resolve(&load::parse(text, "x").unwrap()).unwrap();
    let rules = Rules::of(Preset::Mnist28, width);
    let a = Architecture::of(Preset::Mnist28, width, LATENT, &rules, 1, CLASSES);
    (a, spec.train)
}

#[test]
fn a_conditional_training_resumes_to_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("latest.safetensors");
    let (a, spec) = conditional(2);
    let pixels = (0..23 * 28 * 28).map(|i| (i * 31 % 251) as u8).collect();
    let images = Images::new(1, 28, 28, pixels).unwrap();
    let of_images: Vec<u8> = (0..23).map(|i| (i % CLASSES) as u8).collect();
    let new = || {
        let (streams, device) = (Streams::new(4), Device::Cpu);
        let trainer = Trainer::new("x", &a, &spec, streams, images.n, &device).unwrap();
        trainer.with_labels(&of_images).unwrap()
    };
    let all = |t: &Trainer| {
        let both = [t.generator.params(), t.discriminator.params()].map(|p| p.tensors().unwrap());
        both.map(|p| p.values().map(values).collect::<Vec<_>>())
    };
    let mut whole = new();
    for step in 0..7 {
        if step == 3 {
            whole.save(&path).unwrap();
        }
        whole.step(&images).unwrap();
    }
    let mut resumed = new();
    resumed.resume(&path).unwrap();
    for _ in 3..7 {
        resumed.step(&images).unwrap();
    }
    assert!(all(&whole) == all(&resumed), "the resumed nets differ");
    let sheet = whole.samples().unwrap();
    assert_eq!(sheet.n, 10 * CLASSES);
    let streams = Streams::new(4);
    let mut without = Trainer::new("x", &a, &spec, streams, images.n, &Device::Cpu).unwrap();
    assert!(without.step(&images).is_err(), "no labels were given");
}
