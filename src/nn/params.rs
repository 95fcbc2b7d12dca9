//! A network's tensors by name, in order: trained parameters and batch-norm statistics.

use std::collections::{BTreeMap, HashMap, HashSet};

use candle_core::{DType, Device, Tensor, Var};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};

use super::NnError;

/// Standard deviation of every initial weight and of the gains around 1 (section 4).
pub(super) const DEVIATION: f32 = 0.02;

/// Named tensors in the order of their layers. Cloning shares the tensors.
#[derive(Debug, Clone)]
pub struct Params {
    /// Every name begins with it, such as `g.`.
    prefix: &'static str,
    trained: Vec<(String, Var)>,
    buffers: Vec<(String, Var)>,
}

impl Params {
    pub(super) fn new(prefix: &'static str) -> Self {
        Self {
            prefix,
            trained: Vec::new(),
            buffers: Vec::new(),
        }
    }

    /// Trained parameters in layer order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Var)> {
        self.trained.iter().map(|(n, v)| (n.as_str(), v))
    }

    /// A trained parameter or a buffer by its full name.
    pub fn get(&self, name: &str) -> Option<&Var> {
        let mut all = self.trained.iter().chain(&self.buffers);
        all.find(|(n, _)| n == name).map(|(_, v)| v)
    }

    /// Trained values in all.
    pub fn count(&self) -> usize {
        self.trained.iter().map(|(_, v)| v.elem_count()).sum()
    }

    /// Every tensor, parameters and statistics, apart from any tape; the memory is shared with the network until its next update.
    ///
    /// # Errors
    /// A device's own.
    pub fn tensors(&self) -> Result<BTreeMap<String, Tensor>, NnError> {
        let all = self.trained.iter().chain(&self.buffers);
        Ok(all
            .map(|(n, v)| (n.clone(), v.as_detached_tensor()))
            .collect())
    }

    /// Take every tensor from a checkpoint; names of other networks and of the optimiser are passed over. Nothing
    /// changes unless everything fits.
    ///
    /// # Errors
    /// [`NnError::Missing`], [`NnError::Extra`] or [`NnError::Shape`]: the checkpoint is of another model.
    pub fn load(&self, from: &HashMap<String, Tensor>) -> Result<(), NnError> {
        let mut names = HashSet::new();
        let mut pairs = Vec::new();
        for (name, var) in self.trained.iter().chain(&self.buffers) {
            names.insert(name.as_str());
            let tensor = from.get(name).ok_or_else(|| NnError::Missing {
                name: name.clone(),
                expected: var.dims().to_vec(),
            })?;
            if tensor.dims() != var.dims() {
                return Err(NnError::Shape {
                    name: name.clone(),
                    found: tensor.dims().to_vec(),
                    expected: var.dims().to_vec(),
                });
            }
            pairs.push((var, tensor));
        }
        let strangers = from
            .iter()
            .filter(|(n, _)| n.starts_with(self.prefix) && !names.contains(n.as_str()));
        if let Some((name, tensor)) = strangers.min_by_key(|(n, _)| n.as_str()) {
            return Err(NnError::Extra {
                name: name.clone(),
                found: tensor.dims().to_vec(),
            });
        }
        for (var, tensor) in pairs {
            let tensor = tensor.to_device(var.device())?.to_dtype(var.dtype())?;
            var.set(&tensor.contiguous()?)?;
        }
        Ok(())
    }

    /// Add a parameter drawn from N(mean, 0.02).
    pub(super) fn drawn(
        &mut self,
        name: String,
        shape: &[usize],
        mean: f32,
        rng: &mut ChaCha8Rng,
        device: &Device,
    ) -> Result<Var, NnError> {
        self.drawn_from((mean, DEVIATION), name, shape, rng, device)
    }

    /// Add a parameter drawn from a normal distribution of this mean and deviation.
    pub(super) fn drawn_from(
        &mut self,
        (mean, deviation): (f32, f32),
        name: String,
        shape: &[usize],
        rng: &mut ChaCha8Rng,
        device: &Device,
    ) -> Result<Var, NnError> {
        let normal = Normal::new(mean, deviation)
            .map_err(|e| candle_core::Error::Msg(format!("initial weights: {e}")))?;
        let data: Vec<f32> = normal
            .sample_iter(rng)
            .take(shape.iter().product())
            .collect();
        let var = Var::from_vec(data, shape, device)?;
        self.trained.push((name, var.clone()));
        Ok(var)
    }

    /// Add a parameter of zeros.
    pub(super) fn zeros(
        &mut self,
        name: String,
        shape: &[usize],
        device: &Device,
    ) -> Result<Var, NnError> {
        let var = Var::zeros(shape, DType::F32, device)?;
        self.trained.push((name, var.clone()));
        Ok(var)
    }

    /// Add a buffer of one value, which is not trained.
    pub(super) fn buffer(
        &mut self,
        name: String,
        len: usize,
        value: f64,
        device: &Device,
    ) -> Result<Var, NnError> {
        let var = Var::from_tensor(&Tensor::full(value as f32, len, device)?)?;
        self.buffers.push((name, var.clone()));
        Ok(var)
    }
}
