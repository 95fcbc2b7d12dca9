//! Adam's update of one parameter tensor, in place.

use std::cell::RefCell;

use candle_core::{CpuStorage, InplaceOp1, Layout, Result, Tensor, Var, bail};

use super::storage::{ours, read};
use crate::nn::cpu::adam::{Hyper, step};

/// Update `parameter` and its two moments (tensors of its shape) from `gradient`.
///
/// # Errors
/// Shapes that differ, or candle's own.
pub fn adam_update(
    hyper: &Hyper,
    parameter: &Var,
    gradient: &Tensor,
    first: &Var,
    second: &Var,
) -> Result<()> {
    for (name, t) in [
        ("gradient", gradient),
        ("first moment", first),
        ("second moment", second),
    ] {
        if t.shape() != parameter.shape() {
            bail!(
                "adam: the {name} has shape {:?}, its parameter {:?}",
                t.dims(),
                parameter.dims()
            );
        }
    }
    if ours(parameter) {
        return read(&gradient.contiguous()?, |g| {
            adam_update_from(hyper, parameter, g, first, second)
        });
    }
    let (beta1, beta2) = (f64::from(hyper.beta1), f64::from(hyper.beta2));
    let new1 = f64::from(hyper.one_minus_beta1);
    let new2 = f64::from(hyper.one_minus_beta2);
    let p = parameter.as_detached_tensor();
    let g = (gradient + (&p * f64::from(hyper.l2))?)?;
    let m = ((first.as_detached_tensor() * beta1)? + (&g * new1)?)?;
    let v = ((second.as_detached_tensor() * beta2)? + (g.sqr()? * new2)?)?;
    let root = ((v.sqrt()? * f64::from(hyper.scale))? + f64::from(hyper.eps))?;
    let change = (m.div(&root)? * f64::from(hyper.step))?;
    first.set(&m)?;
    second.set(&v)?;
    parameter.set(&(p - change)?)
}

/// As [`adam_update`] on the CPU, from the gradient's elements.
///
/// # Errors
/// Lengths that differ, or candle's own.
pub(crate) fn adam_update_from(
    hyper: &Hyper,
    parameter: &Var,
    gradient: &[f32],
    first: &Var,
    second: &Var,
) -> Result<()> {
    if gradient.len() != parameter.elem_count() {
        bail!(
            "adam: a gradient of {} values for a parameter of shape {:?}",
            gradient.len(),
            parameter.dims()
        );
    }
    with_mut(first, |m| {
        with_mut(second, |v| {
            with_mut(parameter, |p| {
                step(hyper, p, gradient, m, v);
                Ok(())
            })
        })
    })
}

/// Lend a variable's elements for writing.
fn with_mut(x: &Var, f: impl FnOnce(&mut [f32]) -> Result<()>) -> Result<()> {
    let op = Lend(RefCell::new(Some(f)));
    x.inplace_op1(&op)
}

struct Lend<F>(RefCell<Option<F>>);

impl<F: FnOnce(&mut [f32]) -> Result<()>> InplaceOp1 for Lend<F> {
    fn name(&self) -> &'static str {
        "adam"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let CpuStorage::F32(data) = storage else {
            bail!("adam's kernel updates f32 parameters only");
        };
        match (layout.contiguous_offsets(), self.0.borrow_mut().take()) {
            (Some((from, to)), Some(f)) => f(&mut data[from..to]),
            _ => bail!("adam wants a contiguous parameter, found {layout:?}"),
        }
    }
}
