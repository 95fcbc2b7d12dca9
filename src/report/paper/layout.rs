//! The whole page: the claims, the paper part by part, the experiments behind it.

use maud::{Markup, html};

use super::item;
use super::show::Shown;
use crate::report::ReportError;
use crate::report::claims::{self, Decided};
use crate::report::collect::Experiment;
use crate::report::page::{self, results};
use crate::report::words;

/// The whole page: the claims, then the paper part by part, then the experiments behind it.
///
/// # Errors
/// Those of the parts.
pub fn layout(
    experiments: &[Experiment],
    decided: &[Decided],
    shown: &[Shown],
) -> Result<String, ReportError> {
    let all: Vec<&Decided> = decided.iter().collect();
    let mut parts: Vec<(&str, &str, Markup)> = vec![(
        "claims",
        "The paper's statements, held to our numbers",
        html! {
            p class="finding" {
                "Of " (decided.len()) " checkable statements: " (claims::count(decided)) ". "
                "A statement did not hold where the difference is not beyond its 95% interval or is the other way; a verdict stands for the scale that it names and no other."
            }
            (results::claim_cards(&all, true))
        },
    )];
    for s in shown {
        parts.push((&s.item.id, &s.item.title, item::body(s)?));
    }
    parts.push(("experiments", "The experiments", behind(experiments)));
    let missing = shown.iter().filter(|s| s.is_empty()).count();
    let other = match shown.iter().filter(|s| s.stands_in()).count() {
        0 => String::new(),
        n => format!(", {n} on other data than the paper's,"),
    };
    let lead = format!(
        "The DCGAN paper in its order, ours beside it: {} of {} parts{other} from {}.",
        shown.len() - missing,
        shown.len(),
        words::count(experiments.len() as f64, "experiment")
    );
    Ok(page::shell("The DCGAN paper, reproduced", &lead, &parts))
}

/// Every experiment with its own report.
fn behind(experiments: &[Experiment]) -> Markup {
    html! {
        div class="wide" {
            table {
                thead {
                    tr {
                        th class="left" scope="col" { "Experiment" }
                        th scope="col" { "Trials" }
                        th class="left" scope="col" { "Device" }
                        th scope="col" { "Time" }
                        th class="left" scope="col" { "Its report" }
                    }
                }
                tbody {
                    @for experiment in experiments {
                        tr {
                            td class="left" { (experiment.name) }
                            td { (experiment.trials.len()) }
                            td class="left" { (devices(experiment)) }
                            td { (words::duration(seconds(experiment))) }
                            td class="left" { code { "dcgan report " (experiment.folder.display()) } }
                        }
                    }
                }
            }
        }
    }
}

fn devices(experiment: &Experiment) -> String {
    let devices: std::collections::BTreeSet<&str> = experiment
        .trials
        .iter()
        .map(|t| t.run.device.as_str())
        .collect();
    devices.into_iter().collect::<Vec<_>>().join(", ")
}

fn seconds(experiment: &Experiment) -> f64 {
    let stages = experiment.trials.iter().flat_map(|t| &t.run.stages);
    stages.map(|s| s.seconds).sum()
}
