//! The supervised stage: a random search on the rows of the probes' first draw, trial by trial, and the best one's test.

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::SweepError;
use super::preflight::{Sets, refused};
use super::prints::{Prints, Read};
use super::probes;
use super::random_search::Search;
use super::trial::Stage;
use super::work::Work;
use crate::probe::{self, HeldOut, ProbeError, ProbeSettings};
use crate::spec::{Spec, SupervisedSpec};
use crate::track::Streams;
use crate::track::format::Labels;
use crate::track::protocol;
use crate::track::run::{self, RunFolder};
use crate::track::supervised::SupervisedRecord;
use crate::train::supervised::{Labelled, Task};

/// What results are kept under: raised with the protocol.
const VERSION: u32 = protocol::SUPERVISED;

/// Whether the search that the spec asks for, if any, has its result.
pub(super) fn done(folder: &RunFolder, spec: &Spec, prints: &Prints) -> Result<bool, SweepError> {
    match &spec.supervised {
        Some(wanted) => Ok(stored(folder, wanted, spec, prints)?.is_some()),
        None => Ok(true),
    }
}

/// Refuse a data set without labels, and classes too small for the labelled and the held-out images.
pub(super) fn check(spec: &Spec, sets: &mut Sets) -> Result<(), SweepError> {
    let Some(wanted) = &spec.supervised else {
        return Ok(());
    };
    let [train, _] = sets.labelled("supervised.data", "supervised.data", &wanted.data)?;
    let settings = ProbeSettings {
        labels: Labels::PerClass(wanted.labels),
        validation: Some(wanted.validation),
        ..ProbeSettings::default()
    };
    let labels = train.labels.as_deref().unwrap_or_default();
    probe::check_rows(labels, train.classes.len(), &settings).map_err(|e| {
        let key = match &e {
            ProbeError::Setting { key, .. } => format!("supervised.{key}"),
            ProbeError::Svm(_) => "supervised.data".into(),
            _ => "supervised.labels".into(),
        };
        refused(&key, e.named(&train.classes))
    })
}

/// Run what is missing; write `supervised.json`.
pub(super) fn run(work: &mut Work) -> Result<Stage<()>, SweepError> {
    let (spec, folder, prints) = (work.spec, work.folder, work.prints);
    let Some(wanted) = &spec.supervised else {
        return Ok(Stage::Done(()));
    };
    let found = match stored(folder, wanted, spec, prints)? {
        Some(found) => found,
        None => {
            let found = work.timed("supervised", |work| search(work, wanted))?;
            let Some(found) = found else {
                return Ok(Stage::Stopped);
            };
            run::write_json(&result_path(folder, wanted, spec, prints), &found)?;
            folder.write_record(work.record)?;
            found
        }
    };
    run::write_json(&folder.path("supervised.json"), &found)?;
    Ok(Stage::Done(()))
}

/// What determines a trial, whatever the number of trials: more of them go on where fewer ended.
fn key(wanted: &SupervisedSpec, spec: &Spec, prints: &Prints) -> String {
    let parts = serde_json::json!([
        VERSION,
        SupervisedSpec {
            trials: 0,
            ..wanted.clone()
        },
        spec.seed
    ]);
    prints.key(parts, &[Read::Set(&wanted.data)])
}

fn result_path(
    folder: &RunFolder,
    wanted: &SupervisedSpec,
    spec: &Spec,
    prints: &Prints,
) -> std::path::PathBuf {
    let name = format!(
        "supervised/{}-{}-trials.json",
        key(wanted, spec, prints),
        wanted.trials
    );
    folder.path(&name)
}

fn stored(
    folder: &RunFolder,
    wanted: &SupervisedSpec,
    spec: &Spec,
    prints: &Prints,
) -> Result<Option<SupervisedRecord>, SweepError> {
    Ok(folder.stored(&result_path(folder, wanted, spec, prints))?)
}

/// Every trial, then the test of the best; `None` where the user stopped it.
fn search(
    work: &mut Work,
    wanted: &SupervisedSpec,
) -> Result<Option<SupervisedRecord>, SweepError> {
    let (spec, nets, context, folder) = (work.spec, work.nets, work.context, work.folder);
    let prints = work.prints;
    let [all, test] = work.labelled(&wanted.data, "supervised.data")?;
    let (images, classes) = (&all.images, all.classes.len());
    let all = all.labels.as_deref().unwrap_or_default();
    let streams = Streams::new(spec.seed);
    let labels = Labels::PerClass(wanted.labels);
    let rows = streams
        .stream(&probes::stream(&wanted.data, labels))
        .next_u64();
    let rows = HeldOut::draw(
        all,
        classes,
        wanted.labels,
        wanted.validation,
        1,
        &mut ChaCha8Rng::seed_from_u64(rows),
    )?;
    let part = |rows: &[usize]| -> Result<Labelled, SweepError> {
        Ok(Labelled {
            images: images.subset(rows)?,
            labels: rows.iter().filter_map(|i| all.get(*i).copied()).collect(),
        })
    };
    let fit = rows.fits.first().map_or(&[][..], Vec::as_slice);
    let (labelled, validate) = (part(fit)?, part(&rows.validate)?);
    let search = Search {
        wanted,
        key: key(wanted, spec, prints),
        task: Task {
            architecture: &nets.architecture,
            classes,
            train: &labelled,
            validate: &validate,
            epochs: wanted.epochs,
            device: &context.device,
        },
        streams,
        context,
        folder,
    };
    let Some((trials, chosen)) = search.trials()? else {
        return Ok(None);
    };
    let Some((net, accuracy)) = search.test(chosen, &test)? else {
        return Ok(None);
    };
    Ok(Some(SupervisedRecord {
        protocol: protocol::SUPERVISED,
        data: wanted.data.clone(),
        labels,
        held_out: wanted.validation,
        train_rows: labelled.images.n,
        test_rows: test.images.n,
        epochs: wanted.epochs,
        parameters: net.params().map(|(_, v)| v.elem_count() as u64).sum(),
        validation: trials.get(chosen).map_or(0.0, |t| t.validation),
        chosen,
        accuracy,
        seconds: trials.iter().map(|t| t.seconds).sum(),
        trials,
    }))
}
