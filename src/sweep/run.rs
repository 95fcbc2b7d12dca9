use super::trial::{self, Context, Ended};
use super::{SweepError, trial_id};
use crate::data::Card;
use crate::spec::{Experiment, TrialSpec};

/// How each trial of a sweep ended, in order: label, folder name, end.
#[derive(Debug, Clone)]
pub struct Report {
    pub trials: Vec<(String, String, Ended)>,
}

/// Run every trial of an experiment, one after the other.
///
/// A trial that diverges is marked failed and the next one starts; after a stop by the user no further trial
/// starts.
///
/// # Errors
/// [`SweepError`] for what would stop every trial: bad input, data that cannot be had, a disk that is full.
pub fn run(experiment: &Experiment, context: &Context) -> Result<Report, SweepError> {
    let trials = experiment.trials()?;
    let mut report = Report { trials: Vec::new() };
    let many = trials.len();
    for (i, TrialSpec { label, spec }) in trials.iter().enumerate() {
        let card = Card::find(&spec.data.train, context.cards)?;
        let id = trial_id(spec, &card.fingerprint(), &context.device_name)?;
        if many > 1 {
            context
                .progress
                .note(&format!("trial {} of {many}: {label} ({id})", i + 1));
        }
        let ended = trial::run(spec, label, &id, context)?;
        let stopped = matches!(ended, Ended::Stopped);
        report.trials.push((label.clone(), id, ended));
        if stopped {
            break;
        }
    }
    Ok(report)
}
