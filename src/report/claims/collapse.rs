//! Section 7: filters that collapse to a single oscillating mode in longer training.

use std::collections::BTreeMap;

use super::evidence::{self, Asked};
use super::outcome::{Number, Outcome};
use crate::report::ReportError;
use crate::report::collect::Trial;
use crate::report::words;
use crate::track::filters::{Collapse, LayerLook, Look, read};

/// The paper trained its faces for so many epochs: a shorter training says nothing of longer ones.
const LONG: f64 = 25.0;

/// Filters of a layer that have collapsed to a mode; one that does not answer at all oscillates in none.
fn in_a_mode(layer: &LayerLook) -> usize {
    let silent = |i: &usize| layer.collapsed.contains(&(*i, Collapse::Silent));
    layer.lasting.iter().filter(|i| !silent(i)).count()
}

/// Filters in layers of which a subset has collapsed.
fn collapsed(look: &Look) -> usize {
    let counts = look.layers.iter().map(|layer| (layer, in_a_mode(layer)));
    let subsets = counts.filter(|(layer, count)| layer.subset(*count));
    subsets.map(|(_, count)| count).sum()
}

fn filters(look: &Look) -> usize {
    look.layers.iter().map(LayerLook::filters).sum()
}

/// A long training, whose it is, and its look with the most collapsed filters, where any has.
struct Watched<'a> {
    experiment: &'a str,
    trial: &'a Trial,
    worst: Option<Look>,
}

/// For each version of the training one outcome over all long trainings by the paper's rules and Adam, and those that
/// `train.stop_on` ended: the paper says of collapse that it happens sometimes, so one training in which it did is enough.
pub fn outcomes(asked: &Asked) -> Result<Vec<Outcome>, ReportError> {
    let mut watched: BTreeMap<u32, Vec<Watched>> = BTreeMap::new();
    for (experiment, trial) in asked.evidence.trials() {
        if !evidence::is_over(trial) || !evidence::follows_the_paper(trial)? {
            continue;
        }
        // Damage is told where results are collected.
        let looks = read(&trial.folder).unwrap_or_default();
        let stopped = looks.last().is_some_and(|l| l.stop.is_some());
        if looks.is_empty() || !(stopped || trial.run.scale.epochs >= LONG) {
            continue;
        }
        let worst = looks.into_iter().max_by_key(collapsed);
        watched
            .entry(trial.run.training)
            .or_default()
            .push(Watched {
                experiment: &experiment.name,
                trial,
                worst: worst.filter(|look| collapsed(look) > 0),
            });
    }
    Ok(watched.values().filter_map(|w| outcome(w)).collect())
}

fn outcome(watched: &[Watched]) -> Option<Outcome> {
    let first = watched.first()?.trial;
    let having: Vec<&Look> = watched.iter().filter_map(|w| w.worst.as_ref()).collect();
    let trainings = words::count(watched.len() as f64, "long training");
    let most = having.iter().max_by_key(|look| collapsed(look));
    let sentence = match most {
        Some(look) => format!(
            "In {} of {trainings} a subset of a layer's filters collapsed to a single mode and stayed so; most at epoch {}: {} of {} filters.",
            having.len(),
            words::trimmed(look.epoch),
            collapsed(look),
            filters(look),
        ),
        None => format!(
            "In none of {trainings} did a subset of a layer's filters collapse to a single mode and stay so."
        ),
    };
    let trials: Vec<&Trial> = watched.iter().map(|w| w.trial).collect();
    let mut names: Vec<String> = Vec::new();
    for one in watched {
        if !names.iter().any(|name| name == one.experiment) {
            names.push(one.experiment.to_string());
        }
    }
    Some(Outcome {
        held: !having.is_empty(),
        sentence,
        numbers: vec![
            Number::count("trainings that collapsed", having.len()),
            Number::count("trainings watched", watched.len()),
            Number::count(
                "filters collapsed at most",
                most.map_or(0, |look| collapsed(look)),
            ),
        ],
        seeds: evidence::seeds(&trials),
        scale: evidence::scale(first),
        training: first.run.training,
        protocol: None,
        experiment: words::list(&names),
    })
}
