//! Gradients of a network's parameters, by name, in the parameters' order.

use crate::nn::Params;
use crate::nn::cpu::spare::lend;

/// One buffer a parameter, kept from step to step.
#[derive(Debug, Clone)]
pub struct Gradients {
    parts: Vec<(String, Vec<f32>)>,
}

impl Gradients {
    /// Zeros for every trained parameter.
    pub fn new(params: &Params) -> Self {
        let parts: Vec<(String, Vec<f32>)> = params
            .iter()
            .map(|(name, var)| (name.to_string(), vec![0.0; var.elem_count()]))
            .collect();
        Gradients { parts }
    }

    /// Forget all.
    pub fn clear(&mut self) {
        self.parts.iter_mut().for_each(|(_, g)| g.fill(0.0));
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[f32])> {
        self.parts.iter().map(|(n, g)| (n.as_str(), g.as_slice()))
    }

    /// Euclidean norm of all together.
    pub fn norm(&self) -> f64 {
        use rayon::prelude::*;
        let squares: f64 = self
            .parts
            .iter()
            .map(|(_, g)| {
                let parts: Vec<f64> = g
                    .par_chunks(1 << 14)
                    .map(|c| c.iter().map(|v| f64::from(*v) * f64::from(*v)).sum())
                    .collect();
                parts.iter().sum::<f64>()
            })
            .sum();
        squares.sqrt()
    }

    /// Add what `fill` writes to the gradient of `name`.
    pub(super) fn add(&mut self, name: &str, fill: impl FnOnce(&mut [f32])) {
        let Some((_, sum)) = self.parts.iter_mut().find(|(n, _)| n == name) else {
            return;
        };
        let mut part = lend(sum.len());
        fill(&mut part);
        sum.iter_mut().zip(part.iter()).for_each(|(s, p)| *s += *p);
    }
}
