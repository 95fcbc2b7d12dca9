//! Adam (Kingma and Ba, 2015) whose whole state can be saved, so that a resumed run equals one never stopped.

use std::collections::{BTreeMap, HashMap};

use candle_core::{Tensor, Var};

use super::TrainError;
use crate::nn::Params;
use crate::nn::cpu::adam::Hyper;
use crate::nn::ops::{adam_update, adam_update_from};
use crate::nn::planned::Gradients;
use crate::spec::AdamSpec;

/// Adam over named parameters.
pub struct Adam {
    spec: AdamSpec,
    /// L2 penalty added to gradients.
    l2: f64,
    /// Updates done.
    t: u64,
    /// First and second moment of each parameter, of its shape.
    moments: BTreeMap<String, (Var, Var)>,
}

impl Adam {
    /// Zero moments for `params`.
    ///
    /// # Errors
    /// A device's own.
    pub fn new<'a>(
        spec: AdamSpec,
        l2: f64,
        params: impl Iterator<Item = (&'a str, &'a Var)>,
    ) -> Result<Self, TrainError> {
        let zero = |var: &Var| Var::from_tensor(&var.zeros_like()?);
        let moments = params
            .map(|(name, var)| Ok((name.to_string(), (zero(var)?, zero(var)?))))
            .collect::<Result<_, candle_core::Error>>()?;
        Ok(Adam {
            spec,
            l2,
            t: 0,
            moments,
        })
    }

    /// Updates done so far.
    pub fn updates(&self) -> u64 {
        self.t
    }

    /// One update of every parameter from its gradient.
    ///
    /// # Errors
    /// A parameter without moments, or a device's own.
    pub fn update<'a>(
        &mut self,
        pairs: impl Iterator<Item = (&'a str, &'a Var, Tensor)>,
    ) -> Result<(), TrainError> {
        let hyper = self.next();
        for (name, var, grad) in pairs {
            let Some((m, v)) = self.moments.get(name) else {
                return Err(TrainError::NoMoments { name: name.into() });
            };
            adam_update(&hyper, var, &grad, m, v)?;
        }
        Ok(())
    }

    /// As [`Adam::update`], from planned gradients (CPU).
    ///
    /// # Errors
    /// As [`Adam::update`].
    pub fn update_from(
        &mut self,
        params: &Params,
        gradients: &Gradients,
    ) -> Result<(), TrainError> {
        let hyper = self.next();
        for ((name, var), (_, gradient)) in params.iter().zip(gradients.iter()) {
            let Some((m, v)) = self.moments.get(name) else {
                return Err(TrainError::NoMoments { name: name.into() });
            };
            adam_update_from(&hyper, var, gradient, m, v)?;
        }
        Ok(())
    }

    /// Count an update and give its constants.
    fn next(&mut self) -> Hyper {
        self.t += 1;
        let AdamSpec {
            lr,
            beta1,
            beta2,
            eps,
        } = self.spec;
        Hyper::at(self.t, lr, (beta1, beta2), eps, self.l2)
    }

    /// The moments as tensors named `{prefix}.m.{parameter}` and `{prefix}.v.{parameter}`.
    pub fn save(&self, prefix: &str, into: &mut BTreeMap<String, Tensor>) {
        for (name, (m, v)) in &self.moments {
            into.insert(format!("{prefix}.m.{name}"), m.as_detached_tensor());
            into.insert(format!("{prefix}.v.{name}"), v.as_detached_tensor());
        }
    }

    /// Take the moments from what [`Adam::save`] wrote.
    ///
    /// # Errors
    /// [`TrainError::Checkpoint`] where a moment is missing or has another shape.
    pub fn load(
        &mut self,
        prefix: &str,
        updates: u64,
        from: &HashMap<String, Tensor>,
    ) -> Result<(), TrainError> {
        for (name, (m, v)) in &self.moments {
            for (kind, var) in [("m", m), ("v", v)] {
                let key = format!("{prefix}.{kind}.{name}");
                let saved = from
                    .get(&key)
                    .ok_or_else(|| TrainError::Checkpoint(format!("tensor `{key}` is missing")))?;
                if saved.shape() != var.shape() {
                    return Err(TrainError::Checkpoint(format!(
                        "tensor `{key}` has shape {:?}, the model needs {:?}",
                        saved.dims(),
                        var.dims()
                    )));
                }
                var.set(saved)?;
            }
        }
        self.t = updates;
        Ok(())
    }
}
