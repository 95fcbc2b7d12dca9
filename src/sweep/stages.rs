//! What a trial does with its nets, in order: adding a stage is a file and a line.

use super::preflight::Sets;
use super::prints::Prints;
use super::trial::Stage;
use super::work::Work;
use super::{
    SweepError, explore, knn, memorisation, nearest, probes, quality, selectivity, supervised,
};
use crate::spec::Spec;
use crate::track::run::RunFolder;

/// A stage after training. It keeps what it found in the trial's folder and skips what lies there already.
struct AfterTraining {
    /// Refuse, before training, what it would refuse after.
    check: fn(&Spec, &mut Sets) -> Result<(), SweepError>,
    /// Whether everything that the spec asks of it lies in the folder.
    done: fn(&RunFolder, &Spec, &Prints) -> Result<bool, SweepError>,
    /// Do what is missing.
    run: fn(&mut Work) -> Result<Stage<()>, SweepError>,
}

macro_rules! stage {
    ($room:ident) => {
        AfterTraining {
            check: $room::check,
            done: $room::done,
            run: $room::run,
        }
    };
}

const STAGES: &[AfterTraining] = &[
    stage!(explore),
    stage!(probes),
    stage!(selectivity),
    stage!(memorisation),
    stage!(knn),
    stage!(supervised),
    stage!(nearest),
    stage!(quality),
];

/// Refuse what any stage would refuse.
pub(super) fn check(spec: &Spec, sets: &mut Sets) -> Result<(), SweepError> {
    STAGES
        .iter()
        .try_for_each(|stage| (stage.check)(spec, sets))
}

/// Whether every stage has done what the spec asks for.
pub(super) fn done(folder: &RunFolder, spec: &Spec, prints: &Prints) -> Result<bool, SweepError> {
    for stage in STAGES {
        if !(stage.done)(folder, spec, prints)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Every stage in turn.
pub(super) fn run(work: &mut Work) -> Result<Stage<()>, SweepError> {
    for stage in STAGES {
        if let Stage::Stopped = (stage.run)(work)? {
            return Ok(Stage::Stopped);
        }
    }
    Ok(Stage::Done(()))
}
