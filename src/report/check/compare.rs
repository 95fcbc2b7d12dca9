//! Compares results with a baseline, and makes results the baseline.

use std::collections::BTreeSet;
use std::path::Path;

use super::baseline::{Baseline, Direction, Expected};
use super::means::{self, device_kind, finished, profile_name, rounded};
use crate::report::ReportError;
use crate::report::collect::{Experiment, collect};
use crate::report::export::text;
use crate::report::tables::{Columns, Table, failed, or_absent};
use crate::report::words;

/// One metric, then and now.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    pub metric: String,
    pub baseline: Option<f64>,
    pub ours: Option<f64>,
    /// Ours less the baseline's.
    pub difference: Option<f64>,
    pub tolerance: Option<f64>,
    pub verdict: CheckVerdict,
}

/// How a metric stands to its baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckVerdict {
    /// Within the tolerance.
    Held,
    /// Beyond the tolerance, in the better direction.
    Better,
    /// Beyond the tolerance, in the worse direction (in any, where neither is better).
    Regressed,
    /// In the baseline and not in the results.
    Missing,
    /// In the results and not in the baseline.
    New,
}

/// Every metric of the results or of the baseline, by name.
#[derive(Debug, Clone)]
pub struct Comparison {
    pub experiment: String,
    pub differences: Vec<Difference>,
    /// What a reader should know: another device, several trials.
    pub remarks: Vec<String>,
}

impl Comparison {
    /// Whether the check fails: a metric got worse or is gone.
    pub fn regressed(&self) -> bool {
        self.differences
            .iter()
            .any(|d| matches!(d.verdict, CheckVerdict::Regressed | CheckVerdict::Missing))
    }

    /// The differences for a terminal.
    ///
    /// # Errors
    /// [`ReportError::Table`].
    pub fn table(&self) -> Result<String, ReportError> {
        // Rounded first, and plus zero: what shows as nothing has no sign of its own.
        let signed = |v: f64| format!("{:+.4}", (v * 1e4).round() / 1e4 + 0.0);
        let number = |v: Option<f64>| or_absent(v.map(|v| format!("{v:.4}")));
        let build = || {
            let shown = Columns::of(&self.differences)
                .with("Metric", |d| d.metric.clone())
                .with("Baseline", |d| number(d.baseline))
                .with("Ours", |d| number(d.ours))
                .with("Difference", |d| or_absent(d.difference.map(signed)))
                .with("Tolerance", |d| number(d.tolerance))
                .with("Verdict", |d| word(d.verdict))
                .frame()?;
            text(&Table {
                id: "check".to_string(),
                title: format!("{} against its baseline", self.experiment),
                data: shown.clone(),
                shown,
                left: vec!["Metric", "Verdict"],
                notes: Vec::new(),
                rules: Vec::new(),
                remarks: self.remarks.clone(),
            })
        };
        build().map_err(failed("check"))
    }
}

fn word(verdict: CheckVerdict) -> &'static str {
    match verdict {
        CheckVerdict::Held => "held",
        CheckVerdict::Better => "better",
        CheckVerdict::Regressed => "REGRESSED",
        CheckVerdict::Missing => "MISSING",
        CheckVerdict::New => "new",
    }
}

/// Compare the finished trials in `folder` with a baseline file.
///
/// A metric is the mean over the finished trials of the baseline's profile that the newest version of the program trained;
/// where a sweep has several arms, each arm has its own, named `<metric>@<arm>`.
///
/// # Errors
/// As [`collect`]; [`ReportError::NoneFinished`], [`ReportError::OtherExperiment`]; [`ReportError::Yaml`] for the
/// baseline, with its place.
pub fn compare(folder: &Path, baseline: &Path) -> Result<Comparison, ReportError> {
    let expected = Baseline::read(baseline)?;
    let experiment = whole(folder)?;
    if expected.experiment != experiment.name {
        return Err(ReportError::OtherExperiment {
            path: baseline.to_path_buf(),
            found: expected.experiment,
            expected: experiment.name,
        });
    }
    let trials = finished(&experiment, Some(&expected.profile))?;
    let ours = means::means(&trials);
    let names: BTreeSet<&String> = expected.metrics.keys().chain(ours.keys()).collect();
    let differences = names
        .into_iter()
        .map(|name| {
            difference(
                name,
                expected.metrics.get(name),
                ours.get(name).map(|m| m.value),
            )
        })
        .collect();
    let mut remarks = vec![format!(
        "Means over {} of {}.",
        words::count(trials.len() as f64, "finished trial"),
        profile_name(&expected.profile)
    )];
    let device = device_kind(&trials);
    if device != expected.device {
        remarks.push(format!(
            "The baseline was measured on `{}`, these results on `{device}`.",
            expected.device
        ));
    }
    let versions = [
        ("training", expected.training, means::training(&trials)),
        (
            "the probes' protocol",
            expected.protocol,
            means::protocol(&trials),
        ),
    ];
    for (what, before, now) in versions.into_iter().filter(|(_, a, b)| a != b) {
        remarks.push(format!(
            "The baseline was measured by version {before} of {what}, these results by version {now}: a difference may be \
             the program's own. `--accept` makes these the baseline."
        ));
    }
    Ok(Comparison {
        experiment: experiment.name.clone(),
        differences,
        remarks,
    })
}

