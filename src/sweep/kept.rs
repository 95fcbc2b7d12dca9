//! Results of the probes' rows, one a probe and a kind of features, each kept in a file by what determines it.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::SweepError;
use super::prints::Prints;
use super::work::{Rows, Work};
use crate::probe::ProbeError;
use crate::spec::{Features, ProbeSpec, Spec};
use crate::track::run::{self, RunFolder};

/// Finds one result.
type Find<R> = fn(&Work, &Rows, &ProbeSpec, Features) -> Result<R, ProbeError>;

/// Results of one stage.
pub(super) struct Kept<R> {
    /// The stage's name in the run's record, and its results' folder.
    pub stage: &'static str,
    pub folder: &'static str,
    /// Every probe with every kind of features that it asks for, in the order of the spec.
    pub wanted: fn(&Spec) -> Vec<(&ProbeSpec, Features)>,
    /// What determines a result.
    pub key: fn(&ProbeSpec, Features, &Spec, &Prints) -> String,
    /// The result on these rows.
    pub find: Find<R>,
}

impl<R: Serialize + DeserializeOwned> Kept<R> {
    fn path(&self, folder: &RunFolder, key: &str) -> std::path::PathBuf {
        folder.path(&format!("{}/{key}.json", self.folder))
    }

    /// Whether every result that the spec asks for is there.
    pub fn done(
        &self,
        folder: &RunFolder,
        spec: &Spec,
        prints: &Prints,
    ) -> Result<bool, SweepError> {
        let wanted = (self.wanted)(spec);
        Ok(self.stored(folder, spec, prints)?.len() == wanted.len())
    }

    /// The results that are there, in the order of the spec.
    fn stored(
        &self,
        folder: &RunFolder,
        spec: &Spec,
        prints: &Prints,
    ) -> Result<Vec<R>, SweepError> {
        let mut found = Vec::new();
        for (probe, kind) in (self.wanted)(spec) {
            let path = self.path(folder, &(self.key)(probe, kind, spec, prints));
            found.extend(folder.stored::<R>(&path)?);
        }
        Ok(found)
    }

    /// Find what is missing, kind by kind, so that each kind's features are made once; then all of them. `None` where
    /// the user stopped it.
    pub fn run(&self, work: &mut Work) -> Result<Option<Vec<R>>, SweepError> {
        let (spec, folder, prints) = (work.spec, work.folder, work.prints);
        for kind in [
            Features::Trained,
            Features::Untrained,
            Features::Pixels,
            Features::KMeans,
        ] {
            let wanted = (self.wanted)(spec).into_iter();
            for (probe, _) in wanted.filter(|(_, k)| *k == kind) {
                let path = self.path(folder, &(self.key)(probe, kind, spec, prints));
                if folder.stored::<R>(&path)?.is_some() {
                    continue;
                }
                let Some(rows) = work.timed("features", |work| work.rows(probe, kind))? else {
                    return Ok(None);
                };
                let found = work.timed(self.stage, |work| {
                    match (self.find)(work, &rows, probe, kind) {
                        Ok(found) => Ok(Some(found)),
                        Err(ProbeError::Stopped) => Ok(None),
                        Err(e) => Err(e.named(rows.class_names()).into()),
                    }
                })?;
                let Some(found) = found else {
                    return Ok(None);
                };
                run::write_json(&path, &found)?;
                folder.write_record(work.record)?;
            }
        }
        work.release();
        Ok(Some(self.stored(folder, spec, prints)?))
    }
}
