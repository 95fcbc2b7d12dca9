//! A trial's identity: the hash that names its folder.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::SweepError;
use crate::spec::{ModelSpec, Spec, TrainSpec};
use crate::track::hash::{self, hex};
use crate::track::protocol;

/// Raised when the same spec would give other numbers than before.
///
/// 3: Adam's constants in double precision; data and weights are known by their contents, whatever their path.
const VERSION: u32 = 1 + protocol::TRAINING;

/// Twelve hexadecimal digits that stand for what determines a trial's nets: the contents of data and weights, model,
/// training, seed, the kind of device. Names and paths are not part of it: a folder of images that was moved is the same
/// data. Nor are probes: another probe needs no other net.
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
    // The fingerprint stands for the images.
    spec.data.train.clear();
    let weights = match &spec.model {
        ModelSpec::Preset { .. } => Vec::new(),
        ModelSpec::Released { released } => vec![contents(released)?],
        ModelSpec::Torch { torch, generator } => std::iter::once(torch)
            .chain(generator)
            .map(|path| checkpoint(path))
            .collect::<Result<_, _>>()?,
    };
    // Weights that were made elsewhere are their contents, too.
    let model = weights.is_empty().then_some(&spec.model);
    let kind = device.split([' ', ':']).next().unwrap_or(device);
    let parts = serde_json::json!([
        VERSION,
        spec.data,
        model,
        weights,
        spec.train,
        spec.seed,
        fingerprint,
        kind
    ]);
    Ok(short(parts.to_string()))
}

/// Twelve digits that stand for `text`, by which a stage's result is kept.
pub(super) fn short(text: String) -> String {
    hex(&Sha256::digest(text)[..6])
}

/// A hash of a file of weights.
fn checkpoint(path: &Path) -> Result<String, SweepError> {
    hash::file(path).map_err(|source| SweepError::Checkpoint {
        path: path.to_path_buf(),
        source,
    })
}

/// A hash over a folder's files, so that other weights under the same path are another trial.
fn contents(folder: &Path) -> Result<String, SweepError> {
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
    Ok(hex(&hash.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Experiment, ProfileChoice};

    fn spec(text: &str, set: &str) -> Spec {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("x.yaml");
        std::fs::write(&path, text).unwrap();
        let sets = [set.to_string()];
        let experiment = Experiment::load(&path, ProfileChoice::IfPresent("cpu"), &sets).unwrap();
        experiment.trials().unwrap().remove(0).spec
    }

    #[test]
    fn a_net_is_known_by_what_it_is_trained_on_and_how() {
        let of = |set: &str, fingerprint: &str| {
            let text = "name: x\ndata: {train: cifar10, size: 32}\nmodel: {preset: svhn32}\n";
            trial_id(&spec(text, set), fingerprint, "cpu (2 threads)").unwrap()
        };
        let id = of("seed=0", "f00d");
        assert_eq!(id.len(), 12);
        for same in [
            "name=y",
            "data.train='folder:elsewhere'",
            "train.log_every=7",
            "train.keep=[1]",
            "probe=[{data: mnist, labels: all}]",
        ] {
            assert_eq!(of(same, "f00d"), id, "{same}");
        }
        for other in [
            "seed=1",
            "data.split=test",
            "data.channels=1",
            "model.width=8",
            "train.adam.beta1=0.4",
        ] {
            assert_ne!(of(other, "f00d"), id, "{other}");
        }
        assert_ne!(of("seed=0", "beef"), id, "other images");
    }

    #[test]
    fn weights_of_others_are_known_by_their_contents() {
        let place = tempfile::tempdir().unwrap();
        let of = |name: &str, bytes: &[u8]| {
            let path = place.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            let text = "name: x\ndata: {train: cifar10, size: 32}\n";
            let model = format!("model={{torch: {}}}", path.display());
            trial_id(&spec(text, &model), "f00d", "cpu").unwrap()
        };
        assert_eq!(of("a.pth", b"weights"), of("b.pth", b"weights"));
        assert_ne!(of("a.pth", b"weights"), of("a.pth", b"others"));
    }
}
