//! Nets from PyTorch's DCGAN example and back: held to what PyTorch computes (tests/fixtures/torch_dcgan.py).

mod needs;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use candle_core::{Device, Tensor};
use dcgan::nn::torch::{Statistics, Torch, export, load};
use dcgan::nn::{Architecture, Discriminator, Generator, NnError, Norm, infer_statistics};
use dcgan::spec::{Latent, LatentDistribution, Preset};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

/// What the script printed.
#[derive(Deserialize)]
struct Outputs {
    probability: Vec<f32>,
    pooled: Vec<f32>,
    drawn: Vec<f32>,
    /// Least, mean and greatest of what the exported module draws as z.
    #[serde(default)]
    latent: Vec<f32>,
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/torch_dcgan")
        .join(name)
}

fn loaded() -> Torch {
    let (d, g) = (fixture("netD.pth"), fixture("netG.pth"));
    load(&d, Some(&g), &Device::Cpu).unwrap()
}

/// The script's inputs.
fn waves(shape: &[usize]) -> Tensor {
    let values: Vec<f32> = (0..shape.iter().product::<usize>())
        .map(|n| (0.37 * n as f64 + (0.01 * n as f64) % 7.0).sin() as f32)
        .collect();
    Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
}

fn values(t: &Tensor) -> Vec<f32> {
    t.flatten_all().unwrap().to_vec1().unwrap()
}

fn close(what: &str, found: &[f32], wanted: &[f32]) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    let largest = wanted.iter().fold(1f32, |m, v| m.max(v.abs()));
    for (i, (a, b)) in found.iter().zip(wanted).enumerate() {
        assert!(
            (a - b).abs() <= 1e-5 * largest,
            "{what}: value {i} is {a}, PyTorch has {b}"
        );
    }
}

fn compare(d: &Discriminator, g: &Generator, image: [usize; 3], z: usize, wanted: &Outputs) {
    let [c, h, w] = image;
    let images = waves(&[2, c, h, w]);
    let logits = values(&d.forward(&images, Norm::Infer).unwrap());
    let found: Vec<f32> = logits.iter().map(|l| 1.0 / (1.0 + (-l).exp())).collect();
    close("probability", &found, &wanted.probability);
    let pooled = d.pooled_features(&images).unwrap();
    close(
        "pooled features",
        &values(&pooled.get(1).unwrap()),
        &wanted.pooled,
    );
    let drawn = g.forward(waves(&[2, z]), Norm::Infer).unwrap();
    let found: Vec<f32> = values(&drawn).into_iter().step_by(37).collect();
    close("images", &found, &wanted.drawn);
}

#[test]
fn checkpoints_of_the_example_compute_what_pytorch_computes() {
    let wanted: Outputs =
        serde_json::from_str(&std::fs::read_to_string(fixture("outputs.json")).unwrap()).unwrap();
    let net = loaded();
    assert_eq!(net.architecture.image.to_string(), "3x64x64");
    assert_eq!(
        (net.architecture.width, net.architecture.latent.size),
        (2, 5)
    );
    let g = net.generator.unwrap();
    compare(&net.discriminator, &g, [3, 64, 64], 5, &wanted);
    // The features that a sweep extracts come over planned buffers.
    let planned = dcgan::nn::planned::PlannedFeatures::new(&net.discriminator).unwrap();
    let images = waves(&[2, 3, 64, 64]);
    let last = values(&images.permute((0, 2, 3, 1)).unwrap().contiguous().unwrap());
    let mut rows = vec![0.0; 2 * wanted.pooled.len()];
    planned.rows(&last, &mut rows).unwrap();
    close(
        "planned features",
        &rows[wanted.pooled.len()..],
        &wanted.pooled,
    );
}

