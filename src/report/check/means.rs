//! The metrics of an experiment: means over its finished trials.

use std::collections::{BTreeMap, BTreeSet};

use super::baseline::Direction;
use crate::report::ReportError;
use crate::report::collect::{Experiment, Trial};
use crate::report::words;
use crate::track::format::{Features, ProbeRecord, Status};
use crate::track::{metrics, protocol};

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

/// Every metric of the trials, as [`super::compare()`] names them; each by the newest version of the protocol that measured
/// it, over the trials that it measured.
pub fn means(trials: &[&Trial]) -> BTreeMap<String, Mean> {
    let arms: BTreeSet<String> = trials.iter().map(|t| t.arm()).collect();
    // Of two probes of one name and version the later counts.
    let mut found: BTreeMap<String, BTreeMap<u32, Vec<&ProbeRecord>>> = BTreeMap::new();
    for trial in trials {
        let arm = trial.arm();
        let probes: BTreeMap<(String, u32), &ProbeRecord> = trial
            .probes
            .iter()
            .map(|p| ((metrics::probe_name(p), p.protocol), p))
            .collect();
        for ((name, protocol), probe) in probes {
            let name = match arms.len() > 1 && !arm.is_empty() {
                true => format!("{name}@{arm}"),
                false => name,
            };
            let versions = found.entry(name).or_default();
            versions.entry(protocol).or_default().push(probe);
        }
    }
    let newest = found.into_iter().filter_map(|(name, mut versions)| {
        let (_, probes) = versions.pop_last()?;
        Some((name, mean(&probes)?))
    });
    newest.collect()
}

/// `None` of none.
fn mean(probes: &[&ProbeRecord]) -> Option<Mean> {
    let accuracies = probes.iter().map(|p| p.accuracy);
    let intervals = probes.iter().map(|p| p.interval.unwrap_or(0.0));
    Some(Mean {
        value: accuracies.sum::<f64>() / probes.len() as f64,
        interval: intervals.fold(0.0, f64::max),
        direction: match probes.first()?.features {
            Features::Trained => Direction::Higher,
            Features::Untrained | Features::Pixels | Features::KMeans => Direction::Either,
        },
    })
}

/// The finished trials of a profile, of the newest version of the training among them; `None` takes the profile of the trial
/// that was started last.
///
/// # Errors
/// [`ReportError::NoneFinished`].
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
    let newest = training(&chosen);
    let of_newest = |t: &&Trial| t.run.training == newest;
    Ok(chosen.into_iter().filter(of_newest).collect())
}

/// The newest version of the training among some trials.
pub fn training(trials: &[&Trial]) -> u32 {
    let versions = trials.iter().map(|t| t.run.training);
    versions.max().unwrap_or_else(protocol::unnumbered)
}

/// The newest version of the probes' protocol among some trials.
pub fn protocol(trials: &[&Trial]) -> u32 {
    let versions = trials.iter().flat_map(|t| &t.probes).map(|p| p.protocol);
    versions.max().unwrap_or_else(protocol::unnumbered)
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
