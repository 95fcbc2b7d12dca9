//! What each result depends on beside its spec: the contents of data sets and files that the spec only names.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::SweepError;
use super::context::Context;
use super::id::short;
use crate::data::{Set, Store};
use crate::track::hash;
use crate::track::progress::Progress;

/// Something that a result reads and a spec only names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source<'a> {
    /// A data set as a spec names it.
    Set(Cow<'a, str>),
    File(PathBuf),
}

impl<'a> Source<'a> {
    /// A data set as a spec names it.
    pub fn set(name: impl Into<Cow<'a, str>>) -> Self {
        Source::Set(name.into())
    }

    fn name(&self) -> String {
        match self {
            Source::Set(name) => name.to_string(),
            Source::File(path) => path.display().to_string(),
        }
    }
}

/// Hashes of contents by the names that a spec has for them. The training set is not among them: the trial's id knows it.
#[derive(Default)]
pub(super) struct Fingerprints(BTreeMap<String, String>);

impl Fingerprints {
    /// Hash `sources`, which the stages of a trial trained on `own` read.
    ///
    /// # Errors
    /// As [`Fingerprints::add`].
    pub fn of(sources: &[Source], own: &str, context: &Context) -> Result<Self, SweepError> {
        let mut fingerprints = Fingerprints::default();
        let (cards, store) = (context.cards, &context.store);
        fingerprints.add(sources, own, cards, store, context.progress)?;
        Ok(fingerprints)
    }

    /// Hash these, for a trial that was trained on `own`. A file that is not there is told by the stage that reads it.
    ///
    /// # Errors
    /// [`SweepError::Data`] for a data set that is not there, or where the user stopped it.
    pub fn add(
        &mut self,
        sources: &[Source],
        own: &str,
        cards: Option<&Path>,
        store: &Store,
        progress: &dyn Progress,
    ) -> Result<(), SweepError> {
        for source in sources {
            let hash = match source {
                Source::Set(name) if name == own || self.0.contains_key(name.as_ref()) => None,
                Source::Set(name) => Some(Set::find(name, cards)?.fingerprint(store, progress)?),
                Source::File(path) => hash::file(path).ok().map(|digits| digits[..32].to_string()),
            };
            self.0.extend(hash.map(|hash| (source.name(), hash)));
        }
        Ok(())
    }

    /// The key of a stage's result: by its version, its part of the spec, and the contents of what it reads.
    pub fn key(&self, stage: &str, version: u32, spec: Value, contents: &[Source]) -> String {
        let known: Vec<_> = contents.iter().map(|s| self.0.get(&s.name())).collect();
        short(json!([stage, version, spec, known]).to_string())
    }
}
