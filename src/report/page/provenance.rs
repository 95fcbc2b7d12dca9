//! What made the results, how to make them again, and the files beside the page.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::material::Material;
use crate::report::ReportError;
use crate::report::collect::Trial;
use crate::report::export::all::FORMATS;
use crate::report::tables::or_absent;
use crate::report::words;

/// On what, with what and from what the results were made; where trials differ, every value is listed.
pub fn provenance(m: &Material) -> Result<Option<Markup>, ReportError> {
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
            dt { "Training version" } dd { (distinct(trials, |t| Some(t.run.training.to_string()))) }
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
        or_absent(stage.map(|s| words::duration(s.seconds)))
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
                            td { (or_absent(trial.run.peak_memory.map(words::bytes))) }
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

/// The commands that make all of this again, and the resolved spec of each trial.
pub fn rerun(m: &Material) -> Result<Option<Markup>, ReportError> {
    let trials = &m.experiment.trials;
    let commands: BTreeSet<&str> = trials.iter().map(|t| t.run.command.as_str()).collect();
    let name = &m.experiment.name;
    Ok(Some(html! {
        p { "The same command again skips what is done and goes on where a trial was stopped." }
        pre {
            @for command in commands { (command) "\n" }
            "dcgan report results/" (name) "\n"
            "dcgan check results/" (name)
        }
        @for trial in trials {
            @if let Some(spec) = &trial.spec {
                details {
                    summary { "Spec of " (trial.name()) ", resolved" }
                    pre { (spec) }
                }
            }
        }
    }))
}

/// Links to the files that lie beside the page.
pub fn downloads(m: &Material) -> Result<Option<Markup>, ReportError> {
    Ok(Some(html! {
        ul {
            @for table in &m.tables {
                li {
                    (table.id) ": "
                    @for format in FORMATS { a href={ (table.id) "." (format.extension) } { (format.name) } " " }
                }
            }
            @for chart in &m.charts {
                li {
                    (chart.title) ": "
                    a href={ (chart.id) ".svg" } { "SVG" } " "
                    a href={ (chart.id) ".png" } { "PNG" }
                }
            }
        }
    }))
}
