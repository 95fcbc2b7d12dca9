//! Trials that repeat one another but for the seed, and what their probes found together.

use std::collections::BTreeSet;

use super::collect::{Experiment, Trial};
use crate::track::format::{Features, Labels, ProbeRecord, Scale};

/// Trials of one arm of a sweep at one scale: they differ by their seeds only.
pub struct Group<'a> {
    /// The parameters that set the arm apart; empty where the sweep has one arm.
    pub arm: String,
    pub profile: Option<String>,
    pub scale: &'a Scale,
    /// At least one.
    pub trials: Vec<&'a Trial>,
}

/// A mean and the half-width of its 95% interval, both fractions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    pub mean: f64,
    pub interval: Option<f64>,
}

/// The trials with probes, by arm, profile and scale, in the order of the experiment.
pub fn groups(experiment: &Experiment) -> Vec<Group<'_>> {
    among(experiment.trials.iter())
}

/// As [`groups`], of some trials only.
pub fn among<'a>(trials: impl Iterator<Item = &'a Trial>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group> = Vec::new();
    for trial in trials.filter(|t| !t.probes.is_empty()) {
        let same = groups.iter_mut().find(|g| {
            g.arm == trial.arm() && g.profile == trial.run.profile && *g.scale == trial.run.scale
        });
        match same {
            Some(group) => group.trials.push(trial),
            None => groups.push(Group {
                arm: trial.arm(),
                profile: trial.run.profile.clone(),
                scale: &trial.run.scale,
                trials: vec![trial],
            }),
        }
    }
    groups
}

/// The data sets that any trial probed.
pub fn probed(experiment: &Experiment) -> BTreeSet<String> {
    let probes = experiment.trials.iter().flat_map(|t| &t.probes);
    probes.map(|p| p.data.clone()).collect()
}

impl Group<'_> {
    /// The data sets that any of its trials probed.
    pub fn data(&self) -> BTreeSet<&str> {
        let probes = self.trials.iter().flat_map(|t| &t.probes);
        probes.map(|p| p.data.as_str()).collect()
    }

    /// The probe of each trial that has one for these features, data and labels; of repeated ones the last.
    pub fn probes(&self, features: Features, data: &str, labels: Labels) -> Vec<&ProbeRecord> {
        self.trials
            .iter()
            .filter_map(|trial| probe(trial, features, data, labels))
            .collect()
    }

    /// Mean over the trials. The interval is the wider of the one over seeds and the mean one of the draws: with few
    /// seeds the first alone can be narrow by chance.
    pub fn estimate(&self, features: Features, data: &str, labels: Labels) -> Option<Estimate> {
        let probes = self.probes(features, data, labels);
        let over_seeds = over_seeds(&probes)?;
        let drawn: Vec<f64> = probes.iter().filter_map(|p| p.interval).collect();
        let draws = (!drawn.is_empty()).then(|| mean(&drawn));
        Some(Estimate {
            mean: over_seeds.mean,
            interval: match (over_seeds.interval, draws) {
                (Some(a), Some(b)) => Some(a.max(b)),
                (a, b) => a.or(b),
            },
        })
    }
}

/// A trial's last probe for these features, data and labels.
pub fn probe<'a>(
    trial: &'a Trial,
    features: Features,
    data: &str,
    labels: Labels,
) -> Option<&'a ProbeRecord> {
    trial
        .probes
        .iter()
        .rev()
        .find(|p| p.features == features && p.data == data && p.labels == labels)
}

/// Mean of the trials' accuracies with 1.96 standard errors over the trials (two or more).
pub fn over_seeds(probes: &[&ProbeRecord]) -> Option<Estimate> {
    let values: Vec<f64> = probes.iter().map(|p| p.accuracy).collect();
    mean_of(&values)
}

/// Mean of some numbers with 1.96 standard errors (two or more); `None` of none.
pub fn mean_of(values: &[f64]) -> Option<Estimate> {
    if values.is_empty() {
        return None;
    }
    let m = mean(values);
    let n = values.len() as f64;
    let interval = (values.len() > 1).then(|| {
        let variance = values.iter().map(|v| (v - m).powi(2)).sum::<f64>() / (n - 1.0);
        1.96 * (variance / n).sqrt()
    });
    Some(Estimate { mean: m, interval })
}

/// Half-width of the 95% interval of a share of `n` images, `None` of none: two more of each kind are counted (Agresti and
/// Coull 1998), so that a share of 0 has one too.
pub fn share_interval(share: f64, n: usize) -> Option<f64> {
    let n = n as f64;
    let p = (share * n + 2.0) / (n + 4.0);
    (n > 0.0).then(|| 1.96 * (p * (1.0 - p) / (n + 4.0)).sqrt())
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
