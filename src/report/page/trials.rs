//! Every trial with its state, and the scale of ours beside the paper's.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::material::Material;
use crate::report::ReportError;
use crate::report::collect::Trial;
use crate::report::describe::released;
use crate::report::tables::{ABSENT, or_absent};
use crate::report::words;
use crate::track::format::Status;

/// Every trial with its state, whatever became of it.
pub fn trials(m: &Material) -> Result<Option<Markup>, ReportError> {
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
    let epochs = or_absent(trial.history.last().map(|p| words::trimmed(p.epoch)));
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
    or_absent(found.map(|v| format!("{v:.3}")))
}

/// Ours and the paper's scale side by side.
pub fn scale(m: &Material) -> Result<Option<Markup>, ReportError> {
    let mut ours: Vec<Vec<String>> = Vec::new();
    for trial in &m.experiment.trials {
        let (run, s) = (&trial.run, &trial.run.scale);
        let row = vec![
            run.profile.clone().unwrap_or("as written".to_string()),
            s.net.clone(),
            s.width.to_string(),
            format!("{} px", s.size),
            s.trained_on.clone(),
            match s.images {
                0 => ABSENT.to_string(),
                n => words::thousands(n as u64),
            },
            match released(run) {
                true => ABSENT.to_string(),
                false => words::trimmed(s.epochs),
            },
            words::thousands(s.discriminator_parameters),
            words::thousands(s.generator_parameters),
        ];
        if !ours.contains(&row) {
            ours.push(row);
        }
    }
    let about: BTreeSet<&String> = m
        .experiment
        .trials
        .iter()
        .filter_map(|t| t.run.reproduces.as_ref())
        .collect();
    let paper: Vec<(&String, &str)> = about
        .into_iter()
        .filter_map(|id| {
            let row = m.published.get(id)?.dcgan().next()?;
            Some((id, row.scale.as_deref()?))
        })
        .collect();
    let heads = [
        "Profile",
        "Net",
        "Width",
        "Image side",
        "Trained on",
        "Images",
        "Epochs",
        "D parameters",
        "G parameters",
    ];
    Ok(Some(html! {
        p {
            "A number of ours stands for its own scale and no other. "
            @for (id, scale) in &paper { "The paper's DCGAN in " (id.replace('-', " ")) ": " (scale) ". " }
        }
        div class="wide" {
            table {
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody { @for row in &ours { tr class="ours" { @for cell in row { td { (cell) } } } } }
            }
        }
    }))
}
