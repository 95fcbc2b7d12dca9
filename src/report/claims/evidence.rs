//! What may decide a claim: trials of experiments with their records, and what is known of a trial.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::report::ReportError;
use crate::report::collect::{self, Experiment, Trial};
use crate::report::describe;
use crate::report::published::Published;
use crate::spec::load;
use crate::track::format::{Features, Status};

/// What a test is asked about.
pub struct Asked<'a> {
    pub evidence: Evidence<'a>,
    pub published: &'a Published,
}

/// The trials that may decide a claim, experiment by experiment.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    experiments: &'a [Experiment],
    reproduces: Option<&'a str>,
}

impl<'a> Evidence<'a> {
    /// Every trial of these experiments, or those of experiments that reproduce one thing (`table-1`).
    pub fn new(experiments: &'a [Experiment], reproduces: Option<&'a str>) -> Self {
        Evidence {
            experiments,
            reproduces,
        }
    }

    /// Each experiment that has such trials, with them.
    pub fn experiments(self) -> impl Iterator<Item = (&'a Experiment, Vec<&'a Trial>)> {
        self.experiments.iter().filter_map(move |experiment| {
            let asked = |t: &&Trial| {
                self.reproduces
                    .is_none_or(|of| t.run.reproduces.as_deref() == Some(of))
            };
            let trials: Vec<&Trial> = experiment.trials.iter().filter(asked).collect();
            (!trials.is_empty()).then_some((experiment, trials))
        })
    }

    /// Each such trial with its experiment.
    pub fn trials(self) -> impl Iterator<Item = (&'a Experiment, &'a Trial)> {
        let each = |(experiment, trials): (_, Vec<_>)| {
            trials.into_iter().map(move |trial| (experiment, trial))
        };
        self.experiments().flat_map(each)
    }

    /// Each trial with a record of this name in its folder; one that is damaged is left out.
    ///
    /// # Errors
    /// None.
    pub fn records<T: DeserializeOwned>(
        self,
        name: &str,
    ) -> Result<Vec<(&'a Experiment, &'a Trial, T)>, ReportError> {
        let mut found = Vec::new();
        for (experiment, trial) in self.trials() {
            if let Some(record) = collect::record(trial, name) {
                found.push((experiment, trial, record));
            }
        }
        Ok(found)
    }
}

/// What determines a trial's nets but the seed, by dotted key (`train.adam.beta1`), from its resolved spec.
///
/// # Errors
/// [`ReportError::Yaml`] for a `spec.yaml` that is damaged.
pub fn settings(trial: &Trial) -> Result<BTreeMap<String, Value>, ReportError> {
    let mut flat = BTreeMap::new();
    if let Some(text) = &trial.spec {
        let path = trial.folder.join("spec.yaml").display().to_string();
        let tree = load::parse(text, &path)?;
        for room in ["protocol", "data", "model", "train"] {
            if let Some(node) = tree.get(room) {
                flatten(room, &node.to_json(), &mut flat);
            }
        }
    }
    Ok(flat)
}

fn flatten(path: &str, value: &Value, into: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(map) => map
            .iter()
            .for_each(|(key, value)| flatten(&format!("{path}.{key}"), value, into)),
        other => drop(into.insert(path.to_string(), other.clone())),
    }
}

/// Whether a trial's nets and training are the paper's: its rules, and Adam with one of its learning rates (the released
/// SVHN net's is 0.0005) and momenta.
///
/// # Errors
/// [`ReportError::Yaml`] for a `spec.yaml` that is damaged.
pub fn follows_the_paper(trial: &Trial) -> Result<bool, ReportError> {
    let settings = settings(trial)?;
    // A rule is written where it is given up. The authors' MNIST net has a hidden layer.
    let kept = ["norm", "resampling", "activation", "hidden"]
        .iter()
        .all(|rule| {
            let written = settings.contains_key(&format!("model.{rule}"));
            !written || (*rule == "hidden" && trial.run.scale.net == "mnist28")
        });
    let adam = |key: &str, values: &[f64]| {
        let value = settings.get(&format!("train.adam.{key}"));
        value
            .and_then(Value::as_f64)
            .is_none_or(|v| values.contains(&v))
    };
    Ok(kept && adam("lr", &[2e-4, 5e-4]) && adam("beta1", &[0.5]) && adam("beta2", &[0.999]))
}

/// Whether a trial came to an end of its own: what still runs or was stopped decides nothing.
pub fn is_over(trial: &Trial) -> bool {
    trial.run.status == Status::Finished || diverged(trial)
}

/// Whether training itself failed; a trial may also have failed for want of a file or of space, which says nothing of nets.
pub fn diverged(trial: &Trial) -> bool {
    let error = trial.run.error.as_deref().unwrap_or_default();
    trial.run.status == Status::Failed && error.starts_with("diverged")
}

/// The seeds of some trials, in order, each once.
pub fn seeds(trials: &[&Trial]) -> Vec<u64> {
    let found: std::collections::BTreeSet<u64> = trials.iter().map(|t| t.run.seed).collect();
    found.into_iter().collect()
}

/// The scale of a trial in words.
pub fn scale(trial: &Trial) -> String {
    describe::scale(Features::Trained, &trial.run)
}
