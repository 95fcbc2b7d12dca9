//! Every format of a table, by its file name's ending.

use polars::error::PolarsResult;

use super::{csv, latex, markdown, parquet};
use crate::report::tables::Table;

/// A way to write a table.
pub struct Format {
    /// The file name's ending.
    pub extension: &'static str,
    /// Its name where people choose a download.
    pub name: &'static str,
    pub encode: fn(&Table) -> PolarsResult<Vec<u8>>,
}

/// Every format, in the order of the downloads.
pub const FORMATS: &[Format] = &[
    Format {
        extension: "csv",
        name: "CSV",
        encode: csv::encode,
    },
    Format {
        extension: "parquet",
        name: "Parquet",
        encode: parquet::encode,
    },
    Format {
        extension: "md",
        name: "Markdown",
        encode: markdown::encode,
    },
    Format {
        extension: "tex",
        name: "LaTeX",
        encode: latex::encode,
    },
];
