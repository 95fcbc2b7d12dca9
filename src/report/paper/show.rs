//! What the experiments have for each part of the paper.

use super::outline::{Item, Show};
use super::pictures::{Picture, pictures};
use crate::report::ReportError;
use crate::report::chart::all::charts;
use crate::report::chart::canvas::Rendered;
use crate::report::claims::Decided;
use crate::report::collect::{Experiment, Trial};
use crate::report::published::Published;
use crate::report::tables::{Table, tables};

/// A part of the paper with what is ours beside it.
pub struct Shown<'a> {
    pub item: Item,
    pub claims: Vec<&'a Decided>,
    pub pictures: Vec<Picture<'a>>,
    pub tables: Vec<Table>,
    pub charts: Vec<Rendered>,
    /// The trials behind it saw the paper's data.
    own: bool,
}

impl Shown<'_> {
    /// What stands there was made on other data than the paper's.
    pub fn stands_in(&self) -> bool {
        !self.is_empty() && !self.own
    }

    /// Nothing of ours stands there.
    pub fn is_empty(&self) -> bool {
        self.pictures.is_empty() && self.tables.is_empty() && self.charts.is_empty()
    }
}

/// Gather what `item` asks for.
///
/// # Errors
/// Those of the tables, charts and records.
pub fn shown<'a>(
    item: Item,
    experiments: &'a [Experiment],
    published: &Published,
    decided: &'a [Decided],
) -> Result<Shown<'a>, ReportError> {
    let trials = trials(&item, experiments);
    let mut found = Shown {
        claims: decided
            .iter()
            .filter(|d| item.claims.contains(&d.claim.id))
            .collect(),
        pictures: Vec::new(),
        tables: Vec::new(),
        charts: Vec::new(),
        own: item.data.as_ref().is_none_or(|paper| {
            let seen = trials.iter().flat_map(|t| &t.run.data);
            seen.into_iter().any(|d| paper.sets.contains(&d.name))
        }),
        item,
    };
    if trials.is_empty() {
        return Ok(found);
    }
    let named = |id: &str, names: &[String]| names.iter().any(|n| id.starts_with(n.as_str()));
    let together = || Experiment {
        name: found.item.id.clone(),
        folder: Default::default(),
        trials: trials.iter().map(|t| (*t).clone()).collect(),
        left_out: Vec::new(),
    };
    for show in &found.item.show {
        match show {
            Show::Tables { tables: names } => {
                let all = tables(&together(), published)?;
                found
                    .tables
                    .extend(all.into_iter().filter(|t| named(&t.id, names)));
            }
            Show::Charts { charts: names } => {
                let all = charts(&together(), published)?;
                found
                    .charts
                    .extend(all.into_iter().filter(|c| named(c.id, names)));
            }
            show => found.pictures.extend(pictures(show, &trials)?),
        }
    }
    Ok(found)
}

/// The trials of the experiments that an item names, in the order of the names, each once.
fn trials<'a>(item: &Item, experiments: &'a [Experiment]) -> Vec<&'a Trial> {
    let mut found: Vec<&Trial> = Vec::new();
    for name in &item.experiments {
        for trial in experiments.iter().flat_map(|e| &e.trials) {
            let asked =
                trial.run.experiment == *name || trial.run.reproduces.as_ref() == Some(name);
            if asked && !found.iter().any(|t| t.folder == trial.folder) {
                found.push(trial);
            }
        }
    }
    found
}
