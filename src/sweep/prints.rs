//! What results hang on beside their spec: the contents of folders and files that it only names.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::SweepError;
use super::id::{hex, short};
use super::quality;
use super::trial::Context;
use crate::data::{Set, Store};
use crate::spec::{FigureSpec, QualitySpec, SpaceSpec, Spec};
use crate::track::progress::Progress;
use crate::train::FINAL;

/// Hashes of contents by the names that a spec has for them. The training set is not among them: the trial's id knows it.
#[derive(Default)]
pub(super) struct Prints(BTreeMap<String, String>);

impl Prints {
    /// Look at everything that the stages of `spec` read.
    ///
    /// # Errors
    /// As [`Prints::set`].
    pub fn of(spec: &Spec, context: &Context) -> Result<Prints, SweepError> {
        let mut prints = Prints::default();
        let (cards, store, progress) = (context.cards, &context.store, context.progress);
        let mut sets: Vec<&str> = spec.probe.iter().map(|p| p.data.as_str()).collect();
        sets.extend(spec.supervised.iter().map(|s| s.data.as_str()));
        sets.extend(spec.nearest.iter().map(|n| n.data.as_str()));
        sets.extend(spec.explore.iter().filter_map(|e| e.data.as_deref()));
        for name in sets.into_iter().filter(|name| *name != spec.data.train) {
            prints.set(name, cards, store, progress)?;
        }
        for wanted in &spec.quality {
            prints.quality(wanted, &spec.data.train, cards, store, progress)?;
        }
        for figure in &spec.explore {
            match &figure.figure {
                FigureSpec::Drop { boxes, .. } => prints.file(boxes),
                FigureSpec::Digits { beside, .. } => {
                    beside.iter().for_each(|net| prints.file(&net.join(FINAL)));
                }
                _ => {}
            }
        }
        Ok(prints)
    }

    /// What one comparison reads, of a trial that was trained on `own`.
    ///
    /// # Errors
    /// As [`Prints::set`].
    pub fn quality(
        &mut self,
        wanted: &QualitySpec,
        own: &str,
        cards: Option<&Path>,
        store: &Store,
        progress: &dyn Progress,
    ) -> Result<(), SweepError> {
        let (set, _) = quality::named(&wanted.against, own);
        if set != own {
            self.set(set, cards, store, progress)?;
        }
        match &wanted.space {
            SpaceSpec::Inception(weights) => self.file(&weights.inception),
            SpaceSpec::Trial(folder) => self.file(&folder.join(FINAL)),
            SpaceSpec::Trained | SpaceSpec::Untrained => {}
        }
        Ok(())
    }

    /// # Errors
    /// [`SweepError::Data`] for a data set that is not there, or where the user stopped it.
    fn set(
        &mut self,
        name: &str,
        cards: Option<&Path>,
        store: &Store,
        progress: &dyn Progress,
    ) -> Result<(), SweepError> {
        if !self.0.contains_key(name) {
            let print = Set::find(name, cards)?.fingerprint(store, progress)?;
            self.0.insert(name.to_string(), print);
        }
        Ok(())
    }

    /// A file that is not there is told by the stage that reads it.
    fn file(&mut self, path: &Path) {
        let read = || -> std::io::Result<Sha256> {
            let mut hash = Sha256::new();
            std::io::copy(&mut std::fs::File::open(path)?, &mut hash)?;
            Ok(hash)
        };
        if let Ok(hash) = read() {
            let print = hex(&hash.finalize()[..16]);
            self.0.insert(path.display().to_string(), print);
        }
    }

    /// The key of a result that `parts` and the contents of `names` determine.
    pub fn key(&self, mut parts: Value, names: &[&str]) -> String {
        if let Value::Array(parts) = &mut parts {
            let known = names.iter().filter_map(|name| self.0.get(*name));
            parts.extend(known.map(|print| Value::from(print.as_str())));
        }
        short(parts.to_string())
    }
}
