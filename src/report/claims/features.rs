//! Tables 1 and 2: D's features against others by the same protocol.

use super::all::Asked;
use super::contrast::{self, Probed};
use super::evidence;
use super::outcome::{Number, Outcome};
use crate::report::ReportError;
use crate::report::groups::{self, Group};
use crate::track::format::Features;

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
            "On {} the accuracy on D's features is {}, against {whose}.",
            probed.protocol(asked.published),
            contrast::difference(probed.gain, contrast::points),
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
        experiment: String::new(),
    }
}
