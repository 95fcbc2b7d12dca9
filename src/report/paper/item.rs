//! A part of the paper on the page: what the paper shows there, and what is ours beside it.

use maud::{Markup, html};

use super::show::Shown;
use crate::report::ReportError;
use crate::report::claims::ClaimVerdict;
use crate::report::page::{embed, results};

/// A part of the paper: what it shows there, ours, what the numbers say of its statements.
pub fn body(shown: &Shown) -> Result<Markup, ReportError> {
    let mut figures = Vec::new();
    for picture in &shown.pictures {
        let run = &picture.trial.run;
        let about = format!(
            "{}: {}, seed {}; {}",
            picture.caption,
            run.experiment,
            run.seed,
            crate::report::claims::scale(picture.trial)
        );
        let image = match picture.drawing {
            true => embed::drawing(&picture.path, &about)?,
            false => embed::figure(&picture.path, &about, picture.widest)?,
        };
        figures.push((image, about));
    }
    let mut parts = Vec::new();
    for table in &shown.tables {
        parts.push(results::table(table)?);
    }
    let commands = commands(shown);
    Ok(html! {
        p class="paper" { b { "The paper: " } (shown.item.paper) "." }
        @if let Some(data) = shown.item.data.as_ref().filter(|_| shown.stands_in()) {
            p class="absent" { b { "Not run on " (data.name) "." } " What follows stands in for it." }
        }
        @if !figures.is_empty() {
            div class="sheets" {
                @for (image, about) in &figures {
                    figure { (image) figcaption { (about) } }
                }
            }
        }
        @for part in &parts { (part) }
        @if !shown.charts.is_empty() {
            div class="charts" {
                @for chart in &shown.charts {
                    figure class="whole" {
                        div class="wide" { (embed::chart(&chart.svg, &chart.title)) }
                        figcaption { (chart.caption) }
                    }
                }
            }
        }
        @if !shown.claims.is_empty() { (results::claim_cards(&shown.claims, false)) }
        @if !commands.is_empty() {
            p class="absent" {
                @if shown.is_empty() { b { "Not run." } " What would:" } @else { "What would run the rest:" }
            }
            pre { @for command in &commands { (command) "\n" } }
        }
    })
}

/// What makes what is missing: all of it, or what the claims that were not run need.
fn commands<'a>(shown: &'a Shown<'_>) -> Vec<&'a str> {
    let mut commands: Vec<&str> = Vec::new();
    let undecided = shown
        .claims
        .iter()
        .filter(|d| d.verdict() == ClaimVerdict::NotRun);
    let of_claims = undecided.map(|d| &d.claim.run);
    let of_item = shown.item.run.iter().filter(|_| shown.is_empty());
    let of_data = shown.item.data.iter().filter_map(|d| d.run.as_ref());
    let of_data = of_data.filter(|_| shown.stands_in());
    for command in of_item.chain(of_data).chain(of_claims) {
        if !commands.contains(&command.as_str()) {
            commands.push(command);
        }
    }
    commands
}
