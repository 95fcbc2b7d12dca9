//! Checkpoints: weights, optimiser and random state in one safetensors file.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use candle_core::{Device, Tensor};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::TrainError;
use crate::data::LoaderState;
use crate::nn::{Architecture, Discriminator, Generator, NnError, finite};
use crate::track::atomic;

/// The version of the metadata that this program writes.
const FORMAT: u32 = 1;
/// The metadata key under which the state lies as JSON.
const KEY: &str = "dcgan";

/// Weights and statistics after training, ready for use.
pub const FINAL: &str = "checkpoints/final.safetensors";

/// Everything of a training that is not a tensor.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct State {
    pub format: u32,
    /// The trial's id: a checkpoint of another trial is refused.
    pub trial: String,
    /// Mini-batches done.
    pub step: u64,
    /// Seconds of training so far.
    pub seconds: f64,
    /// Adam updates of D and of G.
    pub updates: (u64, u64),
    pub latent: ChaCha8Rng,
    /// Of the fakes' labels, in a conditional training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<ChaCha8Rng>,
    pub loader: LoaderState,
}

impl State {
    pub(super) fn new(
        trial: &str,
        step: u64,
        seconds: f64,
        updates: (u64, u64),
        latent: ChaCha8Rng,
        loader: LoaderState,
    ) -> Self {
        State {
            format: FORMAT,
            trial: trial.to_string(),
            step,
            seconds,
            updates,
            latent,
            labels: None,
            loader,
        }
    }
}

/// Write tensors and, where training may go on from it, its state.
///
/// # Errors
/// [`TrainError::Write`] where the file cannot be put in place.
pub fn save(
    path: &Path,
    tensors: &BTreeMap<String, Tensor>,
    state: Option<&State>,
) -> Result<(), TrainError> {
    let mut metadata = HashMap::from([("format".to_string(), "pt".to_string())]);
    if let Some(state) = state {
        let json = serde_json::to_string(state).map_err(|e| bad(path, e))?;
        metadata.insert(KEY.to_string(), json);
    }
    let host = tensors
        .iter()
        .map(|(name, t)| Ok((name.as_str(), t.to_device(&Device::Cpu)?.contiguous()?)))
        .collect::<Result<Vec<_>, candle_core::Error>>()?;
    let bytes = safetensors::serialize(host, Some(metadata)).map_err(|e| bad(path, e))?;
    Ok(atomic::write(path, &bytes)?)
}

/// Read what [`save`] wrote, onto `device`.
///
/// # Errors
/// [`TrainError::BadCheckpoint`] for a file that is cut off or not a checkpoint, [`NnError::NotFinite`] where a tensor holds NaN or
/// infinity.
pub fn load(
    path: &Path,
    device: &Device,
) -> Result<(HashMap<String, Tensor>, Option<State>), TrainError> {
    let bytes = std::fs::read(path).map_err(|e| bad(path, e))?;
    let (_, metadata) =
        safetensors::SafeTensors::read_metadata(&bytes).map_err(|e| bad(path, e))?;
    let state = match metadata.metadata().as_ref().and_then(|m| m.get(KEY)) {
        Some(json) => Some(serde_json::from_str::<State>(json).map_err(|e| bad(path, e))?),
        None => None,
    };
    if let Some(state) = &state
        && state.format > FORMAT
    {
        let message = format!("has format {}, this program reads {FORMAT}", state.format);
        return Err(bad(path, message));
    }
    let tensors =
        candle_core::safetensors::load_buffer(&bytes, device).map_err(|e| bad(path, e))?;
    let mut names: Vec<&String> = tensors.keys().collect();
    names.sort();
    for name in names {
        finite::check::<NnError>(path, name, &tensors[name])?;
    }
    Ok((tensors, state))
}

/// Both nets with the parameters and statistics of a checkpoint.
///
/// # Errors
/// [`TrainError::Nn`] for a checkpoint of another model, or a device's own.
pub fn from_tensors(
    architecture: &Architecture,
    tensors: &HashMap<String, Tensor>,
    device: &Device,
) -> Result<(Generator, Discriminator), TrainError> {
    // What is drawn here is overwritten, or the checkpoint is refused.
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let generator = Generator::init(architecture, &mut rng, device)?;
    let discriminator = Discriminator::init(architecture, &mut rng, device)?;
    discriminator.params().load(tensors)?;
    generator.params().load(tensors)?;
    Ok((generator, discriminator))
}

fn bad(path: &Path, message: impl ToString) -> TrainError {
    TrainError::BadCheckpoint {
        path: path.to_path_buf(),
        message: message.to_string(),
    }
}
