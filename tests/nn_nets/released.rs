//! Released weights in small: folders in the authors' form, written here, whose values show where each one goes.

use std::path::Path;

use candle_core::{Device, Tensor};
use dcgan::nn::{Norm, Params, released};
use dcgan::spec::Preset;
use ndarray::{ArrayD, IxDyn};

const LATENT: usize = 3;
/// Channels of D's first convolution, after which each has twice as many.
const WIDTH: usize = 2;

/// The shapes of the arrays of D and of G in the authors' order.
fn shapes() -> [(&'static str, Vec<Vec<usize>>); 2] {
    let [a, b, c] = [WIDTH, 2 * WIDTH, 4 * WIDTH];
    let flat = c * 4 * 4;
    let d = vec![
        vec![a, 3, 5, 5],
        vec![b, a, 5, 5],
        vec![b],
        vec![b],
        vec![c, b, 5, 5],
        vec![c],
        vec![c],
        vec![flat, 1],
    ];
    let g = vec![
        vec![LATENT, flat],
        vec![flat],
        vec![flat],
        vec![c, b, 5, 5],
        vec![b],
        vec![b],
        vec![b, a, 5, 5],
        vec![a],
        vec![a],
        vec![a, 3, 5, 5],
    ];
    [("discrim", d), ("gen", g)]
}

/// What stands at `place` of array `number`: no two values of a net are alike, and all are exact in `f32`.
fn value(number: usize, place: usize) -> f32 {
    (number * 4096 + place) as f32 / 65_536.0
}

fn write(folder: &Path, net: &str, number: usize, shape: &[usize], value: impl Fn(usize) -> f32) {
    let values = (0..shape.iter().product()).map(value).collect();
    let array = ArrayD::from_shape_vec(IxDyn(shape), values).unwrap();
    let name = format!("200_{net}_params.jl_{number:02}.npy");
    ndarray_npy::write_npy(folder.join(name), &array).unwrap();
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (net, shapes) in shapes() {
        for (number, shape) in (1..).zip(&shapes) {
            write(folder.path(), net, number, shape, |i| value(number, i));
        }
    }
    folder
}

fn parameter(params: &Params, name: &str) -> Vec<f32> {
    let var = params.get(name).unwrap_or_else(|| panic!("no {name}"));
    var.flatten_all().unwrap().to_vec1().unwrap()
}

/// That a kernel's parameter holds array `number` turned by half: cell (y, x) is the stored cell (4 - y, 4 - x).
fn is_flipped(params: &Params, name: &str, number: usize) {
    for (place, found) in parameter(params, name).into_iter().enumerate() {
        let (kernel, y, x) = (place / 25, place / 5 % 5, place % 5);
        let stored = kernel * 25 + (4 - y) * 5 + (4 - x);
        assert_eq!(found, value(number, stored), "{name} at {place}");
    }
}

fn is_as_stored(params: &Params, name: &str, number: usize) {
    for (place, found) in parameter(params, name).into_iter().enumerate() {
        assert_eq!(found, value(number, place), "{name} at {place}");
    }
}

/// That a dense weight holds array `number`, of so many columns, with inputs and units exchanged.
fn is_transposed(params: &Params, name: &str, number: usize, columns: usize) {
    let found = parameter(params, name);
    let rows = found.len() / columns;
    for column in 0..columns {
        for row in 0..rows {
            let stored = value(number, row * columns + column);
            assert_eq!(
                found[column * rows + row],
                stored,
                "{name}: {column}, {row}"
            );
        }
    }
}

#[test]
fn every_array_of_a_released_folder_has_its_place() {
    let folder = folder();
    let net = released::load(folder.path(), &Device::Cpu).unwrap();
    let a = &net.architecture;
    assert_eq!((a.preset, a.width), (Some(Preset::Svhn32), WIDTH));
    assert_eq!((a.latent.size, net.layers), (LATENT, 3));
    let d = net.discriminator.params();
    is_flipped(d, "d.0.weight", 1);
    for (layer, first) in [(1, 2), (2, 5)] {
        is_flipped(d, &format!("d.{layer}.weight"), first);
        is_as_stored(d, &format!("d.{layer}.norm.weight"), first + 1);
        is_as_stored(d, &format!("d.{layer}.norm.bias"), first + 2);
    }
    is_transposed(d, "d.3.weight", 8, 1);
    let g = net.generator.unwrap();
    let g = g.params();
    is_transposed(g, "g.0.weight", 1, 4 * WIDTH * 16);
    is_as_stored(g, "g.0.norm.weight", 2);
    is_as_stored(g, "g.0.norm.bias", 3);
    for (layer, first) in [(1, 4), (2, 7)] {
        is_flipped(g, &format!("g.{layer}.weight"), first);
        is_as_stored(g, &format!("g.{layer}.norm.weight"), first + 1);
        is_as_stored(g, &format!("g.{layer}.norm.bias"), first + 2);
    }
    is_flipped(g, "g.3.weight", 10);
}

/// One lit pixel in row 7 and column 7 meets cells 1 and 3 of a kernel alone, each in another quarter of the map. A true
/// convolution draws the kernel as it is: its cell (1, 1) before the pixel, its cell (3, 3) after it.
#[test]
fn a_released_layer_answers_as_a_true_convolution() {
    let folder = tempfile::tempdir().unwrap();
    let colour = 1;
    write(folder.path(), "discrim", 1, &[1, 3, 5, 5], |i| {
        1.0 + i as f32
    });
    let net = released::load(folder.path(), &Device::Cpu).unwrap();
    assert_eq!((net.layers, net.generator.is_none()), (1, true));
    let mut pixels = vec![0f32; 3 * 32 * 32];
    pixels[(colour * 32 + 7) * 32 + 7] = 1.0;
    let image = Tensor::from_vec(pixels, (1, 3, 32, 32), &Device::Cpu).unwrap();
    let pooled = net.discriminator.pooled_features(&image).unwrap();
    let pooled: Vec<f32> = pooled.flatten_all().unwrap().to_vec1().unwrap();
    // Colour 1 has the values 26 to 50, five to a row.
    let mut expected = [0f32; 16];
    (expected[0], expected[1]) = (32.0, 34.0);
    (expected[4], expected[5]) = (42.0, 44.0);
    assert_eq!(pooled, expected);
}

#[test]
fn released_folders_in_part_say_what_they_lack() {
    let folder = folder();
    let file = |net: &str, number: usize| {
        let name = format!("200_{net}_params.jl_{number:02}.npy");
        folder.path().join(name)
    };
    let load = || released::load(folder.path(), &Device::Cpu);
    let whole = std::fs::read(file("discrim", 5)).unwrap();
    std::fs::write(file("discrim", 5), &whole[..whole.len() / 2]).unwrap();
    let e = load().unwrap_err().to_string();
    assert!(e.contains("jl_05.npy") && e.contains("truncated"), "{e}");
    std::fs::copy(file("discrim", 2), file("discrim", 5)).unwrap();
    let e = load().unwrap_err().to_string();
    assert!(e.contains("jl_05.npy") && e.contains("[8, 4, 5, 5]"), "{e}");

    std::fs::remove_file(file("discrim", 5)).unwrap();
    std::fs::remove_file(file("gen", 4)).unwrap();
    std::fs::remove_file(file("gen", 9)).unwrap();
    let net = load().unwrap();
    assert_eq!((net.layers, net.discriminator.feature_len()), (2, 6 * 16));
    assert!(net.generator.is_none());
    assert_eq!(net.generator_missing, [4, 9]);
    let image = Tensor::zeros((1, 3, 32, 32), candle_core::DType::F32, &Device::Cpu).unwrap();
    let e = net.discriminator.forward(&image, Norm::Batch).unwrap_err();
    assert!(e.to_string().contains("2 of its 3 layers"), "{e}");

    std::fs::remove_file(file("discrim", 1)).unwrap();
    let e = load().unwrap_err().to_string();
    assert!(e.contains("_discrim_params.jl_01.npy"), "{e}");
}