fn difference(name: &str, expected: Option<&Expected>, ours: Option<f64>) -> Difference {
    let difference = expected.and_then(|e| Some(ours? - e.value));
    let verdict = match (expected, difference) {
        (None, _) => CheckVerdict::New,
        (Some(_), None) => CheckVerdict::Missing,
        // A metric that is no number has not held.
        (Some(e), Some(d)) if d.is_nan() || d.abs() > e.tolerance => match e.direction {
            Direction::Higher if d > 0.0 => CheckVerdict::Better,
            Direction::Lower if d < 0.0 => CheckVerdict::Better,
            _ => CheckVerdict::Regressed,
        },
        _ => CheckVerdict::Held,
    };
    Difference {
        metric: name.to_string(),
        baseline: expected.map(|e| e.value),
        ours,
        difference,
        tolerance: expected.map(|e| e.tolerance),
        verdict,
    }
}

/// Make the results in `folder` the baseline, and say what changed by it.
///
/// Tolerances and directions of metrics that the file already has are kept. A new metric gets twice its interval (at
/// least 0.01) as its tolerance; higher is better for trained features, a control should not move either way.
///
/// # Errors
/// As [`compare`], but for a baseline that does not exist yet; [`ReportError::Write`].
pub fn accept(folder: &Path, baseline: &Path) -> Result<Baseline, ReportError> {
    let old = match baseline.exists() {
        true => Some(Baseline::read(baseline)?),
        false => None,
    };
    let experiment = whole(folder)?;
    let of_old = old
        .as_ref()
        .and_then(|old| finished(&experiment, Some(&old.profile)).ok());
    let trials = match of_old {
        Some(trials) => trials,
        None => finished(&experiment, None)?,
    };
    let metrics = means::means(&trials)
        .into_iter()
        .map(|(name, mean)| {
            let kept = old.as_ref().and_then(|old| old.metrics.get(&name));
            let expected = Expected {
                value: rounded(mean.value),
                tolerance: kept.map_or(mean.tolerance(), |k| k.tolerance),
                direction: kept.map_or(mean.direction, |k| k.direction),
            };
            (name, expected)
        })
        .collect();
    let new = Baseline {
        experiment: experiment.name.clone(),
        profile: trials.first().and_then(|t| t.run.profile.clone()),
        device: device_kind(&trials),
        training: means::training(&trials),
        protocol: means::protocol(&trials),
        metrics,
    };
    new.write(baseline)?;
    Ok(new)
}

/// An experiment of which nothing is damaged: a mean without a trial's numbers would be held to one with them.
fn whole(folder: &Path) -> Result<Experiment, ReportError> {
    let experiment = collect(folder)?;
    match experiment.left_out.is_empty() {
        true => Ok(experiment),
        false => Err(ReportError::Damaged(experiment.left_out.join("\n"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(value: f64, direction: Direction) -> CheckVerdict {
        let expected = Expected {
            value: 0.5,
            tolerance: 0.01,
            direction,
        };
        difference("m", Some(&expected), Some(value)).verdict
    }

    #[test]
    fn a_difference_beyond_the_tolerance_is_judged_by_direction() {
        assert_eq!(verdict(0.505, Direction::Higher), CheckVerdict::Held);
        assert_eq!(verdict(0.52, Direction::Higher), CheckVerdict::Better);
        assert_eq!(verdict(0.48, Direction::Higher), CheckVerdict::Regressed);
        assert_eq!(verdict(0.48, Direction::Lower), CheckVerdict::Better);
        assert_eq!(verdict(0.52, Direction::Lower), CheckVerdict::Regressed);
        assert_eq!(verdict(0.52, Direction::Either), CheckVerdict::Regressed);
        assert_eq!(
            verdict(f64::NAN, Direction::Higher),
            CheckVerdict::Regressed
        );
        assert_eq!(difference("m", None, Some(1.0)).verdict, CheckVerdict::New);
    }
}
