//! What the numbers say: did training help D's features, and do they beat raw pixels.

use super::collect::{Experiment, Trial};
use super::describe;
use super::gain::{Gain, GainVerdict, gain};
use super::groups::{self, Estimate, Group, Probing};
use super::published::{Measure, Published, PublishedCell, data_name};
use super::tables::table3;
use super::versions::{Version, Versions};
use super::words;
use crate::track::format::{Features, Labels, Status};

/// The comparison that table 1's claim rests on, for one arm on one data set.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Empty where the sweep has one arm.
    pub arm: String,
    /// The data set as people write it.
    pub data: String,
    pub labels: Labels,
    pub trained: Estimate,
    pub untrained: Option<Estimate>,
    pub pixels: Option<Estimate>,
    pub seeds: usize,
    /// What made the trained net's numbers; the others are by the same protocol.
    pub version: Version,
    pub released: bool,
    /// The paper's DCGAN on the same protocol.
    pub paper: Option<PublishedCell>,
}

/// One finding for each arm, version of the training and probed data set: the newest version's first, the best first among
/// them.
///
/// It is taken at 400 labels per class where that was probed (the paper's column with intervals), else at the most
/// labels per class, else at all labels.
pub fn findings(experiment: &Experiment, published: &Published) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for group in groups::groups(experiment) {
        for data in groups::probed(experiment) {
            found.extend(finding(&group, data, published));
        }
    }
    let versions = Versions::of(found.iter().map(|f| Some(f.version)));
    for finding in &mut found {
        if let Some(older) = versions.older(finding.version) {
            let arm = std::mem::take(&mut finding.arm);
            let parts = [arm, older];
            finding.arm = parts
                .into_iter()
                .filter(|p| !p.is_empty())
                .collect::<Vec<_>>()
                .join(", ");
        }
    }
    found.sort_by(|a, b| {
        let order = b.trained.mean.total_cmp(&a.trained.mean);
        let newest = b.version.cmp(&a.version);
        a.data.cmp(&b.data).then(newest).then(order)
    });
    found
}

fn finding(group: &Group, data: String, published: &Published) -> Option<Finding> {
    let probed: Vec<Labels> = group
        .trials
        .iter()
        .flat_map(|t| &t.probes)
        .filter(|p| p.data == data && p.features == Features::Trained)
        .map(|p| p.labels)
        .collect();
    let labels = match probed.contains(&Labels::PerClass(400)) {
        true => Labels::PerClass(400),
        false => probed.into_iter().max()?,
    };
    let paper = published
        .values()
        .filter(|t| t.data == data && t.measure == Measure::Accuracy)
        .flat_map(|t| t.dcgan())
        .next()
        .and_then(|row| row.cells.get(&labels.to_string()).copied());
    let by = Probing {
        data: &data,
        labels,
        protocol: group.newest(Features::Trained, &data, labels)?,
    };
    Some(Finding {
        arm: words::short_label(&group.arm),
        labels,
        trained: group.estimate(Features::Trained, by)?,
        untrained: group.estimate(Features::Untrained, by),
        pixels: group.estimate(Features::Pixels, by),
        seeds: group.probes(Features::Trained, by).len(),
        version: Version {
            training: Some(group.training),
            protocol: by.protocol,
        },
        released: group.trials.iter().any(|t| describe::released(&t.run)),
        paper,
        data: data_name(published, &data).to_string(),
    })
}

impl Finding {
    /// The gain of training, where the untrained control ran.
    pub fn training(&self) -> Option<Gain> {
        self.untrained.map(|u| gain(self.trained, u))
    }

