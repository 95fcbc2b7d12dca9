//! Table 3: nearest-neighbour classifiers on generated digits.

use std::collections::BTreeSet;

use super::contrast::reduction;
use super::evidence::{self, Asked};
use super::outcome::{Number, Outcome};
use crate::report::ReportError;
use crate::report::collect::{Experiment, Trial};
use crate::report::gain::{Gain, GainVerdict, gain};
use crate::report::groups::{self, Estimate, mean_of};
use crate::report::words;
use crate::track::nearest::NearestRecord;

/// The paper's smaller and larger number of samples.
const SOME: u64 = 50_000;
const MANY: u64 = 10_000_000;
/// Presets of fully connected nets begin so.
const FULLY_CONNECTED: &str = "fc";

/// Trials of one experiment, profile and kind of net on one data set, made and measured by one version of the program; at
/// least one.
struct Arm<'a> {
    experiment: &'a Experiment,
    trials: Vec<(&'a Trial, &'a NearestRecord)>,
}

impl Arm<'_> {
    /// Numbers of samples that every trial has.
    fn samples(&self) -> BTreeSet<u64> {
        let first = self.trials.first().map(|t| &t.1.generated);
        first.into_iter().flatten().map(|g| g.samples).collect()
    }

    /// Test error with so many samples.
    fn error(&self, samples: u64) -> Option<Estimate> {
        let shares: Vec<f64> = self
            .trials
            .iter()
            .filter_map(|(_, n)| {
                let row = n.generated.iter().find(|g| g.samples == samples)?;
                Some(n.share(row.errors))
            })
            .collect();
        self.widened(mean_of(&shares)?)
    }

    /// Test error with so many real images.
    fn real(&self, images: u64) -> Option<Estimate> {
        let (_, n) = self.trials.first()?;
        let row = n.real.iter().find(|r| r.images as u64 == images)?;
        let (mean, interval) = n.real_share(row);
        self.widened(Estimate::normal(mean, interval))
    }

    /// No interval is narrower than that of a share of so many test images.
    fn widened(&self, found: Estimate) -> Option<Estimate> {
        let queries = self.trials.first()?.1.queries;
        let share = groups::share_interval(found.mean, queries);
        Some(match share {
            Some(share) if found.interval.is_none_or(|i| i < share) => {
                Estimate::normal(found.mean, Some(share))
            }
            _ => found,
        })
    }

    /// The versions of its training and of the protocol.
    fn made(&self) -> (u32, u32) {
        let (trial, record) = &self.trials[0];
        (trial.run.training, record.protocol)
    }

    fn outcome(&self, held: bool, sentence: String, numbers: Vec<Number>) -> Outcome {
        let trials: Vec<&Trial> = self.trials.iter().map(|t| t.0).collect();
        Outcome {
            held,
            sentence,
            numbers,
            seeds: evidence::seeds(&trials),
            scale: trials.first().map_or(String::new(), |t| evidence::scale(t)),
            training: self.made().0,
            protocol: Some(self.made().1),
            experiment: self.experiment.name.clone(),
        }
    }
}

/// The arms of convolutional nets, or of fully connected ones.
fn arms<'a>(asked: &Asked<'a>, fully_connected: bool) -> Vec<Arm<'a>> {
    let mut arms: Vec<Arm> = Vec::new();
    for (experiment, trial) in asked.evidence.trials() {
        let Some(record) = &trial.nearest else {
            continue;
        };
        let is = trial.run.scale.net.starts_with(FULLY_CONNECTED);
        if is != fully_connected || !evidence::is_over(trial) {
            continue;
        }
        let same = arms.iter_mut().find(|arm| {
            let (first, known) = &arm.trials[0];
            arm.experiment.folder == experiment.folder
                && first.run.scale == trial.run.scale
                && first.run.profile == trial.run.profile
                && first.arm() == trial.arm()
                && known.data == record.data
                && first.run.training == trial.run.training
                && known.protocol == record.protocol
        });
        match same {
            Some(arm) => arm.trials.push((trial, record)),
            None => arms.push(Arm {
                experiment,
                trials: vec![(trial, record)],
            }),
        }
    }
    arms
}

/// How far the first error lies below the second: the claim's way.
fn below(first: Estimate, second: Estimate) -> Gain {
    gain(second, first)
}

fn told(over: Gain, than: &str) -> String {
    reduction(over, than, " points", words::points)
}

/// The convolutional net's samples against the fully connected one's of the same experiment, as many of each: 50,000
/// where both have them, else the most that both have.
pub fn beats_gan(asked: &Asked) -> Result<Vec<Outcome>, ReportError> {
    let (ours, gans) = (arms(asked, false), arms(asked, true));
    let mut found = Vec::new();
    for arm in &ours {
        for gan in gans
            .iter()
            .filter(|g| g.experiment.folder == arm.experiment.folder && g.made() == arm.made())
        {
            let both: BTreeSet<u64> = arm
                .samples()
                .intersection(&gan.samples())
                .copied()
                .collect();
            let samples = both.get(&SOME).or(both.last()).copied();
            let Some((samples, a, b)) =
                samples.and_then(|n| Some((n, arm.error(n)?, gan.error(n)?)))
            else {
                continue;
            };
            let over = below(a, b);
            let sentence = format!(
                "With {} samples the test error is {}.",
                words::thousands(samples),
                told(over, "with as many of the fully connected GAN")
            );
            let numbers = vec![Number::percent("DCGAN", a), Number::percent("GAN", b)];
            found.push(arm.outcome(over.verdict() == GainVerdict::Better, sentence, numbers));
        }
    }
    Ok(found)
}

/// The largest number of samples for which there are as many real images. "No worse" holds where the error is not higher
/// by more than the interval.
pub fn matches_real(asked: &Asked) -> Result<Vec<Outcome>, ReportError> {
    let mut found = Vec::new();
    for arm in &arms(asked, false) {
        let sizes = arm.samples().into_iter().rev();
        let pair = sizes
            .filter_map(|n| Some((n, arm.error(n)?, arm.real(n)?)))
            .next();
        if let Some((n, a, b)) = pair {
            let over = below(a, b);
            let sentence = format!(
                "With {} samples the test error is {}.",
                words::thousands(n),
                told(over, "with as many real images")
            );
            let numbers = vec![Number::percent("DCGAN", a), Number::percent("real", b)];
            found.push(arm.outcome(over.verdict() != GainVerdict::Worse, sentence, numbers));
        }
    }
    Ok(found)
}

/// Ten million or more against 50,000.
pub fn more_samples(asked: &Asked) -> Result<Vec<Outcome>, ReportError> {
    let mut found = Vec::new();
    for arm in &arms(asked, false) {
        let many = arm.samples().into_iter().rev().find(|n| *n >= MANY);
        if let Some((n, a, b)) = many.and_then(|n| Some((n, arm.error(n)?, arm.error(SOME)?))) {
            let over = below(a, b);
            let sentence = format!(
                "With {} samples the test error is {}.",
                words::thousands(n),
                told(over, &format!("with {}", words::thousands(SOME)))
            );
            let numbers = vec![
                Number::percent(format!("{} samples", words::thousands(n)), a),
                Number::percent(format!("{} samples", words::thousands(SOME)), b),
            ];
            found.push(arm.outcome(over.verdict() == GainVerdict::Better, sentence, numbers));
        }
    }
    Ok(found)
}
