//! Groups trials that differ by their seed alone, and takes means of their probes with 95% intervals.
//!
//! Nets of two versions of the training are never in one group, and no mean is over two versions of the protocol.

use std::collections::BTreeSet;

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::collect::{Experiment, Trial};
use crate::track::format::{Features, Labels, ProbeRecord, Scale};

/// Trials of one arm of a sweep at one scale, trained by one version of the program: they differ by their seeds only.
pub struct Group<'a> {
    /// The parameters that set the arm apart; empty where the sweep has one arm.
    pub arm: String,
    pub profile: Option<String>,
    pub scale: &'a Scale,
    /// The version of the training.
    pub training: u32,
    /// At least one.
    pub trials: Vec<&'a Trial>,
}

/// A mean and the half-width of its 95% interval, both fractions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    pub mean: f64,
    pub interval: Option<f64>,
    /// Degrees of freedom of Student's t in the interval; infinite where it is a normal one.
    pub freedom: f64,
}

impl Estimate {
    /// With a normal interval, or none.
    pub fn normal(mean: f64, interval: Option<f64>) -> Estimate {
        Estimate {
            mean,
            interval,
            freedom: f64::INFINITY,
        }
    }
}

/// Probes that can be held against one another: what was probed, with how many labels, by which version of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probing<'a> {
    pub data: &'a str,
    pub labels: Labels,
    pub protocol: u32,
}

/// The trials with probes, by arm, profile, scale and version of the training, in the order of the experiment.
pub fn groups(experiment: &Experiment) -> Vec<Group<'_>> {
    among(experiment.trials.iter())
}

/// As [`groups`], of some trials only.
pub fn among<'a>(trials: impl Iterator<Item = &'a Trial>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group> = Vec::new();
    for trial in trials.filter(|t| !t.probes.is_empty()) {
        let same = groups.iter_mut().find(|g| {
            g.arm == trial.arm()
                && g.profile == trial.run.profile
                && *g.scale == trial.run.scale
                && g.training == trial.run.training
        });
        match same {
            Some(group) => group.trials.push(trial),
            None => groups.push(Group {
                arm: trial.arm(),
                profile: trial.run.profile.clone(),
                scale: &trial.run.scale,
                training: trial.run.training,
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

impl Probing<'_> {
    /// How a probe was made.
    pub fn by(probe: &ProbeRecord) -> Probing<'_> {
        Probing {
            data: &probe.data,
            labels: probe.labels,
            protocol: probe.protocol,
        }
    }

    /// Whether a probe was made so.
    pub fn is(&self, probe: &ProbeRecord) -> bool {
        *self == Probing::by(probe)
    }
}

impl Group<'_> {
    /// The data sets that any of its trials probed.
    pub fn data(&self) -> BTreeSet<&str> {
        let probes = self.trials.iter().flat_map(|t| &t.probes);
        probes.map(|p| p.data.as_str()).collect()
    }

    /// The probe of each trial that has one for these features; of repeated ones the last.
    pub fn probes(&self, features: Features, of: Probing) -> Vec<&ProbeRecord> {
        self.trials
            .iter()
            .filter_map(|trial| probe(trial, features, of))
            .collect()
    }

    /// The newest version of the protocol by which any of its trials probed these features so.
    pub fn newest(&self, features: Features, data: &str, labels: Labels) -> Option<u32> {
        let probes = self.trials.iter().flat_map(|t| &t.probes);
        probes
            .filter(|p| p.features == features && p.data == data && p.labels == labels)
            .map(|p| p.protocol)
            .max()
    }

    /// Mean over the trials. The interval is the wider of the one over seeds and the mean one of the draws: with few
    /// seeds the first alone can be narrow by chance.
    pub fn estimate(&self, features: Features, of: Probing) -> Option<Estimate> {
        let probes = self.probes(features, of);
        let over_seeds = over_seeds(&probes)?;
        let drawn: Vec<f64> = probes.iter().filter_map(|p| p.interval).collect();
        let draws = (!drawn.is_empty()).then(|| mean(&drawn));
        Some(match (over_seeds.interval, draws) {
            (Some(seeds), Some(draws)) if seeds < draws => {
                Estimate::normal(over_seeds.mean, Some(draws))
            }
            (Some(_), _) => over_seeds,
            (None, draws) => Estimate::normal(over_seeds.mean, draws),
        })
    }
}

/// A trial's last probe of these features.
pub fn probe<'a>(trial: &'a Trial, features: Features, of: Probing) -> Option<&'a ProbeRecord> {
    let is = |p: &&ProbeRecord| p.features == features && of.is(p);
    trial.probes.iter().rev().find(is)
}

