use std::collections::BTreeSet;

use maud::{Markup, html};

use super::material::Material;
use crate::report::ReportError;
use crate::report::collect::Trial;
use crate::report::words;

/// On what, with what and from what the results were made; where trials differ, every value is listed.
pub fn body(m: &Material) -> Result<Option<Markup>, ReportError> {
    let trials = &m.experiment.trials;
    let versions: BTreeSet<(&String, &String)> =
        trials.iter().flat_map(|t| &t.run.versions).collect();
    let mut data: Vec<[String; 4]> = Vec::new();
    for d in trials.iter().flat_map(|t| &t.run.data) {
        let row = [
            d.name.clone(),
            d.split.clone(),
            words::thousands(d.images as u64),
            d.fingerprint.clone(),
        ];
        if !data.contains(&row) {
            data.push(row);
        }
    }
    Ok(Some(html! {
        dl {
            dt { "Device" } dd { (distinct(trials, |t| Some(t.run.device.clone()))) }
            dt { "Profile" } dd { (distinct(trials, |t| t.run.profile.clone())) }
            dt { "Commit" } dd { (distinct(trials, |t| t.run.commit.clone())) }
            dt { "Seeds" } dd { (distinct(trials, |t| Some(t.run.seed.to_string()))) }
            dt { "Started" } dd { (distinct(trials, |t| Some(t.run.started.clone()))) }
            @for (name, version) in &versions { dt { (name) } dd { (version) } }
        }
        @if !data.is_empty() {
            h3 { "Data" }
            div class="wide" {
                table {
                    thead {
                        tr {
                            th class="left" scope="col" { "Set" }
                            th class="left" scope="col" { "Split" }
                            th scope="col" { "Images" }
                            th class="left" scope="col" { "Fingerprint (SHA-256)" }
                        }
                    }
                    tbody {
                        @for [name, split, images, fingerprint] in &data {
                            tr {
                                td class="left" { (name) }
                                td class="left" { (split) }
                                td { (images) }
                                td class="left hash" { (fingerprint) }
                            }
                        }
                    }
                }
            }
        }
        h3 { "Time and memory" }
        (times(trials))
    }))
}

fn times(trials: &[Trial]) -> Markup {
    let mut stages: Vec<&str> = Vec::new();
    for stage in trials.iter().flat_map(|t| &t.run.stages) {
        if !stages.contains(&stage.name.as_str()) {
            stages.push(&stage.name);
        }
    }
    let spent = |trial: &Trial, name: &str| {
        let stage = trial.run.stages.iter().find(|s| s.name == name);
        stage.map_or("–".to_string(), |s| words::duration(s.seconds))
    };
    html! {
        div class="wide" {
            table {
                thead {
                    tr {
                        th class="left" scope="col" { "Trial" }
                        @for stage in &stages { th scope="col" { (stage) } }
                        th scope="col" { "Together" }
                        th scope="col" { "Peak memory" }
                    }
                }
                tbody {
                    @for trial in trials {
                        tr {
                            td class="left" { (trial.name()) }
                            @for stage in &stages { td { (spent(trial, stage)) } }
                            td { (words::duration(trial.run.stages.iter().map(|s| s.seconds).sum())) }
                            td { (trial.run.peak_memory.map_or("–".to_string(), words::bytes)) }
                        }
                    }
                }
            }
        }
    }
}

fn distinct(trials: &[Trial], of: impl Fn(&Trial) -> Option<String>) -> String {
    let values: BTreeSet<String> = trials.iter().filter_map(of).collect();
    match values.is_empty() {
        true => "not recorded".to_string(),
        false => values.into_iter().collect::<Vec<_>>().join(", "),
    }
}
