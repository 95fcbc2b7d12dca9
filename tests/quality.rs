//! The quality metrics against torch-fidelity's and prdc's numbers, on the same network, images and features.
//!
//! `tests/fixtures/fidelity.py` drew them from the same formula ([`uniform`]) and stored what came out: 24 million
//! weights need not lie in the repository.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use candle_core::{Device, Tensor};
use dcgan::data::Images;
use dcgan::nn::inception::{Features, Inception, Weights};
use dcgan::probe::quality::{Space, frechet, inception_score, mmd, neighbours};
use dcgan::track::progress::Silent;
use ndarray::{Array2, ArrayView2};
use serde_json::Value;

/// `n` numbers in [0, 1): the top 24 bits of splitmix64's outputs, seeded by the name's FNV-1a hash.
fn uniform(name: &str, n: usize) -> Vec<f64> {
    let seed = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (1..=n as u64)
        .map(|i| {
            let mut z = seed.wrapping_add(i.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^= z >> 31;
            (z >> 40) as f64 / f64::from(1 << 24)
        })
        .collect()
}

/// A tensor of the network: a convolution's weights by its fan-in, norms and variances around 1, the rest around 0.
fn tensor(name: &str, shape: &[usize]) -> Tensor {
    let u = uniform(name, shape.iter().product());
    let last = name.rsplit('.').next().unwrap_or_default();
    let fan: usize = shape[1..].iter().product();
    let bound = (6.0 / fan as f64).sqrt();
    let value = |u: &f64| match (shape.len(), last) {
        (2.., _) => (2.0 * u - 1.0) * bound,
        (_, "running_var" | "weight") => 0.5 + u,
        _ => 0.4 * u - 0.2,
    };
    let values: Vec<f32> = u.iter().map(|u| value(u) as f32).collect();
    Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
}

fn network() -> BTreeMap<String, Tensor> {
    let all = Inception::tensors().into_iter();
    all.map(|(name, shape)| (name.clone(), tensor(&name, &shape)))
        .collect()
}

fn images(name: &str, n: usize, side: usize) -> Images {
    let blocks = uniform(&format!("{name}.blocks"), n * 3 * 64);
    let noise = uniform(&format!("{name}.noise"), n * 3 * side * side);
    let pixels = noise.iter().enumerate().map(|(i, noise)| {
        let (plane, y, x) = (i / side / side, i / side % side, i % side);
        let block = blocks[plane * 64 + y * 8 / side * 8 + x * 8 / side];
        (200.0 * block + 55.0 * noise) as u8
    });
    Images::new(3, side, side, pixels.collect()).unwrap()
}

fn features(name: &str, n: usize, d: usize, shift: f64) -> Array2<f64> {
    let u = uniform(name, n * d * 4);
    Array2::from_shape_fn((n, d), |(i, j)| {
        let four: f64 = u[(i * d + j) * 4..][..4].iter().sum();
        let value = (four - 2.0 + shift) / (1.0 + j as f64).sqrt();
        f64::from(value as f32)
    })
}

fn recorded() -> Value {
    serde_json::from_str(include_str!("fixtures/fidelity.json")).unwrap()
}

fn near(found: f64, expected: f64, relative: f64, what: &str) {
    let off = (found - expected).abs() / expected.abs().max(1e-12);
    assert!(
        off <= relative,
        "{what}: {found}, expected {expected}: {off:.1e} off"
    );
}

/// Every metric against the record, the sets whole as one subset.
fn compare(record: &Value, a: ArrayView2<f64>, b: ArrayView2<f64>, relative: f64) {
    let of = |key: &str| record[key].as_f64().unwrap();
    let fid = frechet(a, b).unwrap();
    near(fid, of("frechet_inception_distance"), relative, "FID");
    near(
        mmd(a, b),
        of("kernel_inception_distance_mean"),
        relative,
        "KID",
    );
    let found = neighbours(a, b, &Silent).unwrap();
    // These are counts over the number of images, which torch-fidelity rounds to single precision.
    near(found.precision, of("precision"), 1e-6, "precision");
    near(found.recall, of("recall"), 1e-6, "recall");
    near(found.density, of("prdc_density"), 1e-12, "density");
    near(found.coverage, of("prdc_coverage"), 1e-12, "coverage");
}

#[test]
fn metrics_are_those_of_the_references() {
    let record = &recorded()["on_features"];
    let a = features("features.generated", 400, 64, 0.1);
    let b = features("features.real", 400, 64, 0.0);
    compare(record, a.view(), b.view(), 1e-9);
    let logits = 4.0 * features("features.logits", 400, 30, 0.0);
    let (mean, deviation) = inception_score(logits.view(), 10);
    let of = |key: &str| record[key].as_f64().unwrap();
    near(mean, of("inception_score_mean"), 1e-6, "score");
    near(deviation, of("inception_score_std"), 1e-5, "its deviation");
}

#[test]
fn inception_is_torch_fidelitys() {
    let weights = Weights::from_tensors(Path::new("drawn"), network()).unwrap();
    let net = Inception::new(&weights).unwrap();
    let record = recorded();
    let sets = [("generated", 32), ("real", 64)].map(|(name, side)| {
        let images = images(name, 12, side);
        let found = net.features(&images, 0..12).unwrap();
        for (layer, values) in [
            ("64", &found.earlier[0]),
            ("192", &found.earlier[1]),
            ("768", &found.earlier[2]),
            ("2048", &found.pooled),
            ("logits_unbiased", &found.logits),
        ] {
            alike(
                &record["inception"][name][layer],
                values,
                &format!("{name} {layer}"),
            );
        }
        found
    });
    let table = |f: &Features| {
        let values = f.pooled.iter().map(|v| f64::from(*v)).collect();
        Array2::from_shape_vec((12, 2048), values).unwrap()
    };
    let (a, b) = (table(&sets[0]), table(&sets[1]));
    let record = &record["on_images"];
    compare(record, a.view(), b.view(), 1e-4);
    let logits = sets[0].logits.iter().map(|v| f64::from(*v)).collect();
    let logits = Array2::from_shape_vec((12, 1008), logits).unwrap();
    let (mean, _) = inception_score(logits.view(), 3);
    near(
        mean,
        record["inception_score_mean"].as_f64().unwrap(),
        1e-4,
        "score",
    );
    // The batches in which images come change no bit.
    let space = Space::Inception(Box::new(net));
    let one = space.extract(&images("generated", 12, 32), "images", &Silent);
    assert_eq!(one.unwrap().features, a);
}

/// Single values within a few roundings of the layer's size, their mean and deviation closer.
fn alike(record: &Value, values: &[f32], what: &str) {
    let n = values.len() as f64;
    let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
    let squares: f64 = values.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum();
    let deviation = (squares / (n - 1.0)).sqrt();
    let of = |key: &str| record[key].as_f64().unwrap();
    let (expected, size) = (of("mean"), of("std"));
    assert!(
        (mean - expected).abs() < 1e-5 * size,
        "{what}: mean {mean}, expected {expected}"
    );
    near(deviation, size, 1e-4, what);
    let some = |key: &str| -> Vec<f64> {
        let list = record[key].as_array().unwrap();
        list.iter().map(|v| v.as_f64().unwrap()).collect()
    };
    let (first, last) = (some("first"), some("last"));
    let ends = values.iter().zip(&first);
    let ends = ends.chain(values[values.len() - last.len()..].iter().zip(&last));
    for (i, (found, expected)) in ends.enumerate() {
        let off = (f64::from(*found) - expected).abs();
        assert!(
            off < 2e-4 * size,
            "{what}, value {i}: {found}, expected {expected}"
        );
    }
}

#[test]
fn a_file_of_another_network_is_named_by_its_tensor() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.safetensors");
    let name = "Conv2d_1a_3x3.conv.weight";
    let other = HashMap::from([(name, tensor(name, &[8, 3, 3, 3]))]);
    candle_core::safetensors::save(&other, &path).unwrap();
    let weights = Weights::read(&path, None).unwrap();
    let Err(e) = Inception::new(&weights) else {
        panic!("taken for Inception")
    };
    let e = e.to_string().replace(&path.display().to_string(), "FILE");
    insta::assert_snapshot!(e);
    let none = Weights::from_tensors(Path::new("FILE"), BTreeMap::new()).unwrap();
    let Err(e) = Inception::new(&none) else {
        panic!("taken for Inception")
    };
    insta::assert_snapshot!(e.to_string());
    let Err(e) = Weights::read(&path, Some("00ff")) else {
        panic!("a wrong hash passes")
    };
    assert!(e.to_string().contains("expected 00ff"), "{e}");
    let Err(e) = Weights::read(Path::new("tests/quality.rs"), None) else {
        panic!("taken for weights")
    };
    assert!(e.to_string().contains("is not a PyTorch file"), "{e}");
}

