//! Tables as CSV.

use polars::error::PolarsResult;
use polars::prelude::{CsvWriter, SerWriter};

use crate::report::tables::Table;

/// Numbers at full precision, a header line, empty where unknown.
pub fn encode(table: &Table) -> PolarsResult<Vec<u8>> {
    let mut bytes = Vec::new();
    CsvWriter::new(&mut bytes).finish(&mut table.data.clone())?;
    Ok(bytes)
}