/// A trial's last probe of these features by the newest version of the protocol.
pub fn newest<'a>(
    trial: &'a Trial,
    features: Features,
    data: &str,
    labels: Labels,
) -> Option<&'a ProbeRecord> {
    let is = |p: &&ProbeRecord| p.features == features && p.data == data && p.labels == labels;
    trial.probes.iter().filter(is).max_by_key(|p| p.protocol)
}

/// Mean of the trials' accuracies with its interval over the trials (two or more).
pub fn over_seeds(probes: &[&ProbeRecord]) -> Option<Estimate> {
    let values: Vec<f64> = probes.iter().map(|p| p.accuracy).collect();
    mean_of(&values)
}

/// Mean of some numbers with Student's 95% interval (two or more); `None` of none. Of two or three seeds 1.96 standard
/// errors would hold the mean far less often than they say.
pub fn mean_of(values: &[f64]) -> Option<Estimate> {
    if values.is_empty() {
        return None;
    }
    let m = mean(values);
    let n = values.len() as f64;
    if values.len() < 2 {
        return Some(Estimate::normal(m, None));
    }
    let variance = values.iter().map(|v| (v - m).powi(2)).sum::<f64>() / (n - 1.0);
    let freedom = n - 1.0;
    Some(Estimate {
        mean: m,
        interval: Some(student(freedom) * (variance / n).sqrt()),
        freedom,
    })
}

/// The 97.5th percentile of Student's t; of infinitely many degrees of freedom, the 1.96 of every normal interval here.
pub fn student(freedom: f64) -> f64 {
    match StudentsT::new(0.0, 1.0, freedom.max(1.0)) {
        Ok(t) if freedom.is_finite() => t.inverse_cdf(0.975),
        _ => 1.96,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_few_is_students() {
        let three = mean_of(&[0.50, 0.52, 0.54]).unwrap();
        assert!((three.mean - 0.52).abs() < 1e-12);
        let expected = 4.302_652_729_9 * 0.02 / 3f64.sqrt();
        assert!((three.interval.unwrap() - expected).abs() < 1e-10);
        let two = mean_of(&[0.50, 0.52]).unwrap();
        let expected = 12.706_204_736_2 * 0.01;
        assert!((two.interval.unwrap() - expected).abs() < 1e-10, "{two:?}");
        assert_eq!(mean_of(&[0.5]).unwrap().interval, None);
        assert_eq!(mean_of(&[]), None);
    }

    /// With two more of each kind: 2 of 100 and 50 of 100.
    #[test]
    fn the_interval_of_a_share_counts_two_more_of_each_kind() {
        let none = share_interval(0.0, 96).unwrap();
        assert!((none - 1.96 * 0.014).abs() < 1e-12, "{none}");
        let half = share_interval(0.5, 96).unwrap();
        assert!((half - 1.96 * 0.05).abs() < 1e-12, "{half}");
        assert_eq!(share_interval(0.5, 0), None);
    }

    #[test]
    fn percentiles_of_students_t() {
        // NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.6.7.2.
        for (freedom, t) in [
            (1.0, 12.706),
            (2.0, 4.303),
            (4.0, 2.776),
            (17.0, 2.110),
            (40.0, 2.021),
            (100.0, 1.984),
        ] {
            assert!((student(freedom) - t).abs() < 0.0006, "{freedom}");
        }
        assert!((student(f64::INFINITY) - 1.96).abs() < 1e-12);
        let falls = (10..400)
            .map(|i| student(f64::from(i) / 10.0))
            .is_sorted_by(|a, b| a > b);
        assert!(falls);
    }
}
