//! The paper's own numbers and statements, from `published.yaml` beside this file.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::ReportError;
use crate::spec::{load, tree::Node};

const FILE: &str = "src/report/published.yaml";
const TEXT: &str = include_str!("published.yaml");

/// The paper's tables by name (`table-1`).
pub type Published = BTreeMap<String, PublishedTable>;

/// One table of the paper.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedTable {
    pub title: String,
    /// The card of the data set on which its numbers were measured.
    pub data: String,
    /// The data set as people write it.
    pub name: String,
    pub measure: Measure,
    pub rows: Vec<PublishedRow>,
}

impl PublishedTable {
    /// The rows of the paper's own net.
    pub fn dcgan(&self) -> impl Iterator<Item = &PublishedRow> {
        self.rows
            .iter()
            .filter(|row| row.model.starts_with("DCGAN"))
    }
}

/// What the numbers of a table count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Measure {
    Accuracy,
    Error,
}

/// One row of a table of the paper.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedRow {
    pub model: String,
    /// Length of the feature vector, where the paper gives it.
    pub dimensions: Option<usize>,
    /// What the paper trained, and on what.
    pub scale: Option<String>,
    pub note: Option<String>,
    /// Column to number: `all`, a number of labels per class, `validation` (measured on the validation images),
    /// `units`, `samples-50k`.
    pub cells: BTreeMap<String, PublishedCell>,
}

/// A printed number.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedCell {
    /// A fraction from 0 to 1, or a count in the column `units`.
    pub value: f64,
    /// The ± beside it.
    pub interval: Option<f64>,
    pub source: Source,
}

/// How sure it is that the paper printed this number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Compared with text sources.
    PaperTextChecked,
    /// As read in the PDF, not compared with a second source.
    Pdf,
    /// Quoted by papers that cite it; the paper as first printed has another number or none.
    LaterPapers,
}

impl Source {
    /// The word in the data files.
    pub fn name(self) -> &'static str {
        match self {
            Source::PaperTextChecked => "paper-text-checked",
            Source::Pdf => "pdf",
            Source::LaterPapers => "later-papers",
        }
    }
}

/// A data set's name as people write it, where the paper has a table on it; else its card's.
pub fn data_name<'a>(published: &'a Published, data: &'a str) -> &'a str {
    let table = published.values().find(|t| t.data == data);
    table.map_or(data, |t| t.name.as_str())
}

/// Keys of the file that are no tables.
const PARTS: &[&str] = &["claims", "outline"];

/// Read the rows that are built into the program.
///
/// # Errors
/// [`ReportError::Yaml`] where the built-in file is wrong; a test keeps it right.
pub fn published() -> Result<Published, ReportError> {
    let mut tree = load::parse(TEXT, FILE)?;
    PARTS.iter().for_each(|part| drop(tree.take(part)));
    Ok(load::typed(&tree)?)
}

/// What stands under a key of the file that is no table, such as `claims`.
///
/// # Errors
/// As [`published`].
pub(super) fn part(name: &str) -> Result<Node, ReportError> {
    let mut tree = load::parse(TEXT, FILE)?;
    // An absent key is an empty map, which no typed reader takes for what it wants.
    Ok(tree.take(name).unwrap_or(tree))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_row_of_table_1_is_there() {
        let tables = published().unwrap();
        assert_eq!(tables["table-1"].rows.len(), 5);
        let dcgan = &tables["table-1"].rows[4];
        assert_eq!(dcgan.cells["all"].value, 0.828);
        assert_eq!(dcgan.cells["400"].interval, Some(0.004));
        assert_eq!(dcgan.cells["all"].source, Source::PaperTextChecked);
        assert_eq!(tables["table-2"].measure, Measure::Error);
        assert_eq!(tables["table-3"].rows[4].cells["samples-10m"].value, 0.0148);
    }
}