/// A trial of random weights, by the command line alone.
mod command {
    use std::path::{Path, PathBuf};
    use std::process::Output;

    use assert_cmd::Command;
    use serde_json::Value;

    /// `n` images of one colour each, around `level`, as PNGs.
    fn folder(root: &Path, name: &str, n: usize, level: u8) -> PathBuf {
        let folder = root.join(name);
        std::fs::create_dir_all(&folder).unwrap();
        for i in 0..n {
            let image = image::RgbImage::from_fn(32, 32, |x, y| {
                let grain = super::uniform(&format!("{name}.{i}.{x}.{y}"), 3);
                image::Rgb([0, 1, 2].map(|c| level + (40.0 * grain[c]) as u8))
            });
            image.save(folder.join(format!("{i}.png"))).unwrap();
        }
        folder
    }

    fn dcgan(at: &Path, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dcgan"));
        command.current_dir(at).env("DCGAN_DATA", at.join("data"));
        command.args(args).output().unwrap()
    }

    #[test]
    fn two_folders_of_images_are_compared() {
        let dir = tempfile::tempdir().unwrap();
        for (name, level) in [("a", 10), ("b", 10), ("c", 150)] {
            folder(dir.path(), name, 12, level);
        }
        let records = ["a", "c"].map(|name| {
            let images = format!("folder:{name}");
            let args = [
                "quality",
                "--images",
                &images,
                "--against",
                "folder:b",
                "--size",
                "32",
                "--json",
                "q.json",
            ];
            let out = dcgan(dir.path(), &args);
            let text = String::from_utf8_lossy(&out.stdout).to_string();
            assert!(
                out.status.success(),
                "{}",
                String::from_utf8_lossy(&out.stderr)
            );
            let json = std::fs::read(dir.path().join("q.json")).unwrap();
            let record = serde_json::from_slice::<Value>(&json).unwrap()[0].clone();
            let neighbours = &record["neighbours"];
            for (name, value) in [
                ("Fréchet distance", &record["frechet"]),
                ("precision", &neighbours["precision"]),
                ("recall", &neighbours["recall"]),
                ("density", &neighbours["density"]),
                ("coverage", &neighbours["coverage"]),
            ] {
                let line = text.lines().find_map(|l| l.trim().strip_prefix(name));
                let value = format!("{:.4}", value.as_f64().unwrap());
                assert_eq!(line.map(str::trim), Some(&value[..]), "{text}");
            }
            record
        });
        let of = |i: usize, key: &str| records[i][key].as_f64().unwrap();
        assert_eq!(records[0]["samples"], 12);
        assert!(of(1, "frechet") > 10.0 * of(0, "frechet"), "{records:?}");
        assert_eq!(records[1]["neighbours"]["coverage"], 0.0);
    }