    /// The finding in plain sentences.
    pub fn sentences(&self) -> String {
        let labels = match self.labels {
            Labels::All => "all labels".to_string(),
            Labels::PerClass(n) => format!("{n} labels per class"),
        };
        let arm = match self.arm.as_str() {
            "" => String::new(),
            arm => format!(" ({arm})"),
        };
        let net = match self.released {
            true => "the authors' released discriminator",
            false => "the trained discriminator",
        };
        let seeds = match self.seeds {
            0 | 1 => String::new(),
            n => format!(", the mean of {n} seeds"),
        };
        let mut text = vec![format!(
            "On {} with {labels}, a linear SVM on the features of {net}{arm} reaches {}{seeds}.",
            self.data,
            estimate(self.trained)
        )];
        text.extend(self.untrained.map(|u| self.against_untrained(u)));
        text.extend(self.pixels.map(|p| self.against_pixels(p)));
        if let Some(paper) = self.paper {
            text.push(format!(
                "The paper's net, trained on ImageNet-1k at full scale, has {}.",
                words::percent_with(paper.value, paper.interval)
            ));
        }
        text.join(" ")
    }

    fn against_untrained(&self, untrained: Estimate) -> String {
        let gain = gain(self.trained, untrained);
        let points = words::points(gain.difference.abs());
        let interval = gain
            .interval
            .map_or(String::new(), |i| format!(" (±{})", words::points(i)));
        let same = format!(
            "The same net before its first step has {}:",
            estimate(untrained)
        );
        match gain.verdict() {
            GainVerdict::Better => format!(
                "{same} training adds {points} points, more than the 95% interval of the difference{interval}, so training helped."
            ),
            GainVerdict::Worse => format!(
                "{same} training cost {points} points, more than the 95% interval of the difference{interval}, so training hurt."
            ),
            GainVerdict::WithinInterval => format!(
                "{same} the difference of {points} points lies within its 95% interval{interval}, so this run does not show that training helped."
            ),
            GainVerdict::NoInterval => format!(
                "{same} a difference of {points} points, without an interval to judge it by."
            ),
        }
    }

    fn against_pixels(&self, pixels: Estimate) -> String {
        let beats = |e: Estimate| matches!(gain(e, pixels).verdict(), GainVerdict::Better);
        let number = estimate(pixels);
        match (beats(self.trained), self.untrained.map(beats)) {
            (true, Some(true)) => format!("Both beat raw pixels, which have {number}."),
            (true, Some(false)) => {
                format!("Of the two only the trained net beats raw pixels, which have {number}.")
            }
            (true, None) => format!("It beats raw pixels, which have {number}."),
            (false, Some(true)) => {
                format!("Of the two only the untrained net beats raw pixels, which have {number}.")
            }
            (false, Some(false)) => {
                format!("Neither beats raw pixels, which have {number}, by more than the interval.")
            }
            (false, None) => {
                format!(
                    "It does not beat raw pixels, which have {number}, by more than the interval."
                )
            }
        }
    }
}

fn estimate(e: Estimate) -> String {
    words::percent_with(e.mean, e.interval)
}

/// The report's main paragraph: for each data set the finding of the best arm that the newest version measured.
pub fn summary(experiment: &Experiment, findings: &[Finding]) -> String {
    let mut text: Vec<String> = Vec::new();
    for of_data in findings.chunk_by(|a, b| a.data == b.data) {
        let newest = |f: &&Finding| f.version == of_data[0].version;
        let arms = of_data.iter().filter(newest).count();
        if arms > 1 {
            text.push(format!("Of {arms} arms, the best by test accuracy:"));
        }
        text.push(of_data[0].sentences());
        if arms < of_data.len() {
            text.push(
                "Earlier versions of training or protocol are told apart and not averaged in."
                    .to_string(),
            );
        }
    }
    text.extend(table3::sentences(experiment));
    if text.is_empty() {
        let n = experiment.trials.len();
        let trials = format!("{n} trial{}", if n == 1 { "" } else { "s" });
        let over = |t: &Trial| t.run.status == Status::Finished;
        return match n > 0 && experiment.trials.iter().all(over) {
            true => format!(
                "No probe was asked for in {trials}; the tables and charts show what was measured."
            ),
            false => format!(
                "No probe has finished yet in {trials}; the charts show the training so far."
            ),
        };
    }
    text.join(" ")
}
