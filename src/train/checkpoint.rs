//! Checkpoints: weights, optimiser and random state in one safetensors file.
//!
//! The file carries its own checksum: the metadata's `dcgan.sha256` is the SHA-256 of the whole file with the 64 digits of
//! that value as zeros. A file without it (of an earlier version, or of another program) is read as it is.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use candle_core::{Device, Tensor};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::TrainError;
use crate::data::LoaderState;
use crate::nn::{Architecture, Discriminator, Generator, NnError, finite};
use crate::track::atomic;
use crate::track::hash::hex;

/// The version of the metadata that this program writes.
const FORMAT: u32 = 1;
/// The metadata key under which the state lies as JSON.
const KEY: &str = "dcgan";
/// The metadata key of the checksum, and how its value begins in the header.
const CHECKSUM: &str = "dcgan.sha256";
const MARK: &[u8] = b"\"dcgan.sha256\":\"";
/// Digits of a checksum.
const DIGITS: usize = 64;
/// Bytes of a safetensors file before its header, which say how long that is.
const LENGTH: usize = 8;

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
    let bytes = sealed(&bytes).ok_or_else(|| bad(path, "its header cannot be written"))?;
    Ok(atomic::write(path, &bytes)?)
}

/// A safetensors file with its checksum in its metadata, whose keys are put in order so that the same content is the same
/// file.
fn sealed(bytes: &[u8]) -> Option<Vec<u8>> {
    let (header, data) = parts(bytes)?;
    let mut header: Map<String, Value> = serde_json::from_slice(header).ok()?;
    let metadata = header.get_mut("__metadata__")?.as_object_mut()?;
    metadata.insert(CHECKSUM.to_string(), "0".repeat(DIGITS).into());
    metadata.sort_keys();
    let mut header = serde_json::to_vec(&header).ok()?;
    header.resize(header.len().next_multiple_of(LENGTH), b' ');
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header);
    file.extend(data);
    let place = digits(&file)?;
    let sum = checksum(&file, place.clone());
    file[place].copy_from_slice(sum.as_bytes());
    Some(file)
}

/// The header of a safetensors file, and what follows it.
fn parts(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<LENGTH>()?;
    rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)
}

/// Where the checksum's digits lie in a file that has one.
fn digits(bytes: &[u8]) -> Option<std::ops::Range<usize>> {
    let (header, _) = parts(bytes)?;
    let mark = header.windows(MARK.len()).position(|w| w == MARK)?;
    let start = LENGTH + mark + MARK.len();
    (start + DIGITS <= LENGTH + header.len()).then_some(start..start + DIGITS)
}

/// SHA-256 of the file as if the digits at `place` were zeros.
fn checksum(bytes: &[u8], place: std::ops::Range<usize>) -> String {
    let mut hash = Sha256::new();
    hash.update(&bytes[..place.start]);
    hash.update([b'0'; DIGITS]);
    hash.update(&bytes[place.end..]);
    hex(&hash.finalize())
}

/// That the file is as it was written, where it says how that was.
fn verify(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    match digits(bytes) {
        Some(place) if bytes[place.clone()] != *checksum(bytes, place.clone()).as_bytes() => {
            Err(TrainError::DamagedCheckpoint {
                path: path.to_path_buf(),
            })
        }
        _ => Ok(()),
    }
}

/// Read what [`save`] wrote, onto `device`.
///
/// # Errors
/// [`TrainError::DamagedCheckpoint`] for a file that is not as it was written, [`TrainError::BadCheckpoint`] for one that
/// is cut off or not a checkpoint, [`NnError::NotFinite`] where a tensor holds NaN or infinity.
pub fn load(
    path: &Path,
    device: &Device,
) -> Result<(HashMap<String, Tensor>, Option<State>), TrainError> {
    let bytes = std::fs::read(path).map_err(|e| bad(path, e))?;
    verify(path, &bytes)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn tensors() -> BTreeMap<String, Tensor> {
        let tensor = |n: usize| Tensor::arange(0f32, n as f32, &Device::Cpu).unwrap();
        BTreeMap::from([("a".to_string(), tensor(5)), ("b".to_string(), tensor(3))])
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.safetensors");
        save(&path, &tensors(), None).unwrap();
        let whole = std::fs::read(&path).unwrap();
        let (back, state) = load(&path, &Device::Cpu).unwrap();
        assert!(state.is_none());
        assert_eq!(back["a"].to_vec1::<f32>().unwrap(), [0., 1., 2., 3., 4.]);
        let key = whole.windows(MARK.len()).position(|w| w == MARK).unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            std::fs::write(&path, &bytes).unwrap();
            let read = load(&path, &Device::Cpu);
            match (key..key + MARK.len()).contains(&at) {
                // Without its key there is no checksum; what counts is as it was.
                true => drop(read),
                false => assert!(read.is_err(), "byte {at} of {}", whole.len()),
            }
        }
        let mut bytes = whole.clone();
        let last = bytes.len() - 1;
        bytes[last] ^= 64;
        std::fs::write(&path, &bytes).unwrap();
        let e = load(&path, &Device::Cpu).unwrap_err().to_string();
        let e = e.replace(&dir.path().display().to_string(), "TRIAL");
        insta::assert_snapshot!(e, @"`TRIAL/a.safetensors` is damaged: its content does not fit its checksum; delete it and run the sweep again, which goes on from the last whole checkpoint");
    }

    #[test]
    fn a_file_without_checksum_is_read_and_the_same_content_is_the_same_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("old.safetensors");
        let metadata = HashMap::from([("format".to_string(), "pt".to_string())]);
        let old = safetensors::serialize(tensors(), Some(metadata)).unwrap();
        std::fs::write(&path, old).unwrap();
        assert_eq!(load(&path, &Device::Cpu).unwrap().0.len(), 2);
        save(&path, &tensors(), None).unwrap();
        let first = std::fs::read(&path).unwrap();
        for _ in 0..8 {
            save(&path, &tensors(), None).unwrap();
            assert!(std::fs::read(&path).unwrap() == first);
        }
        // Readers of the format see the metadata that they know.
        let (_, metadata) = safetensors::SafeTensors::read_metadata(&first).unwrap();
        let metadata = metadata.metadata().clone().unwrap();
        assert_eq!(metadata["format"], "pt");
        assert_eq!(metadata[CHECKSUM].len(), DIGITS);
    }
}