#[test]
fn a_wrapped_state_dict_is_the_same_net() {
    let plain = loaded().discriminator;
    let wrapped = load(&fixture("wrapped.pth"), None, &Device::Cpu).unwrap();
    assert!(wrapped.generator.is_none());
    let images = waves(&[1, 3, 64, 64]);
    let of = |d: &Discriminator| values(&d.forward(&images, Norm::Infer).unwrap());
    assert_eq!(of(&plain), of(&wrapped.discriminator));
}

#[test]
fn both_nets_of_one_file_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str| candle_core::pickle::read_all(fixture(name)).unwrap();
    let images = waves(&[1, 3, 64, 64]);
    let z = waves(&[1, 5]);
    let net = loaded();
    let wanted = (
        values(&net.discriminator.forward(&images, Norm::Infer).unwrap()),
        values(
            &net.generator
                .unwrap()
                .forward(z.clone(), Norm::Infer)
                .unwrap(),
        ),
    );
    for (g, d) in [
        ("generator.", "discriminator."),
        ("netG.", "netD."),
        ("gan.G._orig_mod.", "gan.D._orig_mod."),
        ("module.gen.", "module.disc."),
        ("first.", "second."),
    ] {
        let path = folder.path().join("both.safetensors");
        let named = |prefix: &str, file| -> Vec<(String, Tensor)> {
            let all = of(file).into_iter();
            all.map(|(k, t)| (format!("{prefix}{k}"), t)).collect()
        };
        let both: HashMap<String, Tensor> = named(g, "netG.pth")
            .into_iter()
            .chain(named(d, "netD.pth"))
            .collect();
        candle_core::safetensors::save(&both, &path).unwrap();
        let net = load(&path, Some(&path), &Device::Cpu).unwrap();
        let found = (
            values(&net.discriminator.forward(&images, Norm::Infer).unwrap()),
            values(
                &net.generator
                    .unwrap()
                    .forward(z.clone(), Norm::Infer)
                    .unwrap(),
            ),
        );
        assert_eq!(found, wanted, "{g} {d}");
    }
    // Nets of one kind are told apart by what they are called, or not at all.
    let path = folder.path().join("kinds.safetensors");
    for (names, fits) in [(["netD.", "netD_ema."], true), (["one.", "two."], false)] {
        let all: HashMap<String, Tensor> = names
            .iter()
            .flat_map(|prefix| {
                let all = of("netD.pth").into_iter();
                all.map(move |(k, t)| (format!("{prefix}{k}"), t))
            })
            .collect();
        candle_core::safetensors::save(&all, &path).unwrap();
        match load(&path, None, &Device::Cpu) {
            Ok(_) => assert!(fits),
            Err(e) => assert!(!fits && e.to_string().contains("`one`, `two`"), "{e}"),
        }
        let e = load(&fixture("netD.pth"), Some(&path), &Device::Cpu).unwrap_err();
        assert!(e.to_string().contains("lacks `main.1.weight`"), "{e}");
    }
}

#[test]
fn what_was_read_is_written_with_the_same_keys_shapes_and_values() {
    let folder = tempfile::tempdir().unwrap();
    let net = loaded();
    let g = net.generator.as_ref();
    let (a, d) = (&net.architecture, &net.discriminator);
    let written = export(a, d, g, Statistics::Read, folder.path()).unwrap();
    assert!(written.example);
    for name in ["netD", "netG"] {
        let theirs = candle_core::pickle::read_all(fixture(&format!("{name}.pth"))).unwrap();
        let ours = folder.path().join(format!("{name}.safetensors"));
        let ours = candle_core::safetensors::load(ours, &Device::Cpu).unwrap();
        assert_eq!(ours.len(), theirs.len());
        for (key, tensor) in theirs {
            let found = &ours[&key];
            assert_eq!(found.dims(), tensor.dims(), "{key}");
            if !key.ends_with("num_batches_tracked") {
                close(&key, &values(found), &values(&tensor));
            }
        }
    }
    // And read again from there.
    let path = |name: &str| folder.path().join(name);
    let (d, g) = (path("netD.safetensors"), path("netG.safetensors"));
    let again = load(&d, Some(&g), &Device::Cpu).unwrap();
    let images = waves(&[1, 3, 64, 64]);
    let of = |d: &Discriminator| values(&d.forward(&images, Norm::Infer).unwrap());
    close(
        "read again",
        &of(&again.discriminator),
        &of(&net.discriminator),
    );
}

