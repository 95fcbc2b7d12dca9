//! Weights that are NaN or infinite are refused by file and name, whichever way a net is read.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{Device, Tensor};
use dcgan::nn::inception::Weights;
use dcgan::nn::released;
use dcgan::train;

/// A tensor of so many values, two of which are no numbers.
fn broken(shape: &[usize]) -> Tensor {
    let mut values = vec![0.5f32; shape.iter().product()];
    values[1] = f32::NAN;
    values[3] = f32::INFINITY;
    Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
}

fn names(error: &dyn std::error::Error, parts: &[&str]) {
    let text = error.to_string();
    for part in parts {
        assert!(text.contains(part), "{text}");
    }
    assert!(
        text.contains("2 values that are NaN or infinite") && text.contains("diverged"),
        "{text}"
    );
}

#[test]
fn in_a_checkpoint_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("final.safetensors");
    let sound = Tensor::zeros(3, candle_core::DType::F32, &Device::Cpu).unwrap();
    let mut tensors = BTreeMap::from([("d.0.weight".to_string(), sound)]);
    train::save(&path, &tensors, None).unwrap();
    assert_eq!(train::load(&path, &Device::Cpu).unwrap().0.len(), 1);
    tensors.insert("g.1.weight".into(), broken(&[2, 3]));
    train::save(&path, &tensors, None).unwrap();
    let e = train::load(&path, &Device::Cpu).unwrap_err();
    names(&e, &["`g.1.weight`", "final.safetensors", "of 6"]);
}

#[test]
fn in_the_released_form() {
    let folder = tempfile::tempdir().unwrap();
    let array = |value: f32| {
        let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 5, 5), }\n";
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        (0..75).for_each(|i| bytes.extend(if i < 2 { value } else { 0.5 }.to_le_bytes()));
        bytes
    };
    let path = folder.path().join("1_discrim_params.jl_01.npy");
    std::fs::write(&path, array(0.5)).unwrap();
    assert_eq!(
        released::load(folder.path(), &Device::Cpu).unwrap().layers,
        1
    );
    std::fs::write(&path, array(f32::NAN)).unwrap();
    let e = released::load(folder.path(), &Device::Cpu).unwrap_err();
    names(&e, &["`d.0.weight`", "params.jl_01.npy", "of 75"]);
}

#[test]
fn in_inceptions_weights() {
    let name = "Conv2d_1a_3x3.conv.weight";
    let tensors = BTreeMap::from([(name.to_string(), broken(&[2, 3]))]);
    let weights = Weights::from_tensors(Path::new("w.pth"), tensors).unwrap();
    let e = weights.take(name, &[2, 3]).unwrap_err();
    names(&e, &["`Conv2d_1a_3x3.conv.weight`", "`w.pth`", "of 6"]);
}
