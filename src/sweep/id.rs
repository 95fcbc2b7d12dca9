use sha2::{Digest, Sha256};

use super::SweepError;
use crate::spec::{ModelSpec, Spec, TrainSpec};
use crate::track::hash::hex;

/// Raised when the same spec would give other numbers than before.
const VERSION: u32 = 2;

/// Twelve hexadecimal digits that stand for what determines a trial's nets: data, model, training, seed, the
/// kind of device. Probes are not part of it: another probe needs no other net.
///
/// # Errors
/// [`SweepError::Released`] and [`SweepError::Checkpoint`] where weights made elsewhere cannot be read.
pub fn trial_id(spec: &Spec, fingerprint: &str, device: &str) -> Result<String, SweepError> {
    let mut spec = spec.clone();
    // How often a line or a sheet is written changes no number.
    spec.train.log_every = 1;
    spec.train.sheet_every = 1;
    spec.train.sheets.clear();
    spec.train.keep.clear();
    // The monitor only watches, unless it may stop the training.
    if spec.train.stop_on.is_empty() {
        spec.train.monitor_every = TrainSpec::MONITOR_EVERY;
    }
    let kind = device.split([' ', ':']).next().unwrap_or(device);
    let parts = serde_json::json!([
        VERSION,
        spec.data,
        spec.model,
        spec.train,
        spec.seed,
        fingerprint,
        kind
    ]);
    let mut hash = Sha256::new();
    hash.update(parts.to_string());
    if let ModelSpec::Released { released } = &spec.model {
        hash.update(contents(released)?);
    }
    if let ModelSpec::Torch { torch, generator } = &spec.model {
        for path in std::iter::once(torch).chain(generator) {
            let bytes = std::fs::read(path).map_err(|source| SweepError::Checkpoint {
                path: path.clone(),
                source,
            })?;
            hash.update(Sha256::digest(bytes));
        }
    }
    Ok(hex(&hash.finalize()[..6]))
}

/// Twelve digits that stand for `text`, by which a stage's result is kept.
pub(super) fn short(text: String) -> String {
    hex(&Sha256::digest(text)[..6])
}

/// A hash over a folder's files, so that other weights under the same path are another trial.
fn contents(folder: &std::path::Path) -> Result<Vec<u8>, SweepError> {
    let failed = |source| SweepError::Released {
        path: folder.to_path_buf(),
        source,
    };
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .and_then(|entries| entries.collect::<Result<Vec<_>, _>>())
        .map_err(failed)?
        .into_iter()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|e| e == "npy"))
        .collect();
    names.sort();
    let mut hash = Sha256::new();
    for path in names {
        hash.update(path.file_name().unwrap_or_default().as_encoded_bytes());
        hash.update(std::fs::read(&path).map_err(failed)?);
    }
    Ok(hash.finalize().to_vec())
}
