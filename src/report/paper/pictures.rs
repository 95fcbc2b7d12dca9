//! Which pictures the trials have for a part of the paper.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::outline::Show;
use crate::report::ReportError;
use crate::report::collect::Trial;
use crate::track::run::read_json;

/// A picture of ours and whose it is.
pub struct Picture<'a> {
    pub trial: &'a Trial,
    pub path: PathBuf,
    /// What it shows, before the scale.
    pub caption: String,
    /// A drawing with lines and text, not a sheet of small images.
    pub drawing: bool,
    /// Pixels beyond which it is made smaller.
    pub widest: u32,
}

/// Sheets of samples, whose tiles are drawn large.
const SHEET: u32 = 700;
/// Figures with captions of their own.
const FIGURE: u32 = 2000;

/// What every record beside a figure has.
#[derive(Deserialize)]
struct Named {
    figure: String,
}

/// The pictures of these trials that `show` asks for: the first that there is, of a figure one for each experiment.
///
/// # Errors
/// [`ReportError::Read`] for a folder that cannot be listed, [`ReportError::Run`] for a damaged record.
pub fn pictures<'a>(show: &Show, trials: &[&'a Trial]) -> Result<Vec<Picture<'a>>, ReportError> {
    let mut found: Vec<Picture> = Vec::new();
    for &trial in trials {
        // One picture is enough, but for figures, where each experiment has its own.
        let said = match show {
            Show::Figure { .. } => {
                let same = |p: &Picture| p.trial.run.experiment == trial.run.experiment;
                found.iter().any(same)
            }
            _ => !found.is_empty(),
        };
        if !said && let Some((path, caption)) = picture(show, trial)? {
            found.push(Picture {
                trial,
                path,
                caption,
                drawing: *show == Show::Architecture,
                widest: match show {
                    Show::Figure { .. } => FIGURE,
                    _ => SHEET,
                },
            });
        }
    }
    Ok(found)
}

fn picture(show: &Show, trial: &Trial) -> Result<Option<(PathBuf, String)>, ReportError> {
    let pictures = &trial.pictures;
    Ok(match show {
        Show::Architecture => pictures.architecture.clone().map(|p| (p, "Our net".into())),
        Show::LastSheet => pictures.samples.clone().map(|p| (p, "Samples".into())),
        Show::Sheet { sheet } => {
            let at = pictures.epochs.iter().find(|(epoch, _)| epoch == sheet);
            let plural = if *sheet == 1 { "" } else { "s" };
            at.map(|(_, path)| (path.clone(), format!("Samples after {sheet} epoch{plural}")))
        }
        Show::Figure { figure } => {
            drawn(&trial.folder.join("figures"), figure)?.map(|path| (path, String::from("Ours")))
        }
        Show::Tables { .. } | Show::Charts { .. } => None,
    })
}

/// The first PNG in `folder` whose record calls it `figure`.
fn drawn(folder: &Path, figure: &str) -> Result<Option<PathBuf>, ReportError> {
    if !folder.is_dir() {
        return Ok(None);
    }
    for record in crate::report::collect::entries(folder)? {
        if record.extension().is_some_and(|e| e == "json") {
            let picture = record.with_extension("png");
            // One that is damaged draws no figure of this name.
            let named: Option<Named> = read_json(&record).unwrap_or_default();
            if picture.is_file() && named.is_some_and(|n| n.figure == figure) {
                return Ok(Some(picture));
            }
        }
    }
    Ok(None)
}
