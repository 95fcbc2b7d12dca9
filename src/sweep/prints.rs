//! What results hang on beside their spec: the contents of folders and files that it only names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::id::short;
use super::trial::Context;
use super::{SweepError, explore, quality};
use crate::data::{Set, Store};
use crate::explore::requests;
use crate::spec::Spec;
use crate::track::hash;
use crate::track::progress::Progress;

/// What a result hangs on by its name alone.
pub(super) enum Read<'a> {
    /// A data set as a spec names it.
    Set(&'a str),
    File(PathBuf),
}

impl Read<'_> {
    fn name(&self) -> String {
        match self {
            Read::Set(name) => name.to_string(),
            Read::File(path) => path.display().to_string(),
        }
    }
}

/// Hashes of contents by the names that a spec has for them. The training set is not among them: the trial's id knows it.
#[derive(Default)]
pub(super) struct Prints(BTreeMap<String, String>);

impl Prints {
    /// Look at everything that the stages of `spec` read.
    ///
    /// # Errors
    /// As [`Prints::look`].
    pub fn of(spec: &Spec, context: &Context) -> Result<Prints, SweepError> {
        let figures = requests(&spec.explore)?;
        let own = &spec.data.train;
        let mut reads: Vec<Read> = spec.probe.iter().map(|p| Read::Set(&p.data)).collect();
        reads.extend(spec.supervised.iter().map(|s| Read::Set(&s.data)));
        reads.extend(spec.nearest.iter().map(|n| Read::Set(&n.data)));
        reads.extend(figures.iter().flat_map(explore::reads));
        reads.extend(spec.quality.iter().flat_map(|q| quality::reads(q, own)));
        let mut prints = Prints::default();
        let (cards, store) = (context.cards, &context.store);
        prints.look(&reads, own, cards, store, context.progress)?;
        Ok(prints)
    }

    /// Look at these, for a trial that was trained on `own`. A file that is not there is told by the stage that reads it.
    ///
    /// # Errors
    /// [`SweepError::Data`] for a data set that is not there, or where the user stopped it.
    pub fn look(
        &mut self,
        reads: &[Read],
        own: &str,
        cards: Option<&Path>,
        store: &Store,
        progress: &dyn Progress,
    ) -> Result<(), SweepError> {
        for read in reads {
            let print = match read {
                Read::Set(name) if *name == own || self.0.contains_key(*name) => None,
                Read::Set(name) => Some(Set::find(name, cards)?.fingerprint(store, progress)?),
                Read::File(path) => hash::file(path).ok().map(|digits| digits[..32].to_string()),
            };
            self.0.extend(print.map(|print| (read.name(), print)));
        }
        Ok(())
    }

    /// The key of a result that `parts` and the contents of `reads` determine.
    pub fn key(&self, mut parts: Value, reads: &[Read]) -> String {
        if let Value::Array(parts) = &mut parts {
            let known = reads.iter().filter_map(|read| self.0.get(&read.name()));
            parts.extend(known.map(|print| Value::from(print.as_str())));
        }
        short(parts.to_string())
    }
}
