//! The statements of the paper that numbers can check, from `published.yaml`.

use serde::Deserialize;

use crate::report::ReportError;
use crate::report::published;
use crate::spec::load;

/// A statement that numbers can check, from `published.yaml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Its name, unique.
    pub id: String,
    pub statement: String,
    /// Where in the paper it stands.
    pub section: String,
    pub source: Origin,
    /// The test that decides it.
    pub test: String,
    /// Only trials of experiments that reproduce this (`table-1`) decide it; `None`: any trial with the records.
    pub reproduces: Option<String>,
    /// The command that makes what decides it.
    pub run: String,
}

/// Whose statement it is, and how sure it is that the paper makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Compared with text sources of the paper.
    PaperTextChecked,
    /// As read in the PDF, not compared with a second source.
    Pdf,
    /// Not stated there: a control that its argument rests on.
    Ours,
}

impl Origin {
    /// The word in the data file.
    pub fn name(self) -> &'static str {
        match self {
            Origin::PaperTextChecked => "paper-text-checked",
            Origin::Pdf => "pdf",
            Origin::Ours => "ours",
        }
    }
}

/// Read the statements that are built into the program, in the paper's order.
///
/// # Errors
/// [`ReportError::Yaml`] where the built-in file is wrong; a test keeps it right.
pub fn claims() -> Result<Vec<Claim>, ReportError> {
    Ok(load::typed(&published::part("claims")?)?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::report::claims::all;

    #[test]
    fn every_claim_has_a_name_of_its_own_and_a_test() {
        let claims = claims().unwrap();
        let names: BTreeSet<&str> = claims.iter().map(|c| c.id.as_str()).collect();
        assert_eq!(names.len(), claims.len());
        let asked: BTreeSet<&str> = claims.iter().map(|c| c.test.as_str()).collect();
        let there: BTreeSet<&str> = all::TESTS.iter().map(|t| t.0).collect();
        assert_eq!(
            asked, there,
            "the tests that claims name, and those there are"
        );
    }
}
