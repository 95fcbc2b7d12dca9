//! Writes the report on every experiment.

use std::path::Path;

use super::layout::layout;
use super::outline::outline;
use super::show::shown;
use crate::report::ReportError;
use crate::report::claims::{self, decide};
use crate::report::collect;
use crate::report::published::published;
use crate::report::write::{Written, files};
use crate::track::atomic;
use crate::track::progress::{Progress, Unit};

/// Write the report on every experiment in `results` into `out`, by default its folder `report`.
///
/// # Errors
/// As [`crate::report::write()`] of one experiment.
pub fn write(
    results: &Path,
    out: Option<&Path>,
    progress: &dyn Progress,
) -> Result<Written, ReportError> {
    let folder = out.map_or(results.join("report"), Path::to_path_buf);
    let published = published()?;
    let experiments = collect::all(results)?;
    let left_out = experiments.iter().flat_map(|e| &e.left_out);
    left_out.for_each(|said| progress.note(&format!("left out: {said}")));
    let decided = decide(&experiments, &published)?;
    let outline = outline()?;
    let mut bar = progress.begin("report", Some(outline.len() as u64), Unit::Items);
    let mut parts = Vec::new();
    for item in outline {
        progress.check()?;
        bar.message(&item.id);
        parts.push(shown(item, &experiments, &published, &decided)?);
        bar.advance(1);
    }
    let page = layout(&experiments, &decided, &parts)?;
    let written = Written {
        html: folder.join("report.html"),
        tables: files(&claims::table(&decided)?, &folder)?,
        charts: Vec::new(),
        table_text: claims::text(&decided),
        claims: Vec::new(),
        summary: claims::count(&decided),
    };
    atomic::write(&written.html, page.as_bytes())?;
    Ok(written)
}
