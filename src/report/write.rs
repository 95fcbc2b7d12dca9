//! Writes the report on one experiment: its tables, charts and page, each file whole or absent.

use std::path::{Path, PathBuf};

use super::ReportError;
use super::chart::all::charts;
use super::claims;
use super::collect::collect;
use super::export::all::FORMATS;
use super::export::text;
use super::findings;
use super::page::{Material, page};
use super::published::published;
use super::tables::{Table, tables};
use crate::track::atomic;
use crate::track::progress::{Progress, Unit};

/// What a report consists of.
#[derive(Debug, Clone)]
pub struct Written {
    /// The page.
    pub html: PathBuf,
    /// Each table in each format.
    pub tables: Vec<PathBuf>,
    /// Each chart as SVG and PNG.
    pub charts: Vec<PathBuf>,
    /// The tables for a terminal.
    pub table_text: String,
    /// One line for each of the paper's claims that this decides.
    pub claims: Vec<String>,
    /// The main finding in plain sentences.
    pub summary: String,
}

/// Write the report on `experiment` (`results/<experiment>`) into `out`, by default its folder `report`.
///
/// Trials in any state are shown as they stand. Every file is whole or absent.
///
/// # Errors
/// As [`collect`]; [`ReportError::Table`], [`ReportError::Chart`], [`ReportError::Write`]; [`ReportError::Stopped`]
/// once the user asks.
pub fn write(
    experiment: &Path,
    out: Option<&Path>,
    progress: &dyn Progress,
) -> Result<Written, ReportError> {
    let mut bar = progress.begin("report", Some(4), Unit::Items);
    let mut step = |message: &str| {
        bar.message(message);
        bar.advance(1);
        progress.check()
    };
    let folder = out.map_or(experiment.join("report"), Path::to_path_buf);
    let published = published()?;
    let experiment = collect(experiment)?;
    let left_out = experiment.left_out.iter();
    left_out.for_each(|said| progress.note(&format!("left out: {said}")));
    step("tables")?;
    let tables = tables(&experiment, &published)?;
    step("charts")?;
    let charts = charts(&experiment, &published)?;
    step("page")?;
    let experiments = [experiment];
    let claims = claims::decide(&experiments, &published)?;
    let [experiment] = experiments;
    let findings = findings::findings(&experiment, &published);
    let mut summary = findings::summary(&experiment, &findings);
    if !experiment.left_out.is_empty() {
        summary += &format!(" Left out as damaged: {}.", experiment.left_out.join("; "));
    }
    let material = Material {
        experiment,
        published,
        tables,
        charts,
        findings,
        claims,
        summary,
    };
    let page = page(&material)?;
    step("files")?;
    let mut written = Written {
        html: folder.join("report.html"),
        tables: Vec::new(),
        charts: Vec::new(),
        table_text: String::new(),
        claims: claims::lines(&material.claims),
        summary: material.summary,
    };
    for table in &material.tables {
        written.tables.extend(files(table, &folder)?);
        if !written.table_text.is_empty() {
            written.table_text.push('\n');
        }
        written.table_text += &text(table).map_err(|e| failed(table, e))?;
    }
    for chart in &material.charts {
        for (extension, bytes) in [("svg", chart.svg.as_bytes()), ("png", &chart.png[..])] {
            let path = folder.join(format!("{}.{extension}", chart.id));
            atomic::write(&path, bytes)?;
            written.charts.push(path);
        }
    }
    // The page comes last: where it stands, the files that it links to stand too.
    atomic::write(&written.html, page.as_bytes())?;
    Ok(written)
}

/// Write a table in every format.
pub(super) fn files(table: &Table, folder: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let mut paths = Vec::new();
    for format in FORMATS {
        let bytes = (format.encode)(table).map_err(|e| failed(table, e))?;
        let path = folder.join(format!("{}.{}", table.id, format.extension));
        atomic::write(&path, &bytes)?;
        paths.push(path);
    }
    Ok(paths)
}

fn failed(table: &Table, source: polars::error::PolarsError) -> ReportError {
    ReportError::Table {
        table: table.id.clone(),
        source,
    }
}
