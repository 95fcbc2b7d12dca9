//! Table 3 itself, and the same in sentences.

use std::collections::BTreeSet;

use polars::error::PolarsResult;
use polars::prelude::DataFrame;

use super::real::real_data;
use super::rows::{Cell, records};
use super::{Kind, NearestRow, rows};
use crate::report::ReportError;
use crate::report::collect::{Experiment, Trial};
use crate::report::published::Published;
use crate::report::tables::marks::{self, PlusMinus, or_absent, plus_minus, whose};
use crate::report::tables::table::{Columns, Table, failed, file_name};
use crate::report::versions::Versions;
use crate::report::words;
use crate::track::nearest::NearestRecord;

/// The paper's table of this kind.
const ID: &str = "table-3";

/// A table for each data set on which generated images were scored.
///
/// # Errors
/// [`ReportError::Table`].
pub fn tables(experiment: &Experiment, published: &Published) -> Result<Vec<Table>, ReportError> {
    let data: BTreeSet<&str> = records(experiment).map(|(_, r)| r.data.as_str()).collect();
    data.into_iter()
        .map(|data| {
            let paper = published.get(ID).filter(|t| t.data == data);
            let (id, title) = match paper {
                Some(paper) => (ID.to_string(), format!("Table 3. {}", paper.title)),
                None => {
                    let title = "test error of nearest neighbours among generated images";
                    (
                        format!("nearest-{}", file_name(data)),
                        format!("{data}: {title}"),
                    )
                }
            };
            let rows = rows(experiment, data, paper);
            let found = paper.and_then(|paper| real_data(experiment, data, paper));
            table(&id, title, &rows, found).map_err(failed(&id))
        })
        .collect()
}

/// What each trial's images came to, in sentences.
pub fn sentences(experiment: &Experiment) -> Vec<String> {
    let last = |(trial, record): (&Trial, &NearestRecord)| {
        let row = record.generated.last()?;
        Some(format!(
            "By the nearest of {} images that {} drew, {} of {}'s test images get a wrong label.",
            words::thousands(row.samples),
            words::short_label(trial.name()),
            words::hundredths(record.share(row.errors)),
            record.data,
        ))
    };
    records(experiment).filter_map(last).collect()
}

fn table(
    id: &str,
    title: String,
    rows: &[NearestRow],
    real: Option<String>,
) -> PolarsResult<Table> {
    let cells = || rows.iter().flat_map(|r| r.cells.values());
    let mut remarks = vec![
        "Each test image gets the class of the nearest image, by squared distance between pixels, among as many images as the column says.".to_string(),
    ];
    if cells().any(|c| c.interval.is_some()) {
        remarks.push(PlusMinus::Interval("over draws of real images").remark());
    }
    remarks.extend(real);
    remarks.extend(Versions::of(rows.iter().map(|r| r.version)).remark());
    remarks.extend(marks::remarks(cells().map(|c| c.origin)));
    let columns: Vec<u64> = {
        let all: BTreeSet<u64> = rows.iter().flat_map(|r| r.cells.keys().copied()).collect();
        all.into_iter().collect()
    };
    Ok(Table {
        id: id.to_string(),
        title,
        data: data(rows, &columns)?,
        shown: shown(rows, &columns)?,
        left: vec!["Model", "Scale"],
        notes: vec!["Scale"],
        rules: (1..rows.len())
            .filter(|&i| rows[i].kind != rows[i - 1].kind)
            .collect(),
        remarks,
    })
}

fn shown(rows: &[NearestRow], columns: &[u64]) -> PolarsResult<DataFrame> {
    let text = |c: &Cell| plus_minus(c.error, c.interval, words::hundredths) + c.origin.sign();
    let mut frame = Columns::of(rows).with("Model", |r| r.model.clone());
    for n in columns {
        frame = frame.with(&words::thousands(*n), |r| {
            or_absent(r.cells.get(n).map(text))
        });
    }
    frame
        .with("Source", |r| whose(r.kind == Kind::Paper))
        .with("Scale", |r| r.scale.clone())
        .frame()
}

fn data(rows: &[NearestRow], columns: &[u64]) -> PolarsResult<DataFrame> {
    let mut frame = Columns::of(rows)
        .with("model", |r| r.model.clone())
        .with("origin", |r| whose(r.kind == Kind::Paper))
        .with("images", |r| match r.kind {
            Kind::Paper => None,
            Kind::Generated => Some("generated"),
            Kind::Real => Some("real"),
        })
        .with("trial", |r| r.trial.clone())
        .with("training_version", |r| r.version?.training)
        .with("protocol_version", |r| Some(r.version?.protocol));
    for n in columns {
        let cell = |r: &NearestRow| r.cells.get(n).copied();
        frame = frame
            .with(&format!("error_{n}"), |r| Some(cell(r)?.error))
            .with(&format!("error_{n}_interval"), |r| cell(r)?.interval)
            .with(&format!("error_{n}_source"), |r| {
                Some(cell(r)?.origin.name())
            });
    }
    frame
        .with("scale", |r| Some(r.scale.clone()).filter(|s| !s.is_empty()))
        .frame()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::collect::collect;
    use crate::report::export::text;
    use crate::report::published::published;

    const RUN: &str = include_str!("../../../../tests/fixtures/report/cifar/3f0a9c1e/run.json");
    const NEAREST: &str = r#"{"data": "mnist", "queries": 10000, "seconds": 9.5,
        "generated": [{"samples": 50000, "errors": 512}, {"samples": 1000000, "errors": 431}],
        "real": [{"subset": "all", "images": 60000, "errors": [309]}, {"subset": "first", "images": 10000, "errors": [537]},
                 {"subset": "random", "images": 50000, "errors": [318, 330]}]}"#;

    fn experiment(nearest: &str) -> (tempfile::TempDir, Experiment) {
        let folder = tempfile::tempdir().unwrap();
        let trial = folder.path().join("3f0a9c1e");
        std::fs::create_dir(&trial).unwrap();
        std::fs::write(trial.join("run.json"), RUN).unwrap();
        std::fs::write(trial.join("nearest.json"), nearest).unwrap();
        let experiment = collect(folder.path()).unwrap();
        (folder, experiment)
    }

    #[test]
    fn ours_stands_below_the_papers_with_the_subset_that_agrees() {
        let (_folder, experiment) = experiment(NEAREST);
        let tables = tables(&experiment, &published().unwrap()).unwrap();
        assert_eq!(tables.len(), 1);
        insta::assert_snapshot!(text(&tables[0]).unwrap());
        assert_eq!(tables[0].data.height(), 9);
    }

    #[test]
    fn another_data_set_has_a_table_of_its_own_without_the_paper() {
        let (_folder, experiment) = experiment(&NEAREST.replace("mnist", "my digits"));
        let tables = tables(&experiment, &published().unwrap()).unwrap();
        assert_eq!(tables[0].id, "nearest-my-digits");
        assert_eq!(tables[0].data.height(), 4);
    }
}
