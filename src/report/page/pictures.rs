//! Pictures of the trials but their sample sheets: the schematic, the figures, samples above their nearest images.

use maud::{Markup, html};

use super::embed;
use super::material::Material;
use crate::report::ReportError;
use crate::report::collect::{Trial, record};
use crate::track::figures::FigureRecord;
use crate::track::memorisation::{FILE, Memorisation};

/// Figures are large: those of so many trials are on the page.
const FIGURES_OF: usize = 1;
/// Trials whose sheets are shown: sheets are the page's weight.
const NEAREST_OF: usize = 2;

/// Figure 1's schematic of the first trial that has it.
pub fn architecture(m: &Material) -> Result<Option<Markup>, ReportError> {
    let found = m
        .experiment
        .trials
        .iter()
        .find_map(|t| Some((t, t.pictures.architecture.as_ref()?)));
    let Some((trial, path)) = found else {
        return Ok(None);
    };
    let picture = embed::drawing(path, "Schematic of the networks, as figure 1 of the paper")?;
    let scale = &trial.run.scale;
    Ok(Some(html! {
        figure {
            (picture)
            figcaption { (scale.net) ", width " (scale.width) ", " (scale.size) " px" }
        }
    }))
}

/// Figures 4 to 8 of the first trial that has some, and why some are left out.
pub fn figures(m: &Material) -> Result<Option<Markup>, ReportError> {
    let mut with_figures = Vec::new();
    for trial in &m.experiment.trials {
        let records: Vec<FigureRecord> = record(trial, "figures.json").unwrap_or_default();
        if !records.is_empty() {
            with_figures.push((trial, records));
        }
    }
    let more = with_figures.len().saturating_sub(FIGURES_OF);
    let mut parts = Vec::new();
    for (trial, records) in with_figures.iter().take(FIGURES_OF) {
        parts.push(of_trial(trial, records)?);
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

fn of_trial(trial: &Trial, records: &[FigureRecord]) -> Result<Markup, ReportError> {
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

/// Samples above their nearest training images, after each epoch looked at.
pub fn memorisation(m: &Material) -> Result<Option<Markup>, ReportError> {
    let mut figures = Vec::new();
    let mut trials = 0;
    for trial in &m.experiment.trials {
        let Some(found) = record::<Memorisation>(trial, FILE) else {
            continue;
        };
        trials += 1;
        if trials > NEAREST_OF {
            break;
        }
        for record in found.epochs {
            let name = format!("figures/memorisation-epoch-{:04}.png", record.epoch);
            let path = trial.folder.join(name);
            if path.is_file() {
                let caption = format!("After epoch {}, {}", record.epoch, trial.name());
                figures.push((embed::picture(&path, &caption)?, caption));
            }
        }
    }
    Ok((!figures.is_empty()).then(|| {
        html! {
            p {
                "First row: samples. Second row: the nearest training image of each in pixels. Third row: the nearest in "
                "D's features. The left half are the first samples drawn, the right half those whose nearest training "
                "image is nearest when compared with the second nearest: copies would stand there."
            }
            @for (picture, caption) in &figures {
                figure { div class="wide" { (picture) } figcaption { (caption) } }
            }
        }
    }))
}
