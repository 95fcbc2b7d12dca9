use std::collections::BTreeSet;

use maud::{Markup, html};

use super::material::Material;
use crate::report::ReportError;

/// The commands that make all of this again, and the resolved spec of each trial.
pub fn body(m: &Material) -> Result<Option<Markup>, ReportError> {
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
