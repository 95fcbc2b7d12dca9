//! Section 7: filters that collapse to a single oscillating mode in longer training.

use super::all::Asked;
use super::evidence;
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

/// One outcome over all long trainings by the paper's rules and Adam, and those that `train.stop_on` ended: the paper says
/// of collapse that it happens sometimes, so one training in which it did is enough.
pub fn outcomes(asked: &Asked) -> Result<Vec<Outcome>, ReportError> {
    let mut watched: Vec<(&Trial, Option<Look>)> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for (experiment, trial) in asked.evidence.trials() {
        if !evidence::is_over(trial) || !evidence::follows_the_paper(trial)? {
            continue;
        }
        let looks = read(&trial.folder)?;
        let stopped = looks.last().is_some_and(|l| l.stop.is_some());
        if looks.is_empty() || !(stopped || trial.run.scale.epochs >= LONG) {
            continue;
        }
        let worst = looks.into_iter().max_by_key(collapsed);
        watched.push((trial, worst.filter(|look| collapsed(look) > 0)));
        if !names.contains(&experiment.name) {
            names.push(experiment.name.clone());
        }
    }
    let Some((first, _)) = watched.first() else {
        return Ok(Vec::new());
    };
    let having = watched.iter().filter(|(_, worst)| worst.is_some()).count();
    let most = watched.iter().filter_map(|(_, w)| w.as_ref());
    let most = most.max_by_key(|look| collapsed(look));
    let sentence = match most {
        Some(look) => format!(
            "In {having} of {} a subset of a layer's filters collapsed to a single mode and stayed so; most at epoch {}: {} of {} filters.",
            words::count(watched.len() as f64, "long training"),
            words::trimmed(look.epoch),
            collapsed(look),
            filters(look),
        ),
        None => format!(
            "In none of {} did a subset of a layer's filters collapse to a single mode and stay so.",
            words::count(watched.len() as f64, "long training")
        ),
    };
    let trials: Vec<&Trial> = watched.iter().map(|w| w.0).collect();
    Ok(vec![Outcome {
        held: having > 0,
        sentence,
        numbers: vec![
            Number::count("trainings that collapsed", having),
            Number::count("trainings watched", watched.len()),
            Number::count("filters collapsed at most", most.map_or(0, collapsed)),
        ],
        seeds: evidence::seeds(&trials),
        scale: evidence::scale(first),
        experiment: words::list(&names),
    }])
}
