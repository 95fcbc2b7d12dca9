use maud::{Markup, html};

use super::material::Material;
use crate::report::ReportError;
use crate::report::collect::Trial;
use crate::report::words;
use crate::track::format::Status;

/// Every trial with its state, whatever became of it.
pub fn body(m: &Material) -> Result<Option<Markup>, ReportError> {
    Ok(Some(html! {
        div class="wide" {
            table {
                thead {
                    tr {
                        th class="left" scope="col" { "Trial" }
                        th class="left" scope="col" { "Status" }
                        th scope="col" { "Seed" }
                        th scope="col" { "Epochs done" }
                        th scope="col" { "D loss" }
                        th scope="col" { "G loss" }
                        th scope="col" { "Time" }
                        th class="left" scope="col" { "Folder" }
                    }
                }
                tbody { @for trial in &m.experiment.trials { (row(trial)) } }
            }
        }
    }))
}

fn row(trial: &Trial) -> Markup {
    let run = &trial.run;
    let seconds: f64 = run.stages.iter().map(|s| s.seconds).sum();
    let epochs = trial
        .history
        .last()
        .map_or("–".to_string(), |p| words::trimmed(p.epoch));
    let failed = run.status == Status::Failed;
    html! {
        tr {
            td class="left" { (trial.name()) }
            td class=(if failed || run.error.is_some() { "left long" } else { "left" }) {
                span class=[failed.then_some("failed")] { (words::status(run.status)) }
                @if let Some(error) = &run.error { ": " (error) }
            }
            td { (run.seed) }
            td { (epochs) }
            td { (last(trial, "loss.d")) }
            td { (last(trial, "loss.g")) }
            td { (words::duration(seconds)) }
            td class="left" { code { (run.trial) } }
        }
    }
}

/// The last logged value.
fn last(trial: &Trial, value: &str) -> String {
    let found = trial.history.iter().rev().find_map(|p| p.values.get(value));
    found.map_or("–".to_string(), |v| format!("{v:.3}"))
}
