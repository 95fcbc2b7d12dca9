//! The measurements of training over time: `metrics.jsonl` while a trial runs, `metrics.parquet` after.
//!
//! The lines are append-only, so a kill costs at most the last line; the table is for analysis elsewhere:
//! columns `step`, `epoch`, `seconds` and one per value, null where a step did not log it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use polars::prelude::{Column, DataFrame, ParquetReader, ParquetWriter, PolarsError, SerReader};
use serde::Deserialize;

use super::atomic::{self, WriteError};
use super::format::Point;

/// Why a history could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The file is there but cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    /// A whole line that is not a measurement.
    #[error(
        "{}:{line}: not a line of measurements: {message}; remove this line, or the trial's folder to run it again",
        path.display()
    )]
    Line {
        path: PathBuf,
        line: usize,
        message: String,
    },
    /// A Parquet file that is damaged or not a history.
    #[error("`{}` is not a table of measurements: {source}", path.display())]
    Table { path: PathBuf, source: PolarsError },
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// As [`Point`], but a value may be null: JSON's only way to write the NaN of a diverged step.
#[derive(Deserialize)]
struct Line {
    step: u64,
    epoch: f64,
    seconds: f64,
    values: BTreeMap<String, Option<f64>>,
}

/// Read `metrics.jsonl`.
///
/// An unfinished last line (a killed writer) is left out. Where steps go back (a trial resumed from a checkpoint
/// repeats the steps after it) the later line counts. Null values are left out.
///
/// # Errors
/// [`HistoryError::Read`]; [`HistoryError::Line`] with the line's number.
pub fn read_jsonl(path: &Path) -> Result<Vec<Point>, HistoryError> {
    let lines = read_lines(path, |line: &Line| line.step)?;
    let point = |line: Line| Point {
        step: line.step,
        epoch: line.epoch,
        seconds: line.seconds,
        values: line
            .values
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect(),
    };
    Ok(lines.into_iter().map(point).collect())
}

/// Read a file of one record a line as [`read_jsonl`] does; `step` says to which step a record belongs.
///
/// # Errors
/// As [`read_jsonl`].
pub fn read_lines<T: serde::de::DeserializeOwned>(
    path: &Path,
    step: impl Fn(&T) -> u64,
) -> Result<Vec<T>, HistoryError> {
    let bytes = std::fs::read(path).map_err(|source| HistoryError::Read {
        path: path.to_path_buf(),
        source,
    })?;
    let mut records: Vec<T> = Vec::new();
    let whole = bytes.ends_with(b"\n");
    let count = bytes.split(|&b| b == b'\n').count();
    for (i, line) in bytes.split(|&b| b == b'\n').enumerate() {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match serde_json::from_slice::<T>(line) {
            Ok(record) => {
                while records
                    .last()
                    .is_some_and(|last| step(last) >= step(&record))
                {
                    records.pop();
                }
                records.push(record);
            }
            Err(_) if !whole && i + 1 == count => {}
            Err(e) => {
                return Err(HistoryError::Line {
                    path: path.to_path_buf(),
                    line: i + 1,
                    message: e.to_string(),
                });
            }
        }
    }
    Ok(records)
}

/// The measurements as a table.
///
/// # Errors
/// A value named like one of the three index columns.
pub fn table(points: &[Point]) -> Result<DataFrame, PolarsError> {
    let names: BTreeSet<&String> = points.iter().flat_map(|p| p.values.keys()).collect();
    let mut columns: Vec<Column> = vec![
        Column::new("step".into(), index(points, |p| p.step)),
        Column::new("epoch".into(), index(points, |p| p.epoch)),
        Column::new("seconds".into(), index(points, |p| p.seconds)),
    ];
    for name in names {
        let values: Vec<Option<f64>> = points.iter().map(|p| p.values.get(name).copied()).collect();
        columns.push(Column::new(name.as_str().into(), values));
    }
    DataFrame::new(points.len(), columns)
}

fn index<T>(points: &[Point], of: impl Fn(&Point) -> T) -> Vec<T> {
    points.iter().map(of).collect()
}

/// Write `metrics.parquet` from `metrics.jsonl`, whole or not at all, and return the number of rows.
///
/// # Errors
/// As [`read_jsonl`], and [`HistoryError::Write`].
pub fn to_parquet(jsonl: &Path, parquet: &Path) -> Result<usize, HistoryError> {
    let points = read_jsonl(jsonl)?;
    let not_a_table = |source| HistoryError::Table {
        path: jsonl.to_path_buf(),
        source,
    };
    let mut table = table(&points).map_err(not_a_table)?;
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes)
        .finish(&mut table)
        .map_err(not_a_table)?;
    atomic::write(parquet, &bytes)?;
    Ok(points.len())
}

