use maud::{Markup, html};

use super::show::Shown;
use crate::report::ReportError;
use crate::report::claims::Verdict;
use crate::report::page::{claims, embed, tables};

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
            false => embed::figure(&picture.path, &about)?,
        };
        figures.push((image, about));
    }
    let mut parts = Vec::new();
    for table in &shown.tables {
        parts.push(tables::table(table)?);
    }
    let missing = shown.is_empty() || shown.claims.iter().any(|d| d.verdict() == Verdict::NotRun);
    Ok(html! {
        p class="paper" { b { "The paper: " } (shown.item.paper) "." }
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
        @if !shown.claims.is_empty() { (claims::list(&shown.claims, false)) }
        @if missing {
            p class="absent" {
                @if shown.is_empty() { b { "Not run." } " What would:" } @else { "What would decide the rest:" }
            }
            pre { @for command in &shown.item.run { (command) "\n" } }
        }
    })
}
