//! Tables 1 and 2: D's features against others by the same protocol.

use super::contrast::{self, Probed};
use super::evidence::{self, Asked};
use super::outcome::{Number, Outcome};
use crate::report::ReportError;
use crate::report::gain::{GainVerdict, gain};
use crate::report::groups::{self, Estimate, Group};
use crate::report::published::data_name;
use crate::report::words;
use crate::track::format::{Features, Labels};

/// Labels of a class in table 2: 1000 in all.
const LABELS: Labels = Labels::PerClass(100);

/// The trained net against k-means by the same protocol.
pub fn k_means(asked: &Asked) -> Result<Vec<Outcome>, ReportError> {
    Ok(against(asked, &[Features::KMeans], "k-means features"))
}

/// The trained net against the same net before its first step.
pub fn untrained(asked: &Asked) -> Result<Vec<Outcome>, ReportError> {
    Ok(against(
        asked,
        &[Features::Untrained],
        "the untrained net's",
    ))
}

/// One outcome for each group of trials and data set that has both.
fn against(asked: &Asked, controls: &[Features], whose: &str) -> Vec<Outcome> {
    let mut found = Vec::new();
    for (experiment, trials) in asked.evidence.experiments() {
        for group in groups::among(trials.into_iter().filter(|t| evidence::is_over(t))) {
            for data in group.data() {
                let pairs = controls.iter().filter_map(|control| {
                    Probed::of((&group, Features::Trained), (&group, *control), Some(data))
                });
                // The best of the controls is the one to beat.
                let best = pairs.max_by(|a, b| a.second.mean.total_cmp(&b.second.mean));
                found.extend(best.map(|probed| Outcome {
                    experiment: experiment.name.clone(),
                    ..outcome(&group, &probed, whose, asked)
                }));
            }
        }
    }
    found
}

fn outcome(group: &Group, probed: &Probed, whose: &str, asked: &Asked) -> Outcome {
    Outcome {
        held: probed.better(),
        sentence: format!(
            "On {} the accuracy on D's features is {}.",
            probed.protocol(asked.published),
            contrast::difference(
                probed.gain,
                &format!("on {whose}"),
                " points",
                words::points
            ),
        ),
        numbers: vec![
            Number::percent("D's features", probed.first),
            Number::percent(whose, probed.second),
        ],
        seeds: evidence::seeds(&group.trials),
        scale: group
            .trials
            .first()
            .map_or(String::new(), |t| evidence::scale(t)),
        training: group.training,
        protocol: Some(probed.version),
        experiment: String::new(),
    }
}

/// D's features against the supervised net of the same architecture and as many labels, both on the test images. That net
/// trains on one draw of labels: its interval is no narrower than the spread of the other's draws. Other data than the
/// paper's stands in for it until that has been run.
pub fn supervised(asked: &Asked) -> Result<Vec<Outcome>, ReportError> {
    let mut found = Vec::new();
    let paper = asked.published.get("table-2").map(|t| t.data.as_str());
    for (experiment, trial) in asked.evidence.trials() {
        let Some(cnn) = trial
            .supervised
            .as_ref()
            .filter(|cnn| evidence::is_over(trial) && cnn.labels == LABELS)
        else {
            continue;
        };
        let own = Some(cnn.data.as_str()) == paper;
        let stands_in = match own {
            true => "",
            false => " It stands in for SVHN, on which the paper says this.",
        };
        let probe = groups::newest(trial, Features::Trained, &cnn.data, cnn.labels);
        let Some(probe) = probe else {
            continue;
        };
        let ours = Estimate::normal(probe.accuracy, probe.interval);
        let sampling = groups::share_interval(cnn.accuracy, cnn.test_rows);
        let theirs = sampling.into_iter().chain(probe.spread).reduce(f64::max);
        let theirs = Estimate::normal(cnn.accuracy, theirs);
        let over = gain(ours, theirs);
        found.push((own, Outcome {
            held: over.verdict() == GainVerdict::Better,
            sentence: format!(
                "On {} with {} labels per class the test accuracy on D's features is {}. The supervised net is the best on validation of {} by random search.{stands_in}",
                data_name(asked.published, &cnn.data),
                cnn.labels,
                contrast::difference(over, "that of a supervised CNN of the same architecture", " points", words::points),
                words::count(cnn.trials.len() as f64, "trial"),
            ),
            numbers: vec![
                Number::percent("D's features", ours),
                Number::percent("supervised CNN", theirs),
                Number::percent(
                    "supervised CNN on validation",
                    Estimate::normal(cnn.validation, None),
                ),
            ],
            seeds: vec![trial.run.seed],
            scale: evidence::scale(trial),
            training: trial.run.training,
            protocol: Some(cnn.protocol.max(probe.protocol)),
            experiment: experiment.name.clone(),
        }));
    }
    let any_own = found.iter().any(|(own, _)| *own);
    found.retain(|(own, _)| *own || !any_own);
    Ok(found.into_iter().map(|(_, outcome)| outcome).collect())
}
