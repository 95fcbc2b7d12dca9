//! What a stage is, and what is the same for all of them: results kept by what they read, skipping, timing, stopping.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::spec::Spec;
use crate::sweep::SweepError;
use crate::sweep::fingerprints::{Fingerprints, Source};
use crate::sweep::preflight::Sets;
use crate::sweep::trial_context::TrialContext;
use crate::track::run::{self, RunFolder};

/// A stage after training. Its results lie in `RESULTS/KEY.json`, a file each, and together in `RESULTS.json`.
pub(in crate::sweep) trait Stage {
    /// Its name in the run's record, beside the seconds that it took.
    const NAME: &'static str;
    /// Its results' folder, and the name of the file that holds all of them.
    const RESULTS: &'static str = Self::NAME;
    /// Raised when the same inputs would give other numbers than before.
    const VERSION: u32;
    /// One result that a spec asks for.
    type Wanted<'s>;
    type Record: Serialize + DeserializeOwned;

    /// Every result that the spec asks for, in the order of the spec.
    ///
    /// # Errors
    /// [`SweepError::Spec`] for a part of the spec that the stage's own room reads.
    fn wanted(spec: &Spec) -> Result<Vec<Self::Wanted<'_>>, SweepError>;

    /// Everything that decides a result beside the trial's own nets and training images.
    fn reads<'s>(wanted: &Self::Wanted<'s>, spec: &'s Spec) -> Inputs<'s>;

    /// Refuse, before the trial trains, what [`Stage::find`] would refuse after.
    fn check(spec: &Spec, sets: &mut Sets) -> Result<(), SweepError>;

    /// Find one result.
    fn find(
        trial: &mut TrialContext,
        wanted: &Self::Wanted<'_>,
    ) -> Result<Self::Record, SweepError>;

    /// Results are found in this order, those alike in the order of the spec: neighbours share what was made for the last.
    fn rank(_: &Self::Wanted<'_>) -> usize {
        0
    }

    /// Whether everything that a result speaks of is still there.
    fn stands(_: &Self::Record, _: &RunFolder) -> bool {
        true
    }

    /// Put all results, in the order of the spec, where the report reads them.
    fn gather(folder: &RunFolder, records: &[Self::Record]) -> Result<(), SweepError> {
        Ok(run::write_json(&together::<Self>(folder.root()), &records)?)
    }
}

/// What decides a result.
pub(in crate::sweep) struct Inputs<'s> {
    /// The part of the spec, with seeds and sizes.
    pub spec: Value,
    /// Data sets and files that the spec only names.
    pub contents: Vec<Source<'s>>,
}

/// The file that holds all results of a stage.
pub(in crate::sweep) fn together<S: Stage + ?Sized>(trial: &Path) -> PathBuf {
    trial.join(format!("{}.json", S::RESULTS))
}

/// Twelve digits that stand for everything that decides a result.
pub(in crate::sweep) fn key<'s, S: Stage + ?Sized>(
    wanted: &S::Wanted<'s>,
    spec: &'s Spec,
    fingerprints: &Fingerprints,
) -> String {
    let Inputs { spec, contents } = S::reads(wanted, spec);
    fingerprints.key(S::NAME, S::VERSION, spec, &contents)
}

/// Where a result lies.
pub(in crate::sweep) fn path<S: Stage + ?Sized>(trial: &Path, key: &str) -> PathBuf {
    trial.join(S::RESULTS).join(format!("{key}.json"))
}

/// The result that was found before, if there is one and it stands.
fn stored<'s, S: Stage>(
    folder: &RunFolder,
    spec: &'s Spec,
    wanted: &S::Wanted<'s>,
    fingerprints: &Fingerprints,
) -> Result<Option<S::Record>, SweepError> {
    let path = path::<S>(folder.root(), &key::<S>(wanted, spec, fingerprints));
    let record: Option<S::Record> = folder.stored(&path)?;
    Ok(record.filter(|record| S::stands(record, folder)))
}

/// Whether every result that the spec asks for is there.
pub(in crate::sweep) fn done<S: Stage>(
    folder: &RunFolder,
    spec: &Spec,
    fingerprints: &Fingerprints,
) -> Result<bool, SweepError> {
    for wanted in S::wanted(spec)? {
        if stored::<S>(folder, spec, &wanted, fingerprints)?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Find what is missing, keep each result as it is found, and gather all of them.
pub(in crate::sweep) fn run<S: Stage>(trial: &mut TrialContext) -> Result<(), SweepError> {
    let (spec, folder, fingerprints) = (trial.spec, trial.folder, trial.fingerprints);
    let wanted = S::wanted(spec)?;
    if wanted.is_empty() {
        return Ok(());
    }
    let mut order: Vec<&S::Wanted<'_>> = wanted.iter().collect();
    order.sort_by_key(|wanted| S::rank(wanted));
    for wanted in order {
        if stored::<S>(folder, spec, wanted, fingerprints)?.is_some() {
            continue;
        }
        trial.context.progress.check()?;
        let record = trial.timed(S::NAME, |trial| S::find(trial, wanted))?;
        let path = path::<S>(folder.root(), &key::<S>(wanted, spec, fingerprints));
        run::write_json(&path, &record)?;
        folder.write_record(trial.record)?;
    }
    // Features of one stage would take memory beside those of the next.
    trial.release();
    let mut records = Vec::with_capacity(wanted.len());
    for wanted in &wanted {
        records.extend(stored::<S>(folder, spec, wanted, fingerprints)?);
    }
    S::gather(folder, &records)
}
