//! The rows as tables and sentences.

use std::collections::BTreeSet;

use polars::error::PolarsResult;
use polars::prelude::{Column, DataFrame, NamedFrom, Series};

use super::real::real_data;
use super::{Kind, Row, rows};
use crate::report::ReportError;
use crate::report::collect::{Experiment, Trial};
use crate::report::published::Published;
use crate::report::table::{Table, text_frame};
use crate::report::words;
use crate::track::nearest::NearestRecord;

/// The paper's table of this kind.
const ID: &str = "table-3";
/// Beside numbers that were read in the PDF only.
const UNCHECKED: &str = "†";

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
                    let name = data.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
                    let title = "test error of nearest neighbours among generated images";
                    (format!("nearest-{name}"), format!("{data}: {title}"))
                }
            };
            let rows = rows(experiment, data, paper);
            let found = paper.and_then(|paper| real_data(experiment, data, paper));
            table(&id, title, &rows, found)
                .map_err(|source| ReportError::Table { table: id, source })
        })
        .collect()
}

pub(super) fn records(experiment: &Experiment) -> impl Iterator<Item = (&Trial, &NearestRecord)> {
    let trials = experiment.trials.iter();
    trials.filter_map(|t| Some((t, t.nearest.as_ref()?)))
}

/// What each trial's images came to, in sentences.
pub fn sentences(experiment: &Experiment) -> Vec<String> {
    let last = |(trial, record): (&Trial, &NearestRecord)| {
        let row = record.generated.last()?;
        Some(format!(
            "By the nearest of {} images that {} drew, {} of {}'s test images get a wrong label.",
            words::thousands(row.samples),
            words::short_label(trial.name()),
            hundredths(record.share(row.errors)),
            record.data,
        ))
    };
    records(experiment).filter_map(last).collect()
}

/// As the paper prints its errors: `2.98%`.
pub fn hundredths(fraction: f64) -> String {
    format!("{:.2}%", fraction * 100.0)
}

fn table(id: &str, title: String, rows: &[Row], real: Option<String>) -> PolarsResult<Table> {
    let unchecked = rows
        .iter()
        .flat_map(|r| r.cells.values())
        .any(|c| c.source == "pdf");
    let mut remarks = vec![
        "A column is the number of images in which the nearest to each test image is sought, by squared distance between bytes; the nearest image's class is the answer.".to_string(),
    ];
    if rows
        .iter()
        .flat_map(|r| r.cells.values())
        .any(|c| c.interval.is_some())
    {
        remarks.push("± is the 95% interval of the mean over draws of real images.".to_string());
    }
    remarks.extend(real);
    if unchecked {
        remarks.push(format!(
            "{UNCHECKED} read in the paper's PDF, not compared with a second source."
        ));
    }
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

fn shown(rows: &[Row], columns: &[u64]) -> PolarsResult<DataFrame> {
    let texts = |of: &dyn Fn(&Row) -> String| -> Vec<String> { rows.iter().map(of).collect() };
    let mut frame = vec![("Model".to_string(), texts(&|r| r.model.clone()))];
    for n in columns {
        let text = |r: &Row| {
            r.cells.get(n).map_or("–".to_string(), |c| {
                let mark = if c.source == "pdf" { UNCHECKED } else { "" };
                match c.interval {
                    Some(i) => format!("{} (±{})", hundredths(c.error), hundredths(i)),
                    None => hundredths(c.error) + mark,
                }
            })
        };
        frame.push((words::thousands(*n), texts(&text)));
    }
    frame.push(("Source".to_string(), texts(&|r| origin(r).to_string())));
    frame.push(("Scale".to_string(), texts(&|r| r.scale.clone())));
    text_frame(frame)
}

fn origin(row: &Row) -> &'static str {
    match row.kind {
        Kind::Paper => "paper",
        Kind::Generated | Kind::Real => "ours",
    }
}

fn data(rows: &[Row], columns: &[u64]) -> PolarsResult<DataFrame> {
    let mut frame = vec![
        column("model", rows, |r| Some(r.model.clone())),
        column("origin", rows, |r| Some(origin(r).to_string())),
        column("images", rows, |r| match r.kind {
            Kind::Paper => None,
            Kind::Generated => Some("generated".to_string()),
            Kind::Real => Some("real".to_string()),
        }),
        column("trial", rows, |r| r.trial.clone()),
    ];
    for n in columns {
        let cell = |r: &Row| r.cells.get(n).copied();
        frame.extend([
            column(&format!("error_{n}"), rows, |r| Some(cell(r)?.error)),
            column(&format!("error_{n}_interval"), rows, |r| cell(r)?.interval),
            column(&format!("error_{n}_source"), rows, |r| {
                Some(cell(r)?.source.to_string())
            }),
        ]);
    }
    frame.push(column("scale", rows, |r| {
        Some(r.scale.clone()).filter(|s| !s.is_empty())
    }));
    DataFrame::new_infer_height(frame)
}

fn column<T>(name: &str, rows: &[Row], of: impl Fn(&Row) -> Option<T>) -> Column
where
    Series: NamedFrom<Vec<Option<T>>, [Option<T>]>,
{
    let cells: Vec<Option<T>> = rows.iter().map(of).collect();
    Series::new(name.into(), cells).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::collect::collect;
    use crate::report::export::text;
    use crate::report::published::published;

    const RUN: &str = include_str!("../../../tests/fixtures/report/cifar/3f0a9c1e/run.json");
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
