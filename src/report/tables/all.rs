//! Every table of a report on one experiment, in its order.

use super::{Table, filters, memorisation, quality, stability, table1, table2, table3};
use crate::report::ReportError;
use crate::report::collect::Experiment;
use crate::report::published::Published;

/// Builds tables for an experiment, none where it has nothing for them.
type Build = fn(&Experiment, &Published) -> Result<Vec<Table>, ReportError>;

/// Adding a table is a file and a line here.
const TABLES: &[Build] = &[
    table1::tables,
    table2::tables,
    table3::tables,
    stability::tables,
    memorisation::tables,
    filters::tables,
    quality::tables,
];

/// Every table that this experiment has something for.
///
/// # Errors
/// [`ReportError::Table`], and those of the records that the tables read.
pub fn tables(experiment: &Experiment, published: &Published) -> Result<Vec<Table>, ReportError> {
    let mut tables = Vec::new();
    for build in TABLES {
        tables.extend(build(experiment, published)?);
    }
    Ok(tables)
}
