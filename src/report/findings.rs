//! What the numbers say: did training help D's features, and do they beat raw pixels.

use super::accuracy;
use super::collect::{Experiment, Trial};
use super::groups::{self, Estimate, Group, student};
use super::published::{Measure, Published, PublishedCell, data_name};
use super::table3;
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
    pub released: bool,
    /// The paper's DCGAN on the same protocol.
    pub paper: Option<PublishedCell>,
}

/// A difference of two accuracies against its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gain {
    pub difference: f64,
    /// Welch's interval of the difference, which for normal intervals adds them in quadrature; `None` where neither has one.
    pub interval: Option<f64>,
}

/// Whether a gain stands out of its interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Better,
    Worse,
    WithinInterval,
    /// A single draw: no interval to judge by.
    NoInterval,
}

impl Gain {
    /// How the difference stands to its interval.
    pub fn verdict(self) -> Verdict {
        match self.interval {
            None => Verdict::NoInterval,
            Some(i) if self.difference > i => Verdict::Better,
            Some(i) if self.difference < -i => Verdict::Worse,
            Some(_) => Verdict::WithinInterval,
        }
    }
}

/// `a` over `b`.
pub fn gain(a: Estimate, b: Estimate) -> Gain {
    let interval = match (a.interval, b.interval) {
        (Some(one), Some(two)) => {
            let (one, two) = (one / student(a.freedom), two / student(b.freedom));
            let (v, w) = (one * one, two * two);
            let freedom = match v + w > 0.0 {
                true => (v + w).powi(2) / (v * v / a.freedom + w * w / b.freedom),
                false => f64::INFINITY,
            };
            Some(student(freedom) * (v + w).sqrt())
        }
        (one, two) => one.or(two),
    };
    Gain {
        difference: a.mean - b.mean,
        interval,
    }
}

/// One finding for each arm and probed data set, the best first.
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
    found.sort_by(|a, b| {
        let order = b.trained.mean.total_cmp(&a.trained.mean);
        a.data.cmp(&b.data).then(order)
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
        .flat_map(|t| &t.rows)
        .find(|row| row.model.starts_with("DCGAN"))
        .and_then(|row| row.cells.get(&labels.to_string()).copied());
    Some(Finding {
        arm: words::short_label(&group.arm),
        labels,
        trained: group.estimate(Features::Trained, &data, labels)?,
        untrained: group.estimate(Features::Untrained, &data, labels),
        pixels: group.estimate(Features::Pixels, &data, labels),
        seeds: group.probes(Features::Trained, &data, labels).len(),
        released: group.trials.iter().any(|t| accuracy::released(&t.run)),
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
            Verdict::Better => format!(
                "{same} training adds {points} points, more than the 95% interval of the difference{interval}, so training helped."
            ),
            Verdict::Worse => format!(
                "{same} training cost {points} points, more than the 95% interval of the difference{interval}, so training hurt."
            ),
            Verdict::WithinInterval => format!(
                "{same} the difference of {points} points lies within its 95% interval{interval}, so this run does not show that training helped."
            ),
            Verdict::NoInterval => format!(
                "{same} a difference of {points} points, without an interval to judge it by."
            ),
        }
    }

    fn against_pixels(&self, pixels: Estimate) -> String {
        let beats = |e: Estimate| matches!(gain(e, pixels).verdict(), Verdict::Better);
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

/// The report's main paragraph: the best arm's finding for each data set.
pub fn summary(experiment: &Experiment, findings: &[Finding]) -> String {
    let mut said: Vec<&str> = Vec::new();
    let mut text: Vec<String> = Vec::new();
    for finding in findings {
        if !said.contains(&finding.data.as_str()) {
            said.push(&finding.data);
            let arms = findings.iter().filter(|f| f.data == finding.data).count();
            if arms > 1 {
                text.push(format!("Of {arms} arms, the best by test accuracy:"));
            }
            text.push(finding.sentences());
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

#[cfg(test)]
mod tests {
    use super::*;

    fn of(mean: f64, interval: f64) -> Estimate {
        Estimate::normal(mean, Some(interval))
    }

    #[test]
    fn a_gain_is_judged_by_both_intervals() {
        assert_eq!(
            gain(of(0.48, 0.003), of(0.42, 0.004)).verdict(),
            Verdict::Better
        );
        assert_eq!(
            gain(of(0.425, 0.004), of(0.42, 0.004)).verdict(),
            Verdict::WithinInterval
        );
        assert_eq!(
            gain(of(0.40, 0.004), of(0.42, 0.004)).verdict(),
            Verdict::Worse
        );
        let alone = Estimate::normal(0.5, None);
        assert_eq!(gain(alone, alone).verdict(), Verdict::NoInterval);
    }

    #[test]
    fn a_difference_as_large_as_its_interval_lies_within_it() {
        let (high, low) = (of(0.5, 0.25), Estimate::normal(0.25, None));
        assert_eq!(gain(high, low).verdict(), Verdict::WithinInterval);
        assert_eq!(gain(low, high).verdict(), Verdict::WithinInterval);
    }

    /// Three trials an arm, one standard error of a point in each: Welch's four degrees of freedom.
    #[test]
    fn few_trials_widen_the_interval_of_a_difference() {
        let arm = |mean| Estimate {
            mean,
            interval: Some(4.303 * 0.01),
            freedom: 2.0,
        };
        let found = gain(arm(0.5), arm(0.4));
        assert!((found.difference - 0.1).abs() < 1e-12);
        let expected = 2.776 * 0.01 * 2f64.sqrt();
        assert!(
            (found.interval.unwrap() - expected).abs() < 1e-9,
            "{found:?}"
        );
        // Normal intervals add in quadrature; two of no width leave none.
        let found = gain(of(0.5, 0.03), of(0.4, 0.04));
        assert!((found.interval.unwrap() - 0.05).abs() < 1e-12);
        assert_eq!(gain(of(0.5, 0.0), of(0.4, 0.0)).interval, Some(0.0));
    }
}
