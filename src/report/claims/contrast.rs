//! Arms of one experiment that differ in one key and nothing else but the seed.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::Value;

use super::evidence::{self, Evidence};
use crate::report::ReportError;
use crate::report::collect::{Experiment, Trial};
use crate::report::gain::{Gain, GainVerdict, gain};
use crate::report::groups::{self, Estimate, Group, Probing};
use crate::report::published::{Published, data_name};
use crate::track::format::{Features, Labels};

/// The paper's choice against another.
pub struct Contrast<'a> {
    pub experiment: &'a Experiment,
    /// Trials with the paper's value.
    pub paper: Vec<&'a Trial>,
    /// Trials with the other value.
    pub other: Vec<&'a Trial>,
    /// The other value as written.
    pub value: String,
    /// The version of the training of both.
    pub training: u32,
}

/// Every pair of arms that differ in `key` alone: one where `is_paper` says yes to its value (`None`: not written, its
/// default), one where `is_other` does.
///
/// # Errors
/// [`ReportError::Yaml`] for a `spec.yaml` that is damaged.
pub fn contrasts<'a>(
    evidence: Evidence<'a>,
    key: &str,
    is_paper: impl Fn(Option<&Value>) -> bool,
    is_other: impl Fn(Option<&Value>) -> bool,
) -> Result<Vec<Contrast<'a>>, ReportError> {
    let mut found = Vec::new();
    for (experiment, trials) in evidence.experiments() {
        // What else was set, in which profile and by which version of the training, to the trials by their value of the key.
        type Rest = (Option<String>, u32, String);
        let mut alike: BTreeMap<Rest, BTreeMap<String, Vec<&Trial>>> = BTreeMap::new();
        for trial in trials.into_iter().filter(|t| evidence::is_over(t)) {
            let mut settings = evidence::settings(trial)?;
            let value = settings.remove(key);
            let side = match (is_paper(value.as_ref()), is_other(value.as_ref())) {
                (true, _) => String::new(),
                (false, true) => value.map_or(String::new(), |v| plain(&v)),
                (false, false) => continue,
            };
            let rest = serde_json::json!(settings).to_string();
            let rest = (trial.run.profile.clone(), trial.run.training, rest);
            let arms = alike.entry(rest).or_default();
            arms.entry(side).or_default().push(trial);
        }
        for ((_, training, _), mut arms) in alike {
            if let Some(paper) = arms.remove("") {
                found.extend(arms.into_iter().map(|(value, other)| Contrast {
                    experiment,
                    paper: paper.clone(),
                    other,
                    value,
                    training,
                }));
            }
        }
    }
    Ok(found)
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl Contrast<'_> {
    /// The seeds of both arms, each once.
    pub fn seeds(&self) -> Vec<u64> {
        let all: Vec<&Trial> = self.paper.iter().chain(&self.other).copied().collect();
        evidence::seeds(&all)
    }

    /// The scale of the paper's arm in words.
    pub fn scale(&self) -> String {
        self.paper
            .first()
            .map_or(String::new(), |t| evidence::scale(t))
    }

    /// Accuracy of both arms' features, the paper's first, where both were probed alike.
    pub fn probed(&self) -> Option<Probed> {
        let (paper, other) = (group(&self.paper)?, group(&self.other)?);
        Probed::of(
            (&paper, Features::Trained),
            (&other, Features::Trained),
            None,
        )
    }
}

/// Those of an arm that diverged.
pub fn failed(arm: &[&Trial]) -> usize {
    arm.iter().filter(|t| evidence::diverged(t)).count()
}

/// The trials of an arm that were probed.
fn group<'a>(arm: &[&'a Trial]) -> Option<Group<'a>> {
    let trials: Vec<&Trial> = arm
        .iter()
        .copied()
        .filter(|t| !t.probes.is_empty())
        .collect();
    let first = trials.first()?;
    Some(Group {
        arm: first.arm(),
        profile: first.run.profile.clone(),
        scale: &first.run.scale,
        training: first.run.training,
        trials,
    })
}

/// Two accuracies by one protocol.
#[derive(Debug, Clone)]
pub struct Probed {
    /// The data set's card.
    pub data: String,
    pub labels: Labels,
    /// The version of the protocol.
    pub version: u32,
    pub first: Estimate,
    pub second: Estimate,
    pub gain: Gain,
}

impl Probed {
    /// Compare on the data set and number of labels on which both were probed: 400 per class where that is among them
    /// (the paper's column with intervals), else the most per class, else all labels; by the newest version of the protocol
    /// that both have. `None` where there is none.
    pub fn of(
        (a, first): (&Group, Features),
        (b, second): (&Group, Features),
        data: Option<&str>,
    ) -> Option<Probed> {
        let probes = a.trials.iter().flat_map(|t| &t.probes);
        let of = probes
            .filter(|p| p.features == first && data.is_none_or(|d| p.data == d))
            .map(Probing::by)
            .filter(|of| !b.probes(second, *of).is_empty())
            .max_by_key(|of| {
                let papers = of.labels == Labels::PerClass(400);
                (papers, of.labels, Reverse(of.data), of.protocol)
            })?;
        let (first, second) = (estimate(a, first, of)?, estimate(b, second, of)?);
        Some(Probed {
            data: of.data.to_string(),
            labels: of.labels,
            version: of.protocol,
            first,
            second,
            gain: gain(first, second),
        })
    }

    /// Whether the first is better by more than the interval.
    pub fn better(&self) -> bool {
        self.gain.verdict() == GainVerdict::Better
    }

    /// The data set and the labels in words.
    pub fn protocol(&self, published: &Published) -> String {
        let labels = match self.labels {
            Labels::All => "all labels".to_string(),
            Labels::PerClass(n) => format!("{n} labels per class"),
        };
        format!("{} with {labels}", data_name(published, &self.data))
    }
}

/// The mean over the group. Where neither draws nor seeds give an interval, it is the one of a share of so many test
/// images.
fn estimate(group: &Group, features: Features, of: Probing) -> Option<Estimate> {
    let found = group.estimate(features, of)?;
    let probes = group.probes(features, of);
    let rows = probes.first().map_or(0, |p| p.test_rows);
    let share = groups::share_interval(found.mean, rows);
    Some(match found.interval {
        Some(_) => found,
        None => Estimate::normal(found.mean, share),
    })
}

/// How the first of two numbers stands to the second, which `than` names, where higher is the claim's way; `unit` follows
/// the number.
pub fn difference(gain: Gain, than: &str, unit: &str, written: impl Fn(f64) -> String) -> String {
    stands(gain, ["higher", "lower"], than, unit, written)
}

/// As [`difference`] where lower is the claim's way: `gain` is of the second over the first.
pub fn reduction(gain: Gain, than: &str, unit: &str, written: impl Fn(f64) -> String) -> String {
    stands(gain, ["lower", "higher"], than, unit, written)
}

fn stands(
    gain: Gain,
    sides: [&str; 2],
    than: &str,
    unit: &str,
    written: impl Fn(f64) -> String,
) -> String {
    let by = written(gain.difference.abs());
    let side = sides[usize::from(gain.difference < 0.0)];
    let interval = gain
        .interval
        .map_or(String::new(), |i| format!(" (±{})", written(i)));
    let judged = match gain.verdict() {
        GainVerdict::Better => "beyond the 95% interval",
        GainVerdict::Worse => "beyond the 95% interval and the other way",
        GainVerdict::WithinInterval => "within the 95% interval",
        GainVerdict::NoInterval => "with no interval to judge it by",
    };
    format!("{by}{unit}{interval} {side} than {than}, {judged}")
}
