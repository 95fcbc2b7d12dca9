//! The parts of the paper in its order, from `published.yaml`.

use serde::Deserialize;

use crate::report::ReportError;
use crate::report::published;
use crate::spec::load;

/// A part of the paper, from `published.yaml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Its anchor, unique.
    pub id: String,
    pub title: String,
    /// What the paper shows there, in words.
    pub paper: String,
    /// Experiments of ours, by name or by what they reproduce, in order of preference.
    pub experiments: Vec<String>,
    pub show: Vec<Show>,
    /// The data of the paper's; `None` where any will do.
    pub data: Option<PaperData>,
    /// The claims that it bears on, by name.
    #[serde(default)]
    pub claims: Vec<String>,
    /// The commands that make it.
    pub run: Vec<String>,
}

/// Data that the paper used for a part of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperData {
    /// As people call it.
    pub name: String,
    /// Data sets that are it.
    pub sets: Vec<String>,
    /// The command that runs on it, where there is one.
    pub run: Option<String>,
}

/// What of ours stands beside a part of the paper.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Show {
    /// The schematic of the first trial that has one.
    Architecture,
    /// The last sample sheet of the first trial that has one.
    #[serde(rename = "sheet")]
    LastSheet,
    /// The sample sheet after this epoch.
    #[serde(untagged)]
    Sheet { sheet: u32 },
    /// The figure that `dcgan explore` calls this, of every experiment that has it.
    #[serde(untagged)]
    Figure { figure: String },
    /// Tables whose name begins so, over all trials.
    #[serde(untagged)]
    Tables { tables: Vec<String> },
    /// Charts whose name begins so, over all trials.
    #[serde(untagged)]
    Charts { charts: Vec<String> },
}

/// Read the outline that is built into the program, in the paper's order.
///
/// # Errors
/// [`ReportError::Yaml`] where the built-in file is wrong; a test keeps it right.
pub fn outline() -> Result<Vec<Item>, ReportError> {
    Ok(load::typed(&published::part("outline")?)?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::report::claims::claims;

    #[test]
    fn every_claim_stands_beside_a_part_of_the_paper() {
        let outline = outline().unwrap();
        let ids: BTreeSet<&str> = outline.iter().map(|i| i.id.as_str()).collect();
        assert_eq!(ids.len(), outline.len());
        let beside: BTreeSet<String> = outline.iter().flat_map(|i| i.claims.clone()).collect();
        let claims: BTreeSet<String> = claims().unwrap().into_iter().map(|c| c.id).collect();
        assert_eq!(beside, claims);
        assert!(
            outline
                .iter()
                .all(|i| !i.run.is_empty() && !i.show.is_empty())
        );
    }

    #[test]
    fn the_experiments_to_run_are_there() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let outline = outline().unwrap();
        let claims = claims().unwrap();
        let commands = outline.iter().flat_map(|i| i.run.iter());
        for command in commands.chain(claims.iter().map(|c| &c.run)) {
            for file in command.split(' ').filter(|w| w.ends_with(".yaml")) {
                if file.starts_with("experiments/") {
                    assert!(root.join(file).is_file(), "`{command}`: no such file");
                }
            }
        }
    }
}