/// Nets of a preset with statistics of their own.
fn ours(preset: Preset) -> (Architecture, Discriminator, Generator) {
    drawn(preset, LatentDistribution::Uniform)
}

fn drawn(
    preset: Preset,
    distribution: LatentDistribution,
) -> (Architecture, Discriminator, Generator) {
    let latent = Latent {
        size: 6,
        distribution,
    };
    let a = Architecture::new(preset, 4, latent, 3);
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let g = Generator::init(&a, &mut rng, &Device::Cpu).unwrap();
    let d = Discriminator::init(&a, &mut rng, &Device::Cpu).unwrap();
    let side = a.image.height;
    infer_statistics(&d, [Ok::<_, NnError>(waves(&[8, 3, side, side]))]).unwrap();
    infer_statistics(&g, [Ok::<_, NnError>(waves(&[8, 6]))]).unwrap();
    (a, d, g)
}

#[test]
fn an_export_says_how_z_is_drawn_how_images_are_scaled_and_how_it_normalises() {
    for (distribution, name, draw) in [
        (
            LatentDistribution::Uniform,
            "uniform",
            "return 2 * torch.rand(count, 6, 1, 1) - 1",
        ),
        (
            LatentDistribution::Normal,
            "normal",
            "return torch.randn(count, 6, 1, 1)",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (a, d, g) = drawn(Preset::Dcgan64, distribution);
        export(&a, &d, Some(&g), Statistics::Inferred, folder.path()).unwrap();
        let module = std::fs::read_to_string(folder.path().join("model.py")).unwrap();
        assert!(module.contains(draw), "{module}");
        assert!(module.contains("images = netG(latent(16))"), "{module}");
        assert_eq!(module.matches("torch.rand").count(), 1, "{module}");
        assert!(module.contains("import torch\nfrom torch import nn"));
        let file = folder.path().join("netG.safetensors");
        let bytes = std::fs::read(&file).unwrap();
        let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
        let said = header.metadata().clone().unwrap();
        for (key, value) in [
            ("format", "pt"),
            ("net", "generator"),
            ("latent.distribution", name),
            ("latent.size", "6"),
            ("image.channels", "3"),
            ("image.height", "64"),
            ("image.range", "[-1, 1]"),
            ("image.scaling", "pixel / 127.5 - 1"),
            ("batch_norm.epsilon", "1e-8"),
            ("batch_norm.momentum", "0.1"),
            (
                "batch_norm.statistics",
                "means over batches of z, after training",
            ),
        ] {
            assert_eq!(said[key], value, "{key}");
        }
        let d_file = std::fs::read(folder.path().join("netD.safetensors")).unwrap();
        let (_, header) = safetensors::SafeTensors::read_metadata(&d_file).unwrap();
        let said = header.metadata().clone().unwrap();
        assert!(said["batch_norm.statistics"].contains("training images"));
        // The same net is the same bytes.
        export(&a, &d, Some(&g), Statistics::Inferred, folder.path()).unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), bytes);
    }
}

#[test]
fn a_net_read_from_an_export_draws_z_as_it_was_trained() {
    let uniform = Latent {
        size: 5,
        distribution: LatentDistribution::Uniform,
    };
    let folder = tempfile::tempdir().unwrap();
    let net = loaded();
    assert_eq!(
        net.architecture.latent.distribution,
        LatentDistribution::Normal
    );
    let a = Architecture {
        latent: uniform,
        ..net.architecture
    };
    let g = net.generator.as_ref();
    export(&a, &net.discriminator, g, Statistics::Read, folder.path()).unwrap();
    let path = |name: &str| folder.path().join(name);
    let (d, g) = (path("netD.safetensors"), path("netG.safetensors"));
    let again = load(&d, Some(&g), &Device::Cpu).unwrap();
    assert_eq!(again.architecture.latent, uniform);
}

