//! Why a report could not be written, or results could not be compared with a baseline.

use std::path::PathBuf;

use crate::spec::SpecError;
use crate::track::atomic::WriteError;
use crate::track::history::HistoryError;
use crate::track::progress::Stopped;
use crate::track::run::RunError;

/// Why a report could not be written, or results could not be compared with a baseline.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A file or folder of the results cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    /// A trial's record that is damaged or of a later version of this program.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Records that a comparison cannot do without.
    #[error("{0}")]
    Damaged(String),
    /// A folder without a single trial.
    #[error(
        "no trial in `{}`: expected folders that hold a `run.json`; run `dcgan sweep` on the experiment first",
        folder.display()
    )]
    NoTrials { folder: PathBuf },
    /// Nothing to compare with a baseline.
    #[error(
        "no finished trial of {profile} in `{}`; finished trials are of {found}; finish the sweep with the profile of the baseline, or pass `--accept` to make these results the baseline",
        folder.display()
    )]
    NoneFinished {
        folder: PathBuf,
        profile: String,
        found: String,
    },
    /// A baseline of another experiment.
    #[error("`{}` is the baseline of experiment `{found}`, the results are of `{expected}`", path.display())]
    OtherExperiment {
        path: PathBuf,
        found: String,
        expected: String,
    },
    #[error(transparent)]
    History(#[from] HistoryError),
    /// A table could not be built or encoded.
    #[error("cannot build the table `{table}`: {source}")]
    Table {
        table: String,
        source: polars::error::PolarsError,
    },
    /// A chart could not be drawn or encoded.
    #[error("cannot draw the chart `{chart}`: {message}")]
    Chart { chart: String, message: String },
    /// A YAML file (the published rows, a baseline) is wrong, with its place.
    #[error(transparent)]
    Yaml(#[from] SpecError),
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The user asked to stop; what was written so far is whole.
    #[error("{0}")]
    Stopped(#[from] Stopped),
}
