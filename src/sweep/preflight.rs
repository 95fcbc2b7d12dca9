//! What training and every stage after it would refuse, asked before the first trial trains: splits, labels, classes and their
//! sizes, files.

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use super::context::Context;
use super::stages::table;
use super::{SweepError, nets};
use crate::data::{DataError, Outline, Set};
use crate::spec::Spec;
use crate::track::format::{Failure, RunRecord, Status};
use crate::track::progress::is_stop;
use crate::track::run;

/// Looks at data sets without keeping their pixels, at each split once.
pub(super) struct Sets<'a> {
    context: &'a Context<'a>,
    seen: BTreeMap<(String, String), Rc<Outline>>,
}

impl<'a> Sets<'a> {
    pub fn new(context: &'a Context<'a>) -> Self {
        Sets {
            context,
            seen: BTreeMap::new(),
        }
    }

    /// A split that the spec's key `key` asks for.
    pub fn split(&mut self, key: &str, name: &str, split: &str) -> Result<Rc<Outline>, SweepError> {
        let of = (name.to_string(), split.to_string());
        if let Some(there) = self.seen.get(&of) {
            return Ok(there.clone());
        }
        let (store, progress) = (&self.context.store, self.context.progress);
        let outline = Set::find(name, self.context.cards)
            .and_then(|set| set.outline(split, store, progress))
            .map_err(|e| refused(key, e))?;
        let outline = Rc::new(outline);
        self.seen.insert(of, outline.clone());
        Ok(outline)
    }

    /// The splits `train` and `test`, with labels.
    pub fn labelled(
        &mut self,
        key: &'static str,
        at: &str,
        name: &str,
    ) -> Result<[Rc<Outline>; 2], SweepError> {
        let sets = [
            self.split(at, name, "train")?,
            self.split(at, name, "test")?,
        ];
        match sets.iter().find(|set| set.labels.is_none()) {
            None => Ok(sets),
            Some(set) => Err(SweepError::NoLabels {
                name: set.name.clone(),
                split: set.split.clone(),
                key,
            }),
        }
    }

    /// Tell the user of what will not be done.
    pub fn note(&self, line: &str) {
        self.context.progress.note(line);
    }
}

/// Refuse a trial that could not be finished.
///
/// # Errors
/// [`SweepError`] of the first thing that training or a stage would refuse, with the spec's key.
pub(super) fn check(spec: &Spec, sets: &mut Sets) -> Result<(), SweepError> {
    nets::check(spec, sets)?;
    table::check(spec, sets)
}

/// Whether the trial in `root` ended before, so that nothing need be read for it.
pub(super) fn is_over(root: &Path) -> bool {
    let record = run::read_json::<RunRecord>(&root.join("run.json"));
    // A record that cannot be read is told by the trial itself.
    let Ok(Some(record)) = record else {
        return false;
    };
    match record.status {
        Status::Finished => true,
        Status::Failed => record.failure == Some(Failure::Diverged),
        _ => false,
    }
}

/// `error` with the spec's key that asks for what it refuses; the user's wish to stop stays what it is.
pub(super) fn refused(key: &str, error: impl Into<SweepError>) -> SweepError {
    match error.into() {
        stop if is_stop(&stop) => stop,
        // Files that are not to be had say nothing of the key.
        gone @ SweepError::Data(DataError::Unavailable { .. }) => gone,
        source => SweepError::Refused {
            key: key.to_string(),
            source: Box::new(source),
        },
    }
}

/// Refuse a file or folder that is not there.
pub(super) fn exists(key: &str, path: &Path) -> Result<(), SweepError> {
    match std::fs::metadata(path) {
        Ok(_) => Ok(()),
        Err(source) => Err(SweepError::Missing {
            key: key.to_string(),
            path: path.to_path_buf(),
            source,
        }),
    }
}