/// The command refuses files that declare terabytes, or nest without end, in a bounded address space.
#[cfg(target_os = "linux")]
#[test]
fn hostile_files_are_one_error_in_bounded_memory() {
    let folder = tempfile::tempdir().unwrap();
    let spec = folder.path().join("spec.yaml");
    let text = "name: x\ndata: {train: cifar10, size: 64}\nmodel: {torch: net.pth}\ntrain: {}\n";
    std::fs::write(&spec, text).unwrap();
    let magic = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
    let older = |object: &[u8]| [&magic[..], b"\x80\x02K\x01.", b"\x80\x02}.", object].concat();
    let nested = [b"\x80\x02)".as_slice(), &b"\x85".repeat(3_000_000), b"."].concat();
    let laughs = [
        b"\x80\x02))".as_slice(),
        &b"\x86q\x01h\x01h\x01".repeat(100),
        b"\x86.",
    ]
    .concat();
    let header = br#"{"main.0.weight":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}}"#;
    let declared = [&(header.len() as u64).to_le_bytes()[..], header].concat();
    for (name, bytes) in [
        ("nested", older(&nested)),
        ("laughs", older(&laughs)),
        ("a bare pickle", nested),
        ("declared", declared),
    ] {
        std::fs::write(folder.path().join("net.pth"), bytes).unwrap();
        // In KiB: the allocator keeps a gigabyte of addresses, not of memory, to itself.
        let limited = "ulimit -v 3000000; exec \"$0\" describe \"$1\"";
        let out = Command::new("sh")
            .args(["-c", limited, env!("CARGO_BIN_EXE_dcgan")])
            .arg(&spec)
            .current_dir(folder.path())
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(2), "{name}: {errors}");
        assert!(errors.contains("net.pth"), "{name}: {errors}");
        assert!(
            errors.len() < 2000 && !errors.contains("panicked"),
            "{name}"
        );
    }
}

#[test]
fn exported_nets_compute_the_same_in_pytorch() {
    let Some(python) = needs::torch("exported_nets_compute_the_same_in_pytorch") else {
        return;
    };
    for preset in [Preset::Svhn32, Preset::Imagenet32, Preset::Dcgan64] {
        let folder = tempfile::tempdir().unwrap();
        let (a, d, g) = ours(preset);
        let written = export(&a, &d, Some(&g), Statistics::Inferred, folder.path()).unwrap();
        assert!(!written.example);
        let out = Command::new(&python)
            .arg(fixture("../torch_dcgan.py"))
            .arg(folder.path())
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "{errors}");
        let wanted: Outputs = serde_json::from_slice(&out.stdout).unwrap();
        let image = [a.image.channels, a.image.height, a.image.width];
        compare(&d, &g, image, a.latent.size, &wanted);
        // Uniform on [-1, 1).
        let z = &wanted.latent;
        assert!(z[0] >= -1.0 && z[0] < -0.99, "{z:?}");
        assert!(z[1].abs() < 0.05 && z[2] < 1.0 && z[2] > 0.99, "{z:?}");
    }
}

