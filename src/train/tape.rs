//! The adversarial step on candle's tape: any device, any float type.

use candle_core::backprop::GradStore;
use candle_core::{Tensor, Var};

use super::trainer::{StepReport, share};
use super::{Adam, TrainError};
use crate::nn::{Discriminator, Generator, Input, Norm, Params, bce_with_logits};

/// One update of D on real images and on fakes, both `(n, c, h, w)`, with labels where the nets are conditional.
///
/// # Errors
/// The device's own.
pub fn step_d(
    net: &Discriminator,
    adam: &mut Adam,
    [real, fake]: &[Input; 2],
    report: &mut StepReport,
) -> Result<(), TrainError> {
    // Real and fake pass apart, each normalised by its own statistics, as in the authors' code.
    let on_real = net.forward(real.clone(), Norm::Batch)?;
    let on_fake = net.forward(fake.clone(), Norm::Batch)?;
    let loss = (bce_with_logits(&on_real, 1.0)? + bce_with_logits(&on_fake, 0.0)?)?;
    let grads = loss.backward()?;
    let norm = apply(adam, net.params(), &grads)?;
    let values = |t: &Tensor| t.flatten_all()?.to_vec1::<f32>();
    report.values.extend([
        ("loss.d".to_string(), scalar(&loss)?),
        ("accuracy.real".to_string(), share(&values(&on_real)?, 1.0)),
        ("accuracy.fake".to_string(), share(&values(&on_fake)?, -1.0)),
        ("grad.d".to_string(), norm),
    ]);
    Ok(())
}

/// One update of G from `fake`, its images with their tape, through D as it is now.
///
/// # Errors
/// The device's own.
pub fn step_g(
    net: &Generator,
    discriminator: &Discriminator,
    adam: &mut Adam,
    fake: &Input,
    report: &mut StepReport,
) -> Result<(), TrainError> {
    // Frozen: the gradients of D's weights are not wanted here and not computed.
    let logits = discriminator.frozen().forward(fake.clone(), Norm::Batch)?;
    let loss = bce_with_logits(&logits, 1.0)?;
    let grads = loss.backward()?;
    let norm = apply(adam, net.params(), &grads)?;
    report.values.extend([
        ("loss.g".to_string(), scalar(&loss)?),
        ("grad.g".to_string(), norm),
    ]);
    Ok(())
}

/// Update `params` from `grads`; returns the norm of all their gradients together.
fn apply(adam: &mut Adam, params: &Params, grads: &GradStore) -> Result<f64, TrainError> {
    let mut squares = 0.0;
    let mut pairs: Vec<(&str, &Var, Tensor)> = Vec::new();
    for (name, var) in params.iter() {
        if let Some(grad) = grads.get(var) {
            squares += scalar(&grad.sqr()?.sum_all()?)?;
            pairs.push((name, var, grad.clone()));
        }
    }
    adam.update(pairs.into_iter())?;
    Ok(squares.sqrt())
}

fn scalar(t: &Tensor) -> Result<f64, TrainError> {
    Ok(f64::from(t.to_scalar::<f32>()?))
}
