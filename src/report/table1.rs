//! Table 1, and tables of the same columns for other probed data sets.

use std::collections::BTreeSet;

use polars::error::PolarsResult;
use polars::prelude::{Column, DataFrame, NamedFrom, Series};

use super::ReportError;
use super::accuracy::{self, Cell, Kind, Row};
use super::collect::Experiment;
use super::groups;
use super::published::{Measure, Published};
use super::table::{Table, text_frame};
use super::words;
use crate::track::format::Labels;

/// Beside numbers that were read in the PDF only.
const UNCHECKED: &str = "†";

/// One table for each probed data set; the paper's rows stand in the one that its table is about.
///
/// # Errors
/// [`ReportError::Table`].
pub fn tables(experiment: &Experiment, published: &Published) -> Result<Vec<Table>, ReportError> {
    let mut tables = Vec::new();
    for data in groups::probed(experiment) {
        let paper = published
            .iter()
            .find(|(_, t)| t.data == data && t.measure == Measure::Accuracy);
        let (id, title) = match paper {
            Some((id, paper)) => (
                id.clone(),
                format!("Table {}. {}", id.trim_start_matches("table-"), paper.title),
            ),
            None => (
                format!(
                    "probe-{}",
                    data.replace(|c: char| !c.is_ascii_alphanumeric(), "-")
                ),
                format!("{data}: test accuracy of a linear SVM on frozen features"),
            ),
        };
        let rows = accuracy::rows(experiment, &data, paper.map(|(_, t)| t), |p| {
            // Rows held out once are table 2's protocol.
            p.held_out.is_none()
        });
        if rows.iter().all(|r| r.kind == Kind::Paper) {
            continue;
        }
        let table = table(&id, title, &rows, &data);
        tables.push(table.map_err(|source| ReportError::Table { table: id, source })?);
    }
    Ok(tables)
}

fn table(id: &str, title: String, rows: &[Row], data_set: &str) -> PolarsResult<Table> {
    let labels = label_columns(rows);
    let unchecked = rows.iter().any(|r| {
        let sources = r.cells.values().map(|c| c.source);
        sources.chain(r.max_units.map(|u| u.1)).any(|s| s == "pdf")
    });
    let seen = rows.iter().any(|r| {
        let trained_on = r.run.as_ref().map(|run| run.scale.trained_on.as_str());
        r.kind == Kind::Trained && trained_on == Some(data_set)
    });
    let mut remarks = vec![
        "± is the 95% interval of the mean: over the draws of labelled images in a row of one trial, over seeds in a row of means.".to_string(),
    ];
    if seen {
        remarks.push(format!(
            "Our nets trained on {data_set} saw the images of its training split, never a label."
        ));
    }
    if unchecked {
        remarks.push(format!(
            "{UNCHECKED} read in the paper's PDF, not compared with a second source."
        ));
    }
    Ok(Table {
        id: id.to_string(),
        title,
        data: data(rows, &labels)?,
        shown: shown(rows, &labels)?,
        left: vec!["Model", "Scale", "Probe"],
        notes: vec!["Scale", "Probe"],
        rules: (1..rows.len())
            .filter(|&i| (rows[i].kind == Kind::Paper) != (rows[i - 1].kind == Kind::Paper))
            .collect(),
        remarks,
    })
}

/// All labels first, then fewer and fewer.
pub fn label_columns(rows: &[Row]) -> Vec<Labels> {
    let found: BTreeSet<Labels> = rows.iter().flat_map(|r| r.cells.keys().copied()).collect();
    let mut labels: Vec<Labels> = found.into_iter().collect();
    labels.sort_by_key(|l| match l {
        Labels::All => 0,
        Labels::PerClass(n) => usize::MAX - n,
    });
    labels
}

/// The heading of a label column.
pub fn heading(labels: Labels) -> String {
    match labels {
        Labels::All => "All labels".to_string(),
        Labels::PerClass(n) => format!("{n} per class"),
    }
}

fn shown(rows: &[Row], labels: &[Labels]) -> PolarsResult<DataFrame> {
    let texts = |of: &dyn Fn(&Row) -> String| -> Vec<String> { rows.iter().map(of).collect() };
    let mut columns = vec![("Model".to_string(), texts(&|r| r.model.clone()))];
    for &l in labels {
        columns.push((
            heading(l),
            texts(&|r| r.cells.get(&l).map_or("–".to_string(), cell_text)),
        ));
    }
    columns.push((
        "Max units".to_string(),
        texts(&|r| {
            r.max_units.map_or("–".into(), |(n, source)| {
                words::thousands(n as u64) + mark(source)
            })
        }),
    ));
    columns.push((
        "Dimensions".to_string(),
        texts(&|r| {
            r.dimensions
                .map_or("–".into(), |n| words::thousands(n as u64))
        }),
    ));
    columns.push((
        "Source".to_string(),
        texts(&|r| {
            if r.kind == Kind::Paper {
                "paper"
            } else {
                "ours"
            }
            .to_string()
        }),
    ));
    columns.push(("Scale".to_string(), texts(&|r| r.scale.clone())));
    columns.push(("Probe".to_string(), texts(&|r| protocol(r, labels))));
    text_frame(columns)
}

