//! Section 7: filters that collapse to a single oscillating mode in longer training.

use serde::Deserialize;

use super::all::Asked;
use super::evidence;
use super::outcome::{Number, Outcome};
use crate::report::ReportError;
use crate::report::collect::Trial;
use crate::report::words;
use crate::track::run::RunError;

const FILE: &str = "filters.jsonl";
/// The paper trained its faces for so many epochs: a shorter training without a collapse says nothing of longer ones.
const LONG: f64 = 25.0;
/// A filter that does not answer at all oscillates in no mode.
const SILENT: &str = "silent";

/// What is read of a line of `filters.jsonl`.
#[derive(Deserialize)]
struct Look {
    epoch: f64,
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
struct Layer {
    mean: Vec<f32>,
    #[serde(default)]
    collapsed: Vec<(usize, String)>,
    #[serde(default)]
    lasting: Vec<usize>,
}

impl Look {
    fn collapsed(&self) -> usize {
        let of = |l: &Layer| {
            let silent = |i: &usize| l.collapsed.iter().any(|(f, how)| f == i && how == SILENT);
            l.lasting.iter().filter(|i| !silent(i)).count()
        };
        self.layers.iter().map(of).sum()
    }

    fn filters(&self) -> usize {
        self.layers.iter().map(|l| l.mean.len()).sum()
    }
}

/// One outcome for each experiment with a monitored training that collapsed or was long.
pub fn outcomes(asked: &Asked) -> Result<Vec<Outcome>, ReportError> {
    let mut found = Vec::new();
    for (experiment, trials) in asked.evidence.experiments() {
        let mut watched: Vec<(&Trial, Option<Look>)> = Vec::new();
        for trial in trials.into_iter().filter(|t| evidence::is_over(t)) {
            let looks = looks(trial)?;
            let long = looks.last().is_some_and(|l| l.epoch >= LONG);
            let worst = looks.into_iter().max_by_key(Look::collapsed);
            let worst = worst.filter(|l| l.collapsed() > 0);
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
            .max_by_key(|l| l.collapsed());
        let sentence = match most {
            Some(look) => format!(
                "In {collapsed} of {} trainings some filters collapsed to a single mode and stayed so; most at epoch {}: {} of {} filters.",
                watched.len(),
                words::trimmed(look.epoch),
                look.collapsed(),
                look.filters(),
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
                Number::count("filters collapsed at most", most.map_or(0, Look::collapsed)),
            ],
            seeds: evidence::seeds(&trials),
            scale: evidence::scale(first),
            experiment: experiment.name.clone(),
        });
    }
    Ok(found)
}

/// The looks of a trial's monitor; a last line that was cut off is left out.
fn looks(trial: &Trial) -> Result<Vec<Look>, ReportError> {
    let path = trial.folder.join(FILE);
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(&path).map_err(|source| ReportError::Read {
        path: path.clone(),
        source,
    })?;
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let parsed = whole.lines().enumerate().map(|(i, line)| {
        serde_json::from_str(line).map_err(|e| {
            ReportError::from(RunError::Corrupt {
                path: path.clone(),
                line: i + 1,
                message: e.to_string(),
            })
        })
    });
    parsed.collect()
}
