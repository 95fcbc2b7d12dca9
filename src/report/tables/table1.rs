//! Table 1, and tables of the same columns for other probed data sets.

use std::collections::BTreeSet;

use polars::error::PolarsResult;
use polars::prelude::DataFrame;

use super::accuracy::{self, AccuracyRow, Cell, Kind};
use super::marks::{self, Origin, PlusMinus, or_absent, plus_minus, whose};
use super::table::{Columns, Table, failed, file_name};
use crate::report::ReportError;
use crate::report::collect::Experiment;
use crate::report::groups;
use crate::report::published::{Measure, Published};
use crate::report::versions::Versions;
use crate::report::words;
use crate::track::format::Labels;

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
                format!("probe-{}", file_name(&data)),
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
        tables.push(table(&id, title, &rows, &data).map_err(failed(&id))?);
    }
    Ok(tables)
}

fn table(id: &str, title: String, rows: &[AccuracyRow], data_set: &str) -> PolarsResult<Table> {
    let labels = label_columns(rows);
    let seen = rows.iter().any(|r| {
        let trained_on = r.run.as_ref().map(|run| run.scale.trained_on.as_str());
        r.kind == Kind::Trained && trained_on == Some(data_set)
    });
    let over =
        "over the draws of labelled images in a row of one trial, over seeds in a row of means";
    let mut remarks = vec![PlusMinus::Interval(over).remark()];
    if seen {
        remarks.push(format!(
            "Our nets trained on {data_set} saw the images of its training split, never a label."
        ));
    }
    remarks.extend(Versions::of(rows.iter().map(|r| r.version)).remark());
    let origins = |r: &AccuracyRow| {
        let cells: Vec<Origin> = r.cells.values().map(|c| c.origin).collect();
        cells.into_iter().chain(r.max_units.map(|u| u.1))
    };
    remarks.extend(marks::remarks(rows.iter().flat_map(origins)));
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
pub fn label_columns(rows: &[AccuracyRow]) -> Vec<Labels> {
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

fn shown(rows: &[AccuracyRow], labels: &[Labels]) -> PolarsResult<DataFrame> {
    let mut columns = Columns::of(rows).with("Model", |r| r.model.clone());
    for l in labels {
        columns = columns.with(&heading(*l), |r| or_absent(r.cells.get(l).map(cell_text)));
    }
    columns
        .with("Max units", |r| {
            let units = r.max_units;
            or_absent(units.map(|(n, origin)| words::thousands(n as u64) + origin.sign()))
        })
        .with("Dimensions", |r| {
            or_absent(r.dimensions.map(|n| words::thousands(n as u64)))
        })
        .with("Source", |r| whose(r.kind == Kind::Paper))
        .with("Scale", |r| r.scale.clone())
        .with("Probe", |r| protocol(r, labels))
        .frame()
}

fn cell_text(cell: &Cell) -> String {
    plus_minus(cell.accuracy, cell.interval, words::percent) + cell.origin.sign()
}

/// How the numbers of a row of ours were measured.
fn protocol(row: &AccuracyRow, labels: &[Labels]) -> String {
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

fn data(rows: &[AccuracyRow], labels: &[Labels]) -> PolarsResult<DataFrame> {
    let mut columns = Columns::of(rows)
        .with("model", |r| r.model.clone())
        .with("origin", |r| whose(r.kind == Kind::Paper))
        .with("features", |r| match r.kind {
            Kind::Paper => None,
            Kind::Trained => Some("trained"),
            Kind::Untrained => Some("untrained"),
            Kind::Pixels => Some("pixels"),
            Kind::KMeans => Some("kmeans"),
        })
        .with("trial", |r| r.trial.clone())
        .with("seeds", |r| (r.seeds > 0).then_some(r.seeds as u64))
        .with("training_version", |r| r.version?.training)
        .with("protocol_version", |r| Some(r.version?.protocol));
    for l in labels {
        let cell = |r: &AccuracyRow| r.cells.get(l).cloned();
        let ours = |r: &AccuracyRow| cell(r).filter(|c| c.origin == Origin::Measured);
        columns = columns
            .with(&format!("accuracy_{l}"), |r| Some(cell(r)?.accuracy))
            .with(&format!("accuracy_{l}_interval"), |r| cell(r)?.interval)
            .with(&format!("accuracy_{l}_source"), |r| {
                Some(cell(r)?.origin.name())
            })
            .with(&format!("c_{l}"), |r| ours(r)?.c)
            .with(&format!("draws_{l}"), |r| Some(ours(r)?.draws as u64))
            .with(&format!("solver_{l}"), |r| Some(ours(r)?.solver))
            .with(&format!("train_rows_{l}"), |r| {
                Some(ours(r)?.train_rows as u64)
            })
            .with(&format!("test_rows_{l}"), |r| {
                Some(ours(r)?.test_rows as u64)
            });
    }
    // A scale is the net's own: raw pixels and k-means have none, an untrained net has seen nothing.
    let no_net = |r: &AccuracyRow| matches!(r.kind, Kind::Pixels | Kind::KMeans);
    let net = |r: &AccuracyRow| r.run.clone().filter(|_| !no_net(r));
    let trained = |r: &AccuracyRow| r.run.clone().filter(|_| r.kind == Kind::Trained);
    columns
        .with("max_units", |r| Some(r.max_units?.0 as u64))
        .with("max_units_source", |r| Some(r.max_units?.1.name()))
        .with("dimensions", |r| r.dimensions.map(|n| n as u64))
        .with("profile", |r| r.run.clone()?.profile)
        .with("net", |r| Some(net(r)?.scale.net))
        .with("width", |r| Some(net(r)?.scale.width as u64))
        .with("size", |r| Some(r.run.clone()?.scale.size as u64))
        .with("epochs", |r| match r.kind {
            Kind::Untrained => Some(0.0),
            _ => Some(trained(r)?.scale.epochs),
        })
        .with("trained_on", |r| Some(trained(r)?.scale.trained_on))
        .with("training_images", |r| Some(trained(r)?.scale.images as u64))
        .with("scale", |r| Some(r.scale.clone()).filter(|s| !s.is_empty()))
        .frame()
}