fn cell_text(cell: &Cell) -> String {
    words::percent_with(cell.accuracy, cell.interval) + mark(cell.source)
}

fn mark(source: &str) -> &'static str {
    if source == "pdf" { UNCHECKED } else { "" }
}

/// How the numbers of a row of ours were measured.
fn protocol(row: &Row, labels: &[Labels]) -> String {
    if row.kind == Kind::Paper {
        return String::new();
    }
    let parts: Vec<String> = labels
        .iter()
        .filter_map(|l| Some((l, row.cells.get(l)?)))
        .map(|(l, cell)| {
            let c = cell
                .c
                .map_or("C differs by seed".to_string(), |c| format!("C = {c:e}"));
            let draws = if cell.draws > 1 {
                format!("{} draws, ", cell.draws)
            } else {
                String::new()
            };
            format!(
                "{}: {c}, {draws}{} solver, {} test images",
                heading(*l),
                cell.solver,
                words::thousands(cell.test_rows as u64)
            )
        })
        .collect();
    parts.join("; ")
}

fn data(rows: &[Row], labels: &[Labels]) -> PolarsResult<DataFrame> {
    let mut columns = vec![
        column("model", rows, |r| Some(r.model.clone())),
        column("origin", rows, |r| {
            Some(
                if r.kind == Kind::Paper {
                    "paper"
                } else {
                    "ours"
                }
                .to_string(),
            )
        }),
        column("features", rows, |r| match r.kind {
            Kind::Paper => None,
            Kind::Trained => Some("trained".to_string()),
            Kind::Untrained => Some("untrained".to_string()),
            Kind::Pixels => Some("pixels".to_string()),
            Kind::KMeans => Some("kmeans".to_string()),
        }),
        column("trial", rows, |r| r.trial.clone()),
        column("seeds", rows, |r| (r.seeds > 0).then_some(r.seeds as u64)),
    ];
    for l in labels {
        let cell = |r: &Row| r.cells.get(l).cloned();
        let ours = |r: &Row| cell(r).filter(|c| c.source == "measured");
        columns.extend([
            column(&format!("accuracy_{l}"), rows, |r| Some(cell(r)?.accuracy)),
            column(&format!("accuracy_{l}_interval"), rows, |r| {
                cell(r)?.interval
            }),
            column(&format!("accuracy_{l}_source"), rows, |r| {
                Some(cell(r)?.source.to_string())
            }),
            column(&format!("c_{l}"), rows, |r| ours(r)?.c),
            column(&format!("draws_{l}"), rows, |r| Some(ours(r)?.draws as u64)),
            column(&format!("solver_{l}"), rows, |r| Some(ours(r)?.solver)),
            column(&format!("train_rows_{l}"), rows, |r| {
                Some(ours(r)?.train_rows as u64)
            }),
            column(&format!("test_rows_{l}"), rows, |r| {
                Some(ours(r)?.test_rows as u64)
            }),
        ]);
    }
    // A scale is the net's own: raw pixels and k-means have none, an untrained net has seen nothing.
    let no_net = |r: &Row| matches!(r.kind, Kind::Pixels | Kind::KMeans);
    let net = |r: &Row| r.run.clone().filter(|_| !no_net(r));
    let trained = |r: &Row| r.run.clone().filter(|_| r.kind == Kind::Trained);
    columns.extend([
        column("max_units", rows, |r| Some(r.max_units?.0 as u64)),
        column("max_units_source", rows, |r| {
            Some(r.max_units?.1.to_string())
        }),
        column("dimensions", rows, |r| r.dimensions.map(|n| n as u64)),
        column("profile", rows, |r| r.run.clone()?.profile),
        column("net", rows, |r| Some(net(r)?.scale.net)),
        column("width", rows, |r| Some(net(r)?.scale.width as u64)),
        column("size", rows, |r| Some(r.run.clone()?.scale.size as u64)),
        column("epochs", rows, |r| match r.kind {
            Kind::Untrained => Some(0.0),
            _ => Some(trained(r)?.scale.epochs),
        }),
        column("trained_on", rows, |r| Some(trained(r)?.scale.trained_on)),
        column("training_images", rows, |r| {
            Some(trained(r)?.scale.images as u64)
        }),
        column("scale", rows, |r| {
            Some(r.scale.clone()).filter(|s| !s.is_empty())
        }),
    ]);
    DataFrame::new_infer_height(columns)
}

fn column<T>(name: &str, rows: &[Row], of: impl Fn(&Row) -> Option<T>) -> Column
where
    Series: NamedFrom<Vec<Option<T>>, [Option<T>]>,
{
    let cells: Vec<Option<T>> = rows.iter().map(of).collect();
    Series::new(name.into(), cells).into()
}
