//! An op's value and gradients beside candle's and beside differences.

use candle_core::{DType, Device, Result, Tensor, Var};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

pub fn normal(rng: &mut ChaCha8Rng, shape: &[usize]) -> Tensor {
    let n = shape.iter().product();
    let data: Vec<f32> = (0..n).map(|_| StandardNormal.sample(&mut *rng)).collect();
    Tensor::from_vec(data, shape, &Device::Cpu).unwrap()
}

pub fn double(t: &Tensor) -> Tensor {
    t.to_dtype(DType::F64).unwrap()
}

pub fn doubles(t: &Tensor) -> Vec<f64> {
    double(t).flatten_all().unwrap().to_vec1().unwrap()
}

pub fn dot(a: &Tensor, b: &Tensor) -> f64 {
    doubles(a).iter().zip(doubles(b)).map(|(a, b)| a * b).sum()
}

/// Largest difference, relative to the largest value.
pub fn difference(a: &Tensor, b: &Tensor) -> f64 {
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

pub type Op<'a> = &'a dyn Fn(&[Tensor]) -> Result<Tensor>;

/// The op's value and its gradients for each input, for the loss `sum(y * weight)`.
pub fn differentiate(inputs: &[Tensor], dtype: DType, op: Op) -> (Tensor, Vec<Tensor>) {
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
pub fn against_candle(inputs: &[Tensor], tolerance: f64, op: Op) {
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
pub fn against_differences(inputs: &[Tensor], tolerance: f64, op: Op) {
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