    #[test]
    fn bad_input_is_one_clear_error() {
        let dir = tempfile::tempdir().unwrap();
        folder(dir.path(), "few", 3, 10);
        folder(dir.path(), "many", 12, 10);
        std::fs::write(dir.path().join("w.pth"), "no weights").unwrap();
        let few = [
            "quality",
            "--images",
            "folder:few",
            "--against",
            "folder:many",
            "--size",
            "32",
        ];
        let many = [
            "quality",
            "--images",
            "folder:many",
            "--against",
            "folder:many",
            "--size",
            "32",
        ];
        let size = [
            "quality",
            "--images",
            "folder:many",
            "--against",
            "folder:many",
            "--size",
            "20",
        ];
        let with = |more: &[&'static str]| [&many[..], more].concat();
        let cases = [
            few.to_vec(),
            with(&["--space", "trained"]),
            with(&["--space", "nowhere"]),
            with(&["--space", "inception=w.pth"]),
            with(&["--space", "inception=w.pth", "--sha256", "00ff"]),
            with(&["--space", "inception=absent.pth"]),
            with(&["--space", "inception"]),
            size.to_vec(),
            vec!["quality", "nowhere"],
        ];
        let texts = cases.map(|args| {
            let out = dcgan(dir.path(), &args);
            assert_eq!(out.status.code(), Some(2), "{args:?}");
            let text = String::from_utf8_lossy(&out.stderr).to_string();
            text.lines()
                .find(|l| l.starts_with("error"))
                .unwrap_or(&text)
                .to_string()
        });
        insta::assert_snapshot!(texts.join("\n"));
    }
}
