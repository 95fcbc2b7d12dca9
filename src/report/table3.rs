//! Table 3: nearest neighbours among generated images, beside real ones.

use std::collections::{BTreeMap, BTreeSet};

use polars::error::PolarsResult;
use polars::prelude::{Column, DataFrame, NamedFrom, Series};

use super::ReportError;
use super::accuracy;
use super::collect::{Experiment, Trial};
use super::published::{Published, PublishedTable};
use super::table::{Table, text_frame};
use super::words;
use crate::track::format::{Features, Status};
use crate::track::nearest::{NearestRecord, Subset};

/// The paper's table of this kind.
const ID: &str = "table-3";
/// Beside numbers that were read in the PDF only.
const UNCHECKED: &str = "†";

/// One model's test errors by the number of images that it is classified by.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub model: String,
    pub kind: Kind,
    pub cells: BTreeMap<u64, Cell>,
    /// The scale in words; empty for the paper's rows and real images.
    pub scale: String,
    pub trial: Option<String>,
}

/// Whose images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Paper,
    Generated,
    Real,
}

/// A test error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// Fraction from 0 to 1.
    pub error: f64,
    /// Half-width of the 95% interval over draws of real images.
    pub interval: Option<f64>,
    /// `measured`, or the source of a published number.
    pub source: &'static str,
}

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

fn records(experiment: &Experiment) -> impl Iterator<Item = (&Trial, &NearestRecord)> {
    let trials = experiment.trials.iter();
    trials.filter_map(|t| Some((t, t.nearest.as_ref()?)))
}

/// The paper's rows, then real images, then each trial's.
pub fn rows(experiment: &Experiment, data: &str, paper: Option<&PublishedTable>) -> Vec<Row> {
    let mut rows = paper.map(paper_rows).unwrap_or_default();
    let ours = || records(experiment).filter(|(_, r)| r.data == data);
    for (_, record) in ours() {
        for row in real_rows(record) {
            // Trials of one seed draw the same images: one row says it.
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
    }
    let several = ours().count() > 1;
    for (trial, record) in ours() {
        let mut model = format!("{} (ours)", trial.run.scale.net);
        if several {
            model = format!("{model}, {}", words::short_label(trial.name()));
        }
        if trial.run.status != Status::Finished {
            model = format!("{model} [{}]", words::status(trial.run.status));
        }
        let cells = record.generated.iter().map(|g| {
            let error = record.share(g.errors);
            (g.samples, measured(error, None))
        });
        rows.push(Row {
            model,
            kind: Kind::Generated,
            cells: cells.collect(),
            scale: accuracy::scale(Features::Trained, &trial.run),
            trial: Some(trial.run.trial.clone()),
        });
    }
    rows
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

fn measured(error: f64, interval: Option<f64>) -> Cell {
    Cell {
        error,
        interval,
        source: "measured",
    }
}

fn paper_rows(table: &PublishedTable) -> Vec<Row> {
    let rows = table.rows.iter().map(|row| Row {
        model: row.model.clone(),
        kind: Kind::Paper,
        cells: row
            .cells
            .iter()
            .filter_map(|(column, cell)| {
                let cell = Cell {
                    error: cell.value,
                    interval: cell.interval,
                    source: cell.source.name(),
                };
                Some((samples(column)?, cell))
            })
            .collect(),
        scale: row.scale.clone().unwrap_or_default(),
        trial: None,
    });
    rows.collect()
}

/// `samples-50k` as 50,000.
fn samples(column: &str) -> Option<u64> {
    let text = column.strip_prefix("samples-")?;
    let (digits, unit) = match (text.strip_suffix('k'), text.strip_suffix('m')) {
        (Some(digits), _) => (digits, 1_000),
        (_, Some(digits)) => (digits, 1_000_000),
        _ => (text, 1),
    };
    Some(digits.parse::<u64>().ok()? * unit)
}

/// A row for each way of choosing among the training images, each size a cell.
fn real_rows(record: &NearestRecord) -> Vec<Row> {
    let mut rows: BTreeMap<Subset, Row> = BTreeMap::new();
    for real in &record.real {
        let (error, interval) = record.real_share(real);
        let row = rows.entry(real.subset).or_insert_with(|| Row {
            model: match real.subset {
                Subset::All => "real data, all (ours)".to_string(),
                Subset::First => "real data, the first (ours)".to_string(),
                Subset::Last => "real data, the last (ours)".to_string(),
                Subset::Random => {
                    format!("real data, mean of {} draws (ours)", real.errors.len())
                }
            },
            kind: Kind::Real,
            cells: BTreeMap::new(),
            scale: String::new(),
            trial: None,
        });
        row.cells
            .insert(real.images as u64, measured(error, interval));
    }
    rows.into_values().collect()
}

/// Which of our subsets of real images give what the paper printed for real data, in a sentence.
fn real_data(experiment: &Experiment, data: &str, paper: &PublishedTable) -> Option<String> {
    let printed = paper.rows.iter().find(|r| r.model == "real data")?;
    let printed = printed.cells.values().next()?.value;
    let (_, record) = records(experiment).find(|(_, r)| r.data == data && !r.real.is_empty())?;
    let name = |row: &crate::track::nearest::RealRow| {
        let (error, _) = record.real_share(row);
        let n = words::thousands(row.images as u64);
        let which = match row.subset {
            Subset::All => format!("all {n}"),
            Subset::First => format!("the first {n}"),
            Subset::Last => format!("the last {n}"),
            Subset::Random => format!("{n} at random, on average"),
        };
        format!("{which} ({})", hundredths(error))
    };
    // As many digits as the paper prints.
    let same = |error: f64| words::percent(error) == words::percent(printed);
    let (hit, missed): (Vec<_>, Vec<_>) = record
        .real
        .iter()
        .partition(|r| same(record.real_share(r).0));
    let list = |rows: Vec<&_>| words::list(&rows.into_iter().map(name).collect::<Vec<_>>());
    let printed = words::percent(printed);
    Some(match (hit.is_empty(), missed.is_empty()) {
        (true, _) => format!(
            "The paper prints {printed} for real data and does not say which; none of ours gives it: {}.",
            list(missed)
        ),
        (false, true) => format!(
            "The paper prints {printed} for real data and does not say which; so do {}.",
            list(hit)
        ),
        (false, false) => format!(
            "The paper prints {printed} for real data and does not say which: {} give it, and not {}.",
            list(hit),
            list(missed)
        ),
    })
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

    const RUN: &str = include_str!("../../tests/fixtures/report/cifar/3f0a9c1e/run.json");
    const NEAREST: &str = r#"{"key": "k", "data": "mnist", "queries": 10000, "seconds": 9.5,
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

    #[test]
    fn columns_of_the_paper_are_numbers() {
        assert_eq!(samples("samples-50k"), Some(50_000));
        assert_eq!(samples("samples-10m"), Some(10_000_000));
        assert_eq!(samples("units"), None);
        assert_eq!(samples("samples-many"), None);
    }
}
