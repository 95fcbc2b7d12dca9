//! Table 2: test errors with few labels, everything chosen on rows held out once; and the same protocol on other data sets.

use std::collections::BTreeSet;

use polars::error::PolarsResult;
use polars::prelude::{Column, DataFrame, NamedFrom, Series};

use super::ReportError;
use super::collect::Experiment;
use super::few_labels::{Row, rows};
use super::published::{Measure, Published, PublishedRow, PublishedTable, Source, data_name};
use super::table::{Table, text_frame};
use super::words;
use crate::track::format::Labels;

/// The paper's table of this protocol, and its column.
const ID: &str = "table-2";
const COLUMN: &str = "100";
/// The column of a number that was measured on the validation images.
const VALIDATION: &str = "validation";

/// Beside numbers that were read in the PDF only.
const UNCHECKED: &str = "†";
/// Beside numbers that later papers quote.
const QUOTED: &str = "‡";

/// A line of the table: the paper's or ours.
enum Line<'a> {
    Paper(&'a PublishedRow),
    Ours(&'a Row),
}

/// One table for each data set and number of labels that any trial measured so; the paper's rows stand in the one on SVHN with
/// 1,000 labels.
///
/// # Errors
/// [`ReportError::Table`].
pub fn tables(experiment: &Experiment, published: &Published) -> Result<Vec<Table>, ReportError> {
    let mut tables = Vec::new();
    for (data, labels) in measured(experiment) {
        let ours = rows(experiment, &data, labels);
        let Some(labelled) = ours.iter().map(|r| r.train_rows).max() else {
            continue;
        };
        let paper = published.get(ID).filter(|t| {
            t.data == data && t.measure == Measure::Error && labels.to_string() == COLUMN
        });
        let name = data_name(published, &data);
        let (id, title) = match paper {
            Some(paper) => (ID.to_string(), format!("Table 2. {}", paper.title)),
            None => (
                format!(
                    "{ID}-on-{}-{labels}",
                    data.replace(|c: char| !c.is_ascii_alphanumeric(), "-")
                ),
                format!(
                    "The protocol of table 2 on {name} with {} labels: test error",
                    words::thousands(labelled as u64)
                ),
            ),
        };
        let mut lines: Vec<Line> = paper
            .iter()
            .flat_map(|t| &t.rows)
            .map(Line::Paper)
            .collect();
        let theirs = lines.len();
        lines.extend(ours.iter().map(Line::Ours));
        let remarks = remarks(&lines, paper, published.get(ID), &data, name);
        let table = table(&id, title, &lines, theirs, remarks);
        tables.push(table.map_err(|source| ReportError::Table { table: id, source })?);
    }
    Ok(tables)
}

/// Data sets and labels per class that any trial ran the protocol on.
fn measured(experiment: &Experiment) -> BTreeSet<(String, Labels)> {
    let mut found = BTreeSet::new();
    for trial in &experiment.trials {
        let probes = trial.probes.iter().filter(|p| p.held_out.is_some());
        found.extend(probes.map(|p| (p.data.clone(), p.labels)));
        found.extend(trial.knn.iter().map(|k| (k.data.clone(), k.labels)));
        found.extend(trial.supervised.iter().map(|s| (s.data.clone(), s.labels)));
    }
    found
}

fn remarks(
    lines: &[Line],
    paper: Option<&PublishedTable>,
    table_2: Option<&PublishedTable>,
    data: &str,
    name: &str,
) -> Vec<String> {
    let mut remarks = vec![
        "± is 1.96 standard deviations over the draws of labelled images, as the authors' code prints it; in a row of means over seeds, the mean of theirs.".to_string(),
    ];
    if let (None, Some(table)) = (paper, table_2) {
        let printed: Vec<String> = table
            .rows
            .iter()
            .filter(|r| r.model.starts_with("DCGAN"))
            .filter_map(|r| r.cells.get(COLUMN))
            .map(|c| error(c.value, c.interval))
            .collect();
        remarks.push(format!(
            "The paper ran this protocol on {} with 1,000 labels, where its DCGAN + L2-SVM has {}. Errors on other data or with other labels do not compare with its table, so its rows are left out.",
            table.name,
            printed.join(", as updated ")
        ));
    }
    let trained_here = |line: &&Line| match line {
        Line::Ours(row) => row.trained_on.as_deref() == Some(data),
        Line::Paper(_) => false,
    };
    if lines.iter().any(|line| trained_here(&line)) {
        remarks.push(format!(
            "Our nets trained on {name} saw the images of the training split that they were given, held-out ones among them, never a label."
        ));
    }
    let has = |source: Source| {
        let mut cells = lines.iter().filter_map(|line| match line {
            Line::Paper(row) => Some(row.cells.values()),
            Line::Ours(_) => None,
        });
        cells.any(|mut cells| cells.any(|c| c.source == source))
    };
    if has(Source::Pdf) {
        remarks.push(format!(
            "{UNCHECKED} read in the paper's PDF, not compared with a second source."
        ));
    }
    if has(Source::LaterPapers) {
        remarks.push(format!("{QUOTED} as later papers quote it."));
    }
    remarks
}

fn table(
    id: &str,
    title: String,
    lines: &[Line],
    theirs: usize,
    remarks: Vec<String>,
) -> PolarsResult<Table> {
    Ok(Table {
        id: id.to_string(),
        title,
        data: data(lines)?,
        shown: shown(lines)?,
        left: vec!["Model", "Scale", "Protocol"],
        notes: vec!["Scale", "Protocol"],
        rules: (theirs > 0 && theirs < lines.len())
            .then_some(theirs)
            .into_iter()
            .collect(),
        remarks,
    })
}

/// `0.2218` and `0.0113` as `22.18% (±1.13%)`.
fn error(fraction: f64, spread: Option<f64>) -> String {
    match spread {
        Some(s) => format!("{:.2}% (±{:.2}%)", 100.0 * fraction, 100.0 * s),
        None => format!("{:.2}%", 100.0 * fraction),
    }
}

fn printed(row: &PublishedRow, column: &str) -> String {
    row.cells.get(column).map_or("–".to_string(), |cell| {
        let mark = match cell.source {
            Source::PaperTextChecked => "",
            Source::Pdf => UNCHECKED,
            Source::LaterPapers => QUOTED,
        };
        error(cell.value, cell.interval) + mark
    })
}

fn shown(lines: &[Line]) -> PolarsResult<DataFrame> {
    let column = |head: &str, of: &dyn Fn(&Line) -> String| {
        (head.to_string(), lines.iter().map(of).collect::<Vec<_>>())
    };
    text_frame(vec![
        column("Model", &|line| match line {
            Line::Paper(row) => row.model.clone(),
            Line::Ours(row) => row.model.clone(),
        }),
        column("Test error", &|line| match line {
            Line::Paper(row) => printed(row, COLUMN),
            Line::Ours(row) => error(row.error, row.spread),
        }),
        column("Validation error", &|line| match line {
            Line::Paper(row) => printed(row, VALIDATION),
            Line::Ours(row) => row.validation_error.map_or("–".into(), |e| error(e, None)),
        }),
        column("Dimensions", &|line| {
            let dimensions = match line {
                Line::Paper(row) => row.dimensions,
                Line::Ours(row) => row.dimensions,
            };
            dimensions.map_or("–".into(), |n| words::thousands(n as u64))
        }),
        column("Source", &|line| match line {
            Line::Paper(_) => "paper".into(),
            Line::Ours(_) => "ours".into(),
        }),
        column("Scale", &|line| match line {
            Line::Paper(row) => row.scale.clone().unwrap_or_default(),
            Line::Ours(row) => row.scale.clone(),
        }),
        column("Protocol", &|line| match line {
            Line::Paper(row) => row.note.clone().unwrap_or_default(),
            Line::Ours(row) => row.protocol.clone(),
        }),
    ])
}

fn data(lines: &[Line]) -> PolarsResult<DataFrame> {
    let cell = |row: &PublishedRow, column| row.cells.get(column).copied();
    DataFrame::new_infer_height(vec![
        values(
            "model",
            lines,
            |r| Some(r.model.clone()),
            |r| Some(r.model.clone()),
        ),
        values(
            "origin",
            lines,
            |_| Some("paper".to_string()),
            |_| Some("ours".to_string()),
        ),
        values(
            "classifier",
            lines,
            |_| None,
            |r| Some(r.classifier.to_string()),
        ),
        values(
            "features",
            lines,
            |_| None,
            |r| r.features.map(str::to_string),
        ),
        values("trial", lines, |_| None, |r| r.trial.clone()),
        values("seeds", lines, |_| None, |r| Some(r.seeds as u64)),
        values(
            "test_error",
            lines,
            |r| Some(cell(r, COLUMN)?.value),
            |r| Some(r.error),
        ),
        values(
            "test_error_spread",
            lines,
            |r| cell(r, COLUMN)?.interval,
            |r| r.spread,
        ),
        values(
            "validation_error",
            lines,
            |r| Some(cell(r, VALIDATION)?.value),
            |r| r.validation_error,
        ),
        values(
            "source",
            lines,
            |r| Some(r.cells.values().next()?.source.name().to_string()),
            |_| Some("measured".to_string()),
        ),
        values(
            "dimensions",
            lines,
            |r| r.dimensions.map(|n| n as u64),
            |r| r.dimensions.map(|n| n as u64),
        ),
        values("draws", lines, |_| None, |r| Some(r.draws as u64)),
        values("held_out", lines, |_| None, |r| Some(r.held_out as u64)),
        values("train_rows", lines, |_| None, |r| Some(r.train_rows as u64)),
        values("test_rows", lines, |_| None, |r| Some(r.test_rows as u64)),
        values("profile", lines, |_| None, |r| r.profile.clone()),
        values(
            "scale",
            lines,
            |r| r.scale.clone(),
            |r| Some(r.scale.clone()),
        ),
        values(
            "protocol",
            lines,
            |r| r.note.clone(),
            |r| Some(r.protocol.clone()),
        ),
    ])
}

fn values<T>(
    name: &str,
    lines: &[Line],
    theirs: impl Fn(&PublishedRow) -> Option<T>,
    ours: impl Fn(&Row) -> Option<T>,
) -> Column
where
    Series: NamedFrom<Vec<Option<T>>, [Option<T>]>,
{
    let of = |line: &Line| match line {
        Line::Paper(row) => theirs(row),
        Line::Ours(row) => ours(row),
    };
    let cells: Vec<Option<T>> = lines.iter().map(of).collect();
    Series::new(name.into(), cells).into()
}
