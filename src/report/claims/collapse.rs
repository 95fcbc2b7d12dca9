//! Section 7: filters that collapse to a single oscillating mode in longer training.

use super::all::Asked;
use super::evidence;
use super::outcome::{Number, Outcome};
use crate::report::ReportError;
use crate::report::collect::Trial;
use crate::report::words;
use crate::track::filters::{Collapse, LayerLook, Look, read};

/// The paper trained its faces for so many epochs: a shorter training without a collapse says nothing of longer ones.
const LONG: f64 = 25.0;

/// Filters that have collapsed to a mode; one that does not answer at all oscillates in none.
fn in_a_mode(look: &Look) -> usize {
    let of = |l: &LayerLook| {
        let silent = |i: &usize| l.collapsed.contains(&(*i, Collapse::Silent));
        l.lasting.iter().filter(|i| !silent(i)).count()
    };
    look.layers.iter().map(of).sum()
}

fn filters(look: &Look) -> usize {
    look.layers.iter().map(LayerLook::filters).sum()
}

/// One outcome for each experiment with a monitored training that collapsed or was long.
pub fn outcomes(asked: &Asked) -> Result<Vec<Outcome>, ReportError> {
    let mut found = Vec::new();
    for (experiment, trials) in asked.evidence.experiments() {
        let mut watched: Vec<(&Trial, Option<Look>)> = Vec::new();
        for trial in trials.into_iter().filter(|t| evidence::is_over(t)) {
            let looks = read(&trial.folder)?;
            let long = looks.last().is_some_and(|l| l.epoch >= LONG);
            let worst = looks.into_iter().max_by_key(in_a_mode);
            let worst = worst.filter(|l| in_a_mode(l) > 0);
            if long || worst.is_some() {
                watched.push((trial, worst));
            }
        }
        let collapsed = watched.iter().filter(|(_, worst)| worst.is_some()).count();
        let Some((first, _)) = watched.first() else {
            continue;
        };
        let most = watched
            .iter()
            .filter_map(|(_, w)| w.as_ref())
            .max_by_key(|l| in_a_mode(l));
        let sentence = match most {
            Some(look) => format!(
                "In {collapsed} of {} trainings some filters collapsed to a single mode and stayed so; most at epoch {}: {} of {} filters.",
                watched.len(),
                words::trimmed(look.epoch),
                in_a_mode(look),
                filters(look),
            ),
            None => format!(
                "In none of {} did a filter collapse to a single mode and stay so.",
                words::count(watched.len() as f64, "training")
            ),
        };
        let trials: Vec<&Trial> = watched.iter().map(|w| w.0).collect();
        found.push(Outcome {
            held: collapsed > 0,
            sentence,
            numbers: vec![
                Number::count("trainings that collapsed", collapsed),
                Number::count("trainings watched", watched.len()),
                Number::count("filters collapsed at most", most.map_or(0, in_a_mode)),
            ],
            seeds: evidence::seeds(&trials),
            scale: evidence::scale(first),
            experiment: experiment.name.clone(),
        });
    }
    Ok(found)
}
