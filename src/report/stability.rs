//! How steadily each arm of a sweep trained: section 4's choice of Adam's constants, measured.

use polars::error::PolarsResult;
use polars::prelude::{Column, DataFrame};

use super::ReportError;
use super::collect::{Experiment, Trial};
use super::oscillation::{Oscillation, oscillation};
use super::published::Published;
use super::table::{Table, text_frame};
use super::words;
use crate::track::format::Status;

const ID: &str = "stability";

/// One table where the sweep has two or more arms with enough of a history; a row is an arm, the mean over its seeds.
///
/// # Errors
/// [`ReportError::Table`].
pub fn tables(experiment: &Experiment, _: &Published) -> Result<Vec<Table>, ReportError> {
    let arms = arms(experiment);
    if arms.len() < 2 {
        return Ok(Vec::new());
    }
    let table = table(&arms).map_err(|source| ReportError::Table {
        table: ID.to_string(),
        source,
    })?;
    Ok(vec![table])
}

/// The trials of one arm that can be measured.
struct Arm<'a> {
    name: String,
    trials: Vec<(&'a Trial, Oscillation)>,
}

impl Arm<'_> {
    fn mean(&self, of: impl Fn(&Oscillation) -> f64) -> f64 {
        self.trials.iter().map(|(_, o)| of(o)).sum::<f64>() / self.trials.len() as f64
    }

    fn failed(&self) -> usize {
        let failed = |t: &&(&Trial, Oscillation)| t.0.run.status == Status::Failed;
        self.trials.iter().filter(failed).count()
    }
}

fn arms(experiment: &Experiment) -> Vec<Arm<'_>> {
    let mut arms: Vec<Arm> = Vec::new();
    for trial in &experiment.trials {
        let Some(found) = oscillation(&trial.history) else {
            continue;
        };
        let name = trial.arm();
        match arms.iter_mut().find(|a| a.name == name) {
            Some(arm) => arm.trials.push((trial, found)),
            None => arms.push(Arm {
                name,
                trials: vec![(trial, found)],
            }),
        }
    }
    arms
}

/// A number of the table: its column for programs, its heading for people.
type Number = (&'static str, &'static str, fn(&Oscillation) -> f64);

const NUMBERS: [Number; 4] = [
    ("swing_loss_d", "D loss swings", |o| o.loss_d),
    ("swing_loss_g", "G loss swings", |o| o.loss_g),
    ("change_loss_d", "D loss changes", |o| o.change_d),
    ("change_loss_g", "G loss changes", |o| o.change_g),
];

fn table(arms: &[Arm]) -> PolarsResult<Table> {
    let names: Vec<String> = arms.iter().map(|a| words::short_label(&a.name)).collect();
    let seeds: Vec<u64> = arms.iter().map(|a| a.trials.len() as u64).collect();
    let failed: Vec<u64> = arms.iter().map(|a| a.failed() as u64).collect();
    let opposition: Vec<Option<f64>> = arms
        .iter()
        .map(|arm| {
            let found: Vec<f64> = arm
                .trials
                .iter()
                .filter_map(|(_, o)| o.opposition)
                .collect();
            (!found.is_empty()).then(|| found.iter().sum::<f64>() / found.len() as f64)
        })
        .collect();
    let mut data = vec![
        Column::new("arm".into(), &names),
        Column::new("trials".into(), &seeds),
        Column::new("failed".into(), &failed),
    ];
    let text = |values: &[u64]| values.iter().map(u64::to_string).collect::<Vec<_>>();
    let mut shown = vec![
        ("Arm".to_string(), names.clone()),
        ("Trials".to_string(), text(&seeds)),
        ("Failed".to_string(), text(&failed)),
    ];
    for (name, heading, of) in NUMBERS {
        let values: Vec<f64> = arms.iter().map(|a| a.mean(of)).collect();
        let texts = values.iter().map(|v| format!("{v:.3}")).collect();
        shown.push((heading.to_string(), texts));
        data.push(Column::new(name.into(), values));
    }
    let texts = opposition
        .iter()
        .map(|o| o.map_or("–".to_string(), |o| format!("{o:.2}")));
    shown.push(("Correlation".to_string(), texts.collect()));
    data.push(Column::new("correlation".into(), opposition));
    Ok(Table {
        id: ID.to_string(),
        title: "Steadiness of training, arm by arm".to_string(),
        data: DataFrame::new_infer_height(data)?,
        shown: text_frame(shown)?,
        left: vec!["Arm"],
        notes: Vec::new(),
        rules: Vec::new(),
        remarks: vec![
            "Swings: standard deviation of the loss about its trend, on a logarithmic scale (0.3 is a factor of 1.35). \
             Changes: mean change from one line of metrics to the next, over the median loss. Correlation: of D's swings \
             with G's. The first tenth of the training is left out; means over the trials of an arm."
                .to_string(),
        ],
    })
}