#[test]
fn every_fault_of_a_checkpoint_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let tensors = || -> HashMap<String, Tensor> {
        let all = candle_core::pickle::read_all(fixture("netD.pth")).unwrap();
        all.into_iter().collect()
    };
    let fault = |change: &dyn Fn(&mut HashMap<String, Tensor>)| -> String {
        let path = folder.path().join("d.safetensors");
        let mut all = tensors();
        change(&mut all);
        candle_core::safetensors::save(&all, &path).unwrap();
        load(&path, None, &Device::Cpu).unwrap_err().to_string()
    };
    let has = |text: String, parts: &[&str]| {
        assert!(parts.iter().all(|p| text.contains(p)), "{text}");
    };
    let zeros =
        |shape: &[usize]| Tensor::zeros(shape, candle_core::DType::F32, &Device::Cpu).unwrap();
    has(
        fault(&|t| drop(t.remove("main.5.weight"))),
        &["lacks `main.5.weight`", "4, 4", "d.safetensors"],
    );
    has(
        fault(&|t| drop(t.remove("main.6.running_var"))),
        &["lacks `main.6.running_var`", "8 channels"],
    );
    has(
        fault(&|t| drop(t.insert("main.2.weight".into(), zeros(&[4, 2, 5, 5])))),
        &["`main.2.weight`", "[4, 2, 5, 5]", "4, 4"],
    );
    has(
        fault(&|t| drop(t.insert("main.5.weight".into(), zeros(&[8, 3, 4, 4])))),
        &["`main.5.weight`", "[8, 3, 4, 4]", "4 channels in"],
    );
    has(
        fault(&|t| drop(t.insert("main.3.bias".into(), zeros(&[5])))),
        &["`main.3.bias`", "[5]", "(4)"],
    );
    has(
        fault(&|t| drop(t.insert("main.0.bias".into(), zeros(&[2])))),
        &["`main.0.bias`", "no place"],
    );
    has(
        fault(&|t| drop(t.insert("main.11.weight".into(), zeros(&[7, 16, 4, 4])))),
        &["`main.11.weight`", "one channel out"],
    );
    let nan = |t: &mut HashMap<String, Tensor>| {
        let broken = (zeros(&[2, 3, 4, 4]) / 0.0).unwrap();
        t.insert("main.0.weight".into(), broken);
    };
    has(
        fault(&nan),
        &["`main.0.weight`", "96 values", "of 96", "NaN", "diverged"],
    );
    let other = |t: &mut HashMap<String, Tensor>| {
        t.clear();
        t.insert("conv1.weight".into(), zeros(&[2, 3, 4, 4]));
    };
    has(fault(&other), &["lacks `main.0.weight`", "`conv1.weight`"]);
    let d = fixture("netD.pth");
    let of = |d: &Path, g: Option<&Path>| load(d, g, &Device::Cpu).unwrap_err().to_string();
    has(of(Path::new("absent.pth"), None), &["absent.pth"]);
    has(of(&fixture("netG.pth"), None), &["netG.pth", "main."]);
    has(of(&d, Some(&d)), &["netD.pth", "main."]);
    let text = folder.path().join("text.pth");
    std::fs::write(&text, "hello hello hello").unwrap();
    has(of(&text, None), &["text.pth", "safetensors"]);
    std::fs::write(&text, &std::fs::read(&d).unwrap()[..3000]).unwrap();
    has(of(&text, None), &["text.pth"]);
    std::fs::write(&text, b"\x80\x02\x8a\x0al\xfc").unwrap();
    has(of(&text, None), &["text.pth", "older format"]);
    // A generator of other colours beside it, and one of another layout.
    let grey = folder.path().join("grey.safetensors");
    let mut all: HashMap<String, Tensor> = candle_core::pickle::read_all(fixture("netG.pth"))
        .unwrap()
        .into_iter()
        .collect();
    all.insert("main.12.weight".into(), zeros(&[2, 1, 4, 4]));
    candle_core::safetensors::save(&all, &grey).unwrap();
    has(
        of(&d, Some(&grey)),
        &[
            "grey.safetensors",
            "netD.pth",
            "64x64 px over maps of 1, 2, 4",
        ],
    );
    let g = folder.path().join("g.safetensors");
    let (a, small, generator) = ours(Preset::Svhn32);
    let inferred = Statistics::Inferred;
    export(&a, &small, Some(&generator), inferred, folder.path()).unwrap();
    std::fs::copy(folder.path().join("netG.safetensors"), &g).unwrap();
    has(of(&d, Some(&g)), &["g.safetensors", "main."]);
}
