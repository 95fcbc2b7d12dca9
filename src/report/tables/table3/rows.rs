//! The rows of table 3: the paper's, real images, and each trial's generated images.

use std::collections::BTreeMap;

use crate::report::collect::{Experiment, Trial};
use crate::report::describe;
use crate::report::published::PublishedTable;
use crate::report::tables::marks::Origin;
use crate::report::versions::{Version, Versions};
use crate::report::words;
use crate::track::format::{Features, Status};
use crate::track::nearest::{NearestRecord, Subset};

/// One model's test errors by the number of images that it is classified by.
#[derive(Debug, Clone, PartialEq)]
pub struct NearestRow {
    pub model: String,
    pub kind: Kind,
    pub cells: BTreeMap<u64, Cell>,
    /// The scale in words; empty for the paper's rows and real images.
    pub scale: String,
    pub trial: Option<String>,
    /// What made its numbers; `None` for the paper's.
    pub version: Option<Version>,
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
    pub origin: Origin,
}

/// Each trial with its record.
pub(super) fn records(experiment: &Experiment) -> impl Iterator<Item = (&Trial, &NearestRecord)> {
    let trials = experiment.trials.iter();
    trials.filter_map(|t| Some((t, t.nearest.as_ref()?)))
}

/// The paper's rows, then real images, then each trial's.
pub fn rows(
    experiment: &Experiment,
    data: &str,
    paper: Option<&PublishedTable>,
) -> Vec<NearestRow> {
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
        rows.push(NearestRow {
            model,
            kind: Kind::Generated,
            cells: cells.collect(),
            scale: describe::scale(Features::Trained, &trial.run),
            trial: Some(trial.run.trial.clone()),
            version: Some(Version::of(trial, record.protocol)),
        });
    }
    let versions = Versions::of(rows.iter().map(|r| r.version));
    for row in &mut rows {
        row.model += &versions.sign(row.version);
    }
    rows
}

fn measured(error: f64, interval: Option<f64>) -> Cell {
    Cell {
        error,
        interval,
        origin: Origin::Measured,
    }
}

fn paper_rows(table: &PublishedTable) -> Vec<NearestRow> {
    let rows = table.rows.iter().map(|row| NearestRow {
        model: row.model.clone(),
        kind: Kind::Paper,
        cells: row
            .cells
            .iter()
            .filter_map(|(column, cell)| {
                let cell = Cell {
                    error: cell.value,
                    interval: cell.interval,
                    origin: Origin::Printed(cell.source),
                };
                Some((samples(column)?, cell))
            })
            .collect(),
        scale: row.scale.clone().unwrap_or_default(),
        trial: None,
        version: None,
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
fn real_rows(record: &NearestRecord) -> Vec<NearestRow> {
    let mut rows: BTreeMap<Subset, NearestRow> = BTreeMap::new();
    for real in &record.real {
        let (error, interval) = record.real_share(real);
        let row = rows.entry(real.subset).or_insert_with(|| NearestRow {
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
            version: Some(Version {
                training: None,
                protocol: record.protocol,
            }),
        });
        row.cells
            .insert(real.images as u64, measured(error, interval));
    }
    rows.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_the_paper_are_numbers() {
        assert_eq!(samples("samples-50k"), Some(50_000));
        assert_eq!(samples("samples-10m"), Some(10_000_000));
        assert_eq!(samples("units"), None);
        assert_eq!(samples("samples-many"), None);
    }
}