/// Read `metrics.parquet`.
///
/// # Errors
/// [`HistoryError::Read`]; [`HistoryError::Table`] where it is damaged or lacks the three index columns.
pub fn read_parquet(path: &Path) -> Result<Vec<Point>, HistoryError> {
    let bytes = std::fs::read(path).map_err(|source| HistoryError::Read {
        path: path.to_path_buf(),
        source,
    })?;
    let not_a_table = |source| HistoryError::Table {
        path: path.to_path_buf(),
        source,
    };
    let table = ParquetReader::new(std::io::Cursor::new(bytes))
        .finish()
        .map_err(not_a_table)?;
    points(&table).map_err(not_a_table)
}

fn points(table: &DataFrame) -> Result<Vec<Point>, PolarsError> {
    let steps = table.column("step")?.u64()?;
    let epochs = table.column("epoch")?.f64()?;
    let seconds = table.column("seconds")?.f64()?;
    let mut points: Vec<Point> = steps
        .iter()
        .zip(epochs.iter().zip(seconds.iter()))
        .map(|(step, (epoch, seconds))| Point {
            step: step.unwrap_or_default(),
            epoch: epoch.unwrap_or_default(),
            seconds: seconds.unwrap_or_default(),
            values: BTreeMap::new(),
        })
        .collect();
    for column in table.columns() {
        let name = column.name().as_str();
        if ["step", "epoch", "seconds"].contains(&name) {
            continue;
        }
        for (point, value) in points.iter_mut().zip(column.f64()?.iter()) {
            if let Some(value) = value {
                point.values.insert(name.to_string(), value);
            }
        }
    }
    Ok(points)
}

/// The history of a run folder: its `metrics.jsonl`, else its `metrics.parquet`, else nothing.
///
/// # Errors
/// As [`read_jsonl`] and [`read_parquet`].
pub fn read(folder: &Path) -> Result<Vec<Point>, HistoryError> {
    let jsonl = folder.join("metrics.jsonl");
    let parquet = folder.join("metrics.parquet");
    match (jsonl.exists(), parquet.exists()) {
        (true, _) => read_jsonl(&jsonl),
        (false, true) => read_parquet(&parquet),
        (false, false) => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(step: u64, d: &str) -> String {
        format!(
            r#"{{"step":{step},"epoch":0.5,"seconds":1.5,"values":{{"loss.d":{d},"loss.g":{step}}}}}"#
        )
    }

    #[test]
    fn a_resumed_and_killed_history_reads_back_the_same_from_parquet() {
        let dir = tempfile::tempdir().unwrap();
        let jsonl = dir.path().join("metrics.jsonl");
        let text = [
            line(10, "1.0"),
            line(20, "2.0"),
            line(30, "3.0"),
            line(20, "2.5"),
            line(30, "null"),
        ]
        .join("\n")
            + "\n{\"step\":40,\"ep";
        std::fs::write(&jsonl, text).unwrap();
        let points = read(dir.path()).unwrap();
        assert_eq!(
            points.iter().map(|p| p.step).collect::<Vec<_>>(),
            [10, 20, 30]
        );
        assert_eq!(points[1].values["loss.d"], 2.5);
        assert!(!points[2].values.contains_key("loss.d"));

        assert_eq!(
            to_parquet(&jsonl, &dir.path().join("metrics.parquet")).unwrap(),
            3
        );
        std::fs::remove_file(&jsonl).unwrap();
        assert_eq!(read(dir.path()).unwrap(), points);
    }

    #[test]
    fn a_corrupt_line_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let jsonl = dir.path().join("metrics.jsonl");
        std::fs::write(
            &jsonl,
            line(1, "1") + "\n{\"step\": oops}\n" + &line(2, "1") + "\n",
        )
        .unwrap();
        let e = read_jsonl(&jsonl).unwrap_err().to_string();
        assert!(
            e.contains("metrics.jsonl:2: not a line of measurements"),
            "{e}"
        );
    }

    #[test]
    fn a_truncated_table_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let jsonl = dir.path().join("a.jsonl");
        let parquet = dir.path().join("metrics.parquet");
        std::fs::write(&jsonl, line(1, "1") + "\n").unwrap();
        to_parquet(&jsonl, &parquet).unwrap();
        let bytes = std::fs::read(&parquet).unwrap();
        std::fs::write(&parquet, &bytes[..bytes.len() - 9]).unwrap();
        let e = read(dir.path()).unwrap_err().to_string();
        assert!(e.contains("is not a table of measurements"), "{e}");
    }
}
