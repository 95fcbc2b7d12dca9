//! Figure 5 as a number: how much a filter's strongest images tell of the class, for trained and for random filters.

use super::contrast::difference;
use super::evidence::{self, Asked};
use super::outcome::{Number, Outcome};
use crate::report::ReportError;
use crate::report::gain::{GainVerdict, gain};
use crate::report::groups::mean_of;
use crate::report::published::data_name;
use crate::report::words;
use crate::track::selectivity::SelectivityRecord;

/// Held where trained units tell more of the class than random ones, by more than the interval over units. Random
/// units that tell more than chance are said so: to the paper these show nothing.
pub fn outcomes(asked: &Asked) -> Result<Vec<Outcome>, ReportError> {
    let mut found = Vec::new();
    let records = asked.evidence.records("selectivity.json")?;
    for (experiment, trial, record) in records {
        let record: SelectivityRecord = record;
        if !evidence::is_over(trial) || !evidence::follows_the_paper(trial)? {
            continue;
        }
        for set in &record.sets {
            let (Some(trained), Some(random), Some(chance)) = (
                mean_of(&set.trained),
                mean_of(&set.untrained),
                mean_of(&set.chance),
            ) else {
                continue;
            };
            let over = gain(trained, random);
            let not_alone = match gain(random, chance).verdict() {
                GainVerdict::Better => format!(
                    " Random filters tell something too: chance alone gives {:.3}.",
                    chance.mean
                ),
                _ => " Random filters tell no more than chance.".to_string(),
            };
            // Of several arms each has its own outcome.
            let arm = match words::short_label(&trial.arm()) {
                arm if arm.is_empty() => arm,
                arm => format!(" ({arm})"),
            };
            found.push(Outcome {
                held: over.verdict() == GainVerdict::Better,
                sentence: format!(
                    "The bits that a unit's {} strongest of {} images of {} tell of their class, the mean over the {} units of D's last convolution{arm}, are {}.{not_alone}",
                    set.strongest,
                    words::thousands(set.images as u64),
                    data_name(asked.published, &set.data),
                    set.trained.len(),
                    difference(over, "for random filters", "", |x| format!("{x:.3}")),
                ),
                numbers: vec![
                    Number::plain("bits, trained", trained),
                    Number::plain("bits, random", random),
                    Number::plain("bits, chance", chance),
                ],
                seeds: vec![trial.run.seed],
                scale: evidence::scale(trial),
                training: trial.run.training,
                protocol: Some(record.protocol),
                experiment: experiment.name.clone(),
            });
        }
    }
    Ok(found)
}
