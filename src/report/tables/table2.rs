//! Table 2: test errors with few labels, everything chosen on rows held out once; and the same protocol on other data sets.

use std::collections::BTreeSet;

use polars::error::PolarsResult;
use polars::prelude::DataFrame;

use super::few_labels::{ErrorRow, rows};
use super::marks::{self, Origin, PlusMinus, or_absent, plus_minus, whose};
use super::table::{Columns, Table, failed, file_name};
use crate::report::ReportError;
use crate::report::collect::Experiment;
use crate::report::published::{
    Measure, Published, PublishedCell, PublishedRow, PublishedTable, data_name,
};
use crate::report::versions::Versions;
use crate::report::words;
use crate::track::format::Labels;

/// The paper's table of this protocol, and its column.
const ID: &str = "table-2";
const COLUMN: &str = "100";
/// The column of a number that was measured on the validation images.
const VALIDATION: &str = "validation";

/// A line of the table: the paper's or ours.
enum Line<'a> {
    Paper(&'a PublishedRow),
    Ours(&'a ErrorRow),
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
                format!("{ID}-on-{}-{labels}", file_name(&data)),
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
        tables.push(table(&id, title, &lines, theirs, remarks).map_err(failed(&id))?);
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
    let mut remarks = vec![PlusMinus::Spread.remark()];
    if let (None, Some(table)) = (paper, table_2) {
        let printed: Vec<String> = table
            .dcgan()
            .filter_map(|r| r.cells.get(COLUMN))
            .map(|c| plus_minus(c.value, c.interval, words::hundredths))
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
    let version = |line: &Line| match line {
        Line::Paper(_) => None,
        Line::Ours(row) => Some(row.version),
    };
    remarks.extend(Versions::of(lines.iter().map(version)).remark());
    let printed = lines.iter().filter_map(|line| match line {
        Line::Paper(row) => Some(row.cells.values()),
        Line::Ours(_) => None,
    });
    let origins = printed.flatten().map(|c| Origin::Printed(c.source));
    remarks.extend(marks::remarks(origins));
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

/// A number that the paper prints.
fn printed(cell: &PublishedCell) -> String {
    plus_minus(cell.value, cell.interval, words::hundredths) + Origin::Printed(cell.source).sign()
}

fn shown(lines: &[Line]) -> PolarsResult<DataFrame> {
    use Line::{Ours, Paper};
    Columns::of(lines)
        .with("Model", |line| match line {
            Paper(row) => row.model.clone(),
            Ours(row) => row.model.clone(),
        })
        .with("Test error", |line| match line {
            Paper(row) => or_absent(row.cells.get(COLUMN).map(printed)),
            Ours(row) => plus_minus(row.error, row.spread, words::hundredths),
        })
        .with("Validation error", |line| match line {
            Paper(row) => or_absent(row.cells.get(VALIDATION).map(printed)),
            Ours(row) => or_absent(row.validation_error.map(words::hundredths)),
        })
        .with("Dimensions", |line| {
            let dimensions = match line {
                Paper(row) => row.dimensions,
                Ours(row) => row.dimensions,
            };
            or_absent(dimensions.map(|n| words::thousands(n as u64)))
        })
        .with("Source", |line| whose(matches!(line, Paper(_))))
        .with("Scale", |line| match line {
            Paper(row) => row.scale.clone().unwrap_or_default(),
            Ours(row) => row.scale.clone(),
        })
        .with("Protocol", |line| match line {
            Paper(row) => row.note.clone().unwrap_or_default(),
            Ours(row) => row.protocol.clone(),
        })
        .frame()
}

fn data(lines: &[Line]) -> PolarsResult<DataFrame> {
    let cell = |row: &PublishedRow, column| row.cells.get(column).copied();
    Columns::of(lines)
        .with(
            "model",
            either(|r| Some(r.model.clone()), |r| Some(r.model.clone())),
        )
        .with("origin", |line| whose(matches!(line, Line::Paper(_))))
        .with("classifier", ours(|r| Some(r.classifier)))
        .with("features", ours(|r| r.features))
        .with("trial", ours(|r| r.trial.clone()))
        .with("seeds", ours(|r| Some(r.seeds as u64)))
        .with("training_version", ours(|r| r.version.training))
        .with("protocol_version", ours(|r| Some(r.version.protocol)))
        .with(
            "test_error",
            either(|r| Some(cell(r, COLUMN)?.value), |r| Some(r.error)),
        )
        .with(
            "test_error_spread",
            either(|r| cell(r, COLUMN)?.interval, |r| r.spread),
        )
        .with(
            "validation_error",
            either(|r| Some(cell(r, VALIDATION)?.value), |r| r.validation_error),
        )
        .with(
            "source",
            either(
                |r| Some(Origin::Printed(r.cells.values().next()?.source).name()),
                |_| Some(Origin::Measured.name()),
            ),
        )
        .with(
            "dimensions",
            either(
                |r| r.dimensions.map(|n| n as u64),
                |r| r.dimensions.map(|n| n as u64),
            ),
        )
        .with("draws", ours(|r| Some(r.draws as u64)))
        .with("held_out", ours(|r| Some(r.held_out as u64)))
        .with("train_rows", ours(|r| Some(r.train_rows as u64)))
        .with("test_rows", ours(|r| Some(r.test_rows as u64)))
        .with("profile", ours(|r| r.profile.clone()))
        .with(
            "scale",
            either(|r| r.scale.clone(), |r| Some(r.scale.clone())),
        )
        .with(
            "protocol",
            either(|r| r.note.clone(), |r| Some(r.protocol.clone())),
        )
        .frame()
}

/// A cell that both kinds of lines may have.
fn either<T>(
    theirs: impl Fn(&PublishedRow) -> Option<T>,
    ours: impl Fn(&ErrorRow) -> Option<T>,
) -> impl Fn(&Line) -> Option<T> {
    move |line| match line {
        Line::Paper(row) => theirs(row),
        Line::Ours(row) => ours(row),
    }
}

/// A cell that the paper's lines leave empty.
fn ours<T>(ours: impl Fn(&ErrorRow) -> Option<T>) -> impl Fn(&Line) -> Option<T> {
    either(|_| None, ours)
}
