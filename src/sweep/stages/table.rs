//! Every stage, in the order in which a trial runs them: adding one is a file and a line here.

use super::explore::Explore;
use super::knn::Knn;
use super::memorisation::Memorised;
use super::nearest::NearestNeighbours;
use super::probes::Probes;
use super::quality::Quality;
use super::selectivity::UnitSelectivity;
use super::stage::{self, Stage};
use super::supervised::Supervised;
use crate::spec::Spec;
use crate::sweep::SweepError;
use crate::sweep::fingerprints::{Fingerprints, Source};
use crate::sweep::preflight::Sets;
use crate::sweep::trial_context::TrialContext;
use crate::track::run::RunFolder;

struct Row {
    /// Data sets and files that the spec only names.
    sources: fn(&Spec) -> Result<Vec<Source<'_>>, SweepError>,
    check: fn(&Spec, &mut Sets) -> Result<(), SweepError>,
    done: fn(&RunFolder, &Spec, &Fingerprints) -> Result<bool, SweepError>,
    run: fn(&mut TrialContext) -> Result<(), SweepError>,
}

const fn row<S: Stage>() -> Row {
    Row {
        sources: sources_of::<S>,
        check: S::check,
        done: stage::done::<S>,
        run: stage::run::<S>,
    }
}

const STAGES: [Row; 8] = [
    row::<Explore>(),
    row::<Probes>(),
    row::<UnitSelectivity>(),
    row::<Memorised>(),
    row::<Knn>(),
    row::<Supervised>(),
    row::<NearestNeighbours>(),
    row::<Quality>(),
];

fn sources_of<S: Stage>(spec: &Spec) -> Result<Vec<Source<'_>>, SweepError> {
    let wanted = S::wanted(spec)?;
    let reads = wanted.iter().map(|wanted| S::reads(wanted, spec));
    Ok(reads.flat_map(|reads| reads.contents).collect())
}

/// Everything that the stages of `spec` read by its name alone.
///
/// # Errors
/// As [`Stage::wanted`].
pub(in crate::sweep) fn sources(spec: &Spec) -> Result<Vec<Source<'_>>, SweepError> {
    let mut all = Vec::new();
    for row in &STAGES {
        all.extend((row.sources)(spec)?);
    }
    Ok(all)
}

/// Refuse what any stage would refuse.
pub(in crate::sweep) fn check(spec: &Spec, sets: &mut Sets) -> Result<(), SweepError> {
    STAGES.iter().try_for_each(|row| (row.check)(spec, sets))
}

/// Whether every stage has done what the spec asks for.
pub(in crate::sweep) fn done(
    folder: &RunFolder,
    spec: &Spec,
    fingerprints: &Fingerprints,
) -> Result<bool, SweepError> {
    for row in &STAGES {
        if !(row.done)(folder, spec, fingerprints)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Every stage in turn.
pub(in crate::sweep) fn run(trial: &mut TrialContext) -> Result<(), SweepError> {
    STAGES.iter().try_for_each(|row| (row.run)(trial))
}
