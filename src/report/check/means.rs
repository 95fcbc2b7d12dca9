//! The metrics of an experiment: means over its finished trials.

use std::collections::{BTreeMap, BTreeSet};

use super::baseline::Direction;
use crate::report::ReportError;
use crate::report::collect::{Experiment, Trial};
use crate::report::words;
use crate::track::format::{Features, Status};
use crate::track::metrics;

/// Seeds and devices move an accuracy by about this much at the scale of the cpu profile.
const LEAST_TOLERANCE: f64 = 0.01;

/// A metric's mean over trials.
pub struct Mean {
    pub value: f64,
    /// The widest interval of its draws.
    interval: f64,
    pub direction: Direction,
}

impl Mean {
    /// What a metric without a stated tolerance gets: twice its interval, and not less than seeds move it.
    pub fn tolerance(&self) -> f64 {
        rounded((2.0 * self.interval).max(LEAST_TOLERANCE))
    }
}

/// Every metric of the trials, as [`super::compare()`] names them.
pub fn means(trials: &[&Trial]) -> BTreeMap<String, Mean> {
    let arms: BTreeSet<String> = trials.iter().map(|t| t.arm()).collect();
    let mut values: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut means: BTreeMap<String, Mean> = BTreeMap::new();
    for trial in trials {
        let arm = trial.arm();
        let named = |name: String| match arms.len() > 1 && !arm.is_empty() {
            true => format!("{name}@{arm}"),
            false => name,
        };
        for (name, value) in metrics::of_probes(&trial.probes) {
            values.entry(named(name)).or_default().push(value);
        }
        for probe in &trial.probes {
            let mean = means
                .entry(named(metrics::probe_name(probe)))
                .or_insert(Mean {
                    value: 0.0,
                    interval: 0.0,
                    direction: match probe.features {
                        Features::Trained => Direction::Higher,
                        Features::Untrained | Features::Pixels | Features::KMeans => {
                            Direction::Either
                        }
                    },
                });
            mean.interval = mean.interval.max(probe.interval.unwrap_or(0.0));
        }
    }
    for (name, values) in values {
        if let Some(mean) = means.get_mut(&name) {
            mean.value = values.iter().sum::<f64>() / values.len() as f64;
        }
    }
    means
}

/// The finished trials of a profile; `None` takes the profile of the trial that was started last.
pub fn finished<'a>(
    experiment: &'a Experiment,
    profile: Option<&Option<String>>,
) -> Result<Vec<&'a Trial>, ReportError> {
    let all: Vec<&Trial> = experiment
        .trials
        .iter()
        .filter(|t| t.run.status == Status::Finished)
        .collect();
    let latest = all.iter().max_by(|a, b| a.run.started.cmp(&b.run.started));
    let wanted = profile.or(latest.map(|t| &t.run.profile));
    let found: BTreeSet<String> = all.iter().map(|t| profile_name(&t.run.profile)).collect();
    let chosen: Vec<&Trial> = match wanted {
        Some(wanted) => all
            .into_iter()
            .filter(|t| t.run.profile == *wanted)
            .collect(),
        None => Vec::new(),
    };
    if chosen.is_empty() {
        return Err(ReportError::NoneFinished {
            folder: experiment.folder.clone(),
            profile: wanted.map_or("any profile".to_string(), profile_name),
            found: match found.is_empty() {
                true => "no profile".to_string(),
                false => words::list(&found.into_iter().collect::<Vec<_>>()),
            },
        });
    }
    Ok(chosen)
}

/// A profile in words.
pub fn profile_name(profile: &Option<String>) -> String {
    match profile {
        Some(name) => format!("profile `{name}`"),
        None => "the spec as written".to_string(),
    }
}

/// `cpu` or `cuda`: the first word of the device.
pub fn device_kind(trials: &[&Trial]) -> String {
    let device = trials.first().map_or("", |t| t.run.device.as_str());
    device
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric())
        .collect()
}

/// Six decimals: more than any metric here is known to.
pub fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}
