use maud::{Markup, html};

use super::embed;
use super::material::Material;
use crate::report::ReportError;
use crate::report::collect::Trial;
use crate::track::figures::FigureRecord;
use crate::track::run::read_json;

/// Figures are large: those of so many trials are on the page.
const TRIALS: usize = 1;

/// Figures 4 to 8 of the first trial that has some, and why some are left out.
pub fn body(m: &Material) -> Result<Option<Markup>, ReportError> {
    let mut with_figures = Vec::new();
    for trial in &m.experiment.trials {
        let records: Vec<FigureRecord> =
            read_json(&trial.folder.join("figures.json"))?.unwrap_or_default();
        if !records.is_empty() {
            with_figures.push((trial, records));
        }
    }
    let more = with_figures.len().saturating_sub(TRIALS);
    let mut parts = Vec::new();
    for (trial, records) in with_figures.iter().take(TRIALS) {
        parts.push(figures(trial, records)?);
    }
    Ok((!parts.is_empty()).then(|| {
        html! {
            p {
                "Beside each picture in the trial's " code { "figures/" } " folder lies its JSON, from which "
                code { "dcgan explore draw" } " makes it again."
                @if more > 0 { " So do those of " (more) " more trials." }
            }
            @for part in &parts { (part) }
        }
    }))
}

fn figures(trial: &Trial, records: &[FigureRecord]) -> Result<Markup, ReportError> {
    let mut parts = Vec::new();
    for record in records {
        let title = title(record);
        let path = trial.folder.join(format!("figures/{}.png", record.name));
        parts.push(match &record.left_out {
            Some(why) => html! { p { (title) " is left out: " (why) "." } },
            None if !path.is_file() => continue,
            None => {
                let picture = embed::drawing(&path, &title)?;
                html! { figure { (picture) figcaption { (title) } } }
            }
        });
    }
    Ok(html! {
        h3 { (trial.name()) }
        @for part in &parts { (part) }
    })
}

/// What of the paper a figure is, and its own name where it has one.
fn title(record: &FigureRecord) -> String {
    // The figures that there were when records did not say it yet.
    let before = || match record.figure.as_str() {
        "interpolate" => "Figure 4: interpolation in Z",
        "guided" => "Figure 5: guided backpropagation",
        "drop" => "Figure 6: forgetting to draw a concept",
        "arithmetic" => "Figure 7: vector arithmetic",
        "turn" => "Figure 8: a turn vector",
        "browse" => "Numbered samples",
        other => other,
    };
    let what = record.title.as_deref().unwrap_or_else(before);
    match record.name == record.figure || record.name == "interpolation" {
        true => what.to_string(),
        false => format!("{what} ({})", record.name),
    }
}
