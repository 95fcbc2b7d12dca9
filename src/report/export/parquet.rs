//! Tables as Parquet.

use polars::error::PolarsResult;
use polars::prelude::ParquetWriter;

use crate::report::tables::Table;

/// Typed columns, as in the CSV.
pub fn encode(table: &Table) -> PolarsResult<Vec<u8>> {
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(&mut table.data.clone())?;
    Ok(bytes)
}
