//! The table of how much the losses oscillate in each arm of a sweep: section 4's choice of Adam's constants, measured.

use std::collections::BTreeSet;

use polars::error::PolarsResult;

use super::marks::or_absent;
use super::table::{Columns, Table, failed};
use crate::report::ReportError;
use crate::report::collect::{Experiment, Trial};
use crate::report::oscillation::{Oscillation, oscillation};
use crate::report::published::Published;
use crate::report::versions::{Version, Versions};
use crate::report::words;
use crate::track::format::Status;
use crate::track::protocol;

const ID: &str = "stability";

/// One table where the sweep has two or more arms with enough of a history; a row is an arm as one version of the
/// program trained it, the mean over its seeds.
///
/// # Errors
/// [`ReportError::Table`].
pub fn tables(experiment: &Experiment, _: &Published) -> Result<Vec<Table>, ReportError> {
    let arms = arms(experiment);
    let names: BTreeSet<&str> = arms.iter().map(|a| a.name.as_str()).collect();
    if names.len() < 2 {
        return Ok(Vec::new());
    }
    Ok(vec![table(&arms).map_err(failed(ID))?])
}

/// The trials of one arm that can be measured.
struct Arm<'a> {
    name: String,
    version: Version,
    trials: Vec<(&'a Trial, Oscillation)>,
}

impl Arm<'_> {
    fn mean(&self, of: impl Fn(&Oscillation) -> f64) -> f64 {
        self.trials.iter().map(|(_, o)| of(o)).sum::<f64>() / self.trials.len() as f64
    }

    fn opposition(&self) -> Option<f64> {
        let found = self.trials.iter().filter_map(|(_, o)| o.opposition);
        let found: Vec<f64> = found.collect();
        (!found.is_empty()).then(|| found.iter().sum::<f64>() / found.len() as f64)
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
        let (name, version) = (trial.arm(), Version::of(trial, protocol::OSCILLATION));
        let same = |a: &&mut Arm| a.name == name && a.version == version;
        match arms.iter_mut().find(same) {
            Some(arm) => arm.trials.push((trial, found)),
            None => arms.push(Arm {
                name,
                version,
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
    let versions = Versions::of(arms.iter().map(|a| Some(a.version)));
    let name = |a: &Arm| words::short_label(&a.name);
    let mut data = Columns::of(arms)
        .with("arm", name)
        .with("training_version", |a| a.version.training)
        .with("protocol_version", |a| a.version.protocol)
        .with("trials", |a| a.trials.len() as u64)
        .with("failed", |a| a.failed() as u64);
    let mut shown = Columns::of(arms)
        .with("Arm", |a| name(a) + &versions.sign(Some(a.version)))
        .with("Trials", |a| a.trials.len().to_string())
        .with("Failed", |a| a.failed().to_string());
    for (column, heading, of) in NUMBERS {
        data = data.with(column, |a| a.mean(of));
        shown = shown.with(heading, |a| format!("{:.3}", a.mean(of)));
    }
    let correlation = |a: &Arm| or_absent(a.opposition().map(|o| format!("{o:.2}")));
    let remark = "Swings: standard deviation of the loss about its trend, on a logarithmic scale (0.3 is a factor of 1.35). \
                  Changes: mean change from one line of metrics to the next, over the median loss. Correlation: of D's swings \
                  with G's. The first tenth of the training is left out; means over the trials of an arm.";
    Ok(Table {
        id: ID.to_string(),
        title: "Steadiness of training, arm by arm".to_string(),
        data: data.with("correlation", Arm::opposition).frame()?,
        shown: shown.with("Correlation", correlation).frame()?,
        left: vec!["Arm"],
        notes: Vec::new(),
        rules: Vec::new(),
        remarks: std::iter::once(remark.to_string())
            .chain(versions.remark())
            .collect(),
    })
}
