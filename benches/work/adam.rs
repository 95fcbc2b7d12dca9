//! Adam: one update of a list of parameters.

use anyhow::Result;
use candle_core::{Device, Tensor, Var};
use dcgan::spec::AdamSpec;
use dcgan::train::Adam;

use super::{Unit, Work};

/// An update of `tensors` parameters of `values` values each.
///
/// # Errors
/// candle's own.
pub fn update(tensors: usize, values: usize) -> Result<Work> {
    let random = || Tensor::randn(0f32, 1f32, values, &Device::Cpu);
    let mut parameters = Vec::with_capacity(tensors);
    for i in 0..tensors {
        parameters.push((format!("p.{i}"), Var::from_tensor(&random()?)?, random()?));
    }
    let spec = AdamSpec {
        lr: 2e-4,
        beta1: 0.5,
        beta2: 0.999,
        eps: 1e-8,
    };
    let mut adam = Adam::new(
        spec,
        0.0,
        parameters.iter().map(|(n, p, _)| (n.as_str(), p)),
    )?;
    let run = move || {
        let pairs = parameters
            .iter()
            .map(|(n, p, g)| (n.as_str(), p, g.clone()));
        adam.update(pairs).expect("an update");
        let first = parameters[0].1.get(0).and_then(|v| v.to_scalar::<f32>());
        f64::from(first.expect("a value"))
    };
    // Parameter, gradient and two moments read; all but the gradient written.
    let bytes = tensors * values * 7 * size_of::<f32>();
    Ok(Work::new(bytes as f64, Unit::Bytes, run))
}
