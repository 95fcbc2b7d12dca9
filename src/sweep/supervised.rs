//! The supervised stage: a random search on the rows of the probes' first draw, trial by trial, and the best one's test.

use std::time::Instant;

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::SweepError;
use super::id::short;
use super::nets::Nets;
use super::probes;
use super::random_search::Search;
use super::trial::{Context, Stage, data_record};
use crate::data::{Dataset, Set, Want};
use crate::probe::HeldOut;
use crate::spec::{Spec, SupervisedSpec};
use crate::track::Streams;
use crate::track::format::{Labels, RunRecord};
use crate::track::run::{self, RunFolder};
use crate::track::supervised::SupervisedRecord;
use crate::train::supervised::{Labelled, Task};

/// Raised when the same search would give other numbers than before.
const VERSION: u32 = 1;

/// Whether the search that the spec asks for, if any, has its result.
pub(super) fn done(folder: &RunFolder, spec: &Spec) -> Result<bool, SweepError> {
    match &spec.supervised {
        Some(wanted) => Ok(stored(folder, wanted, spec)?.is_some()),
        None => Ok(true),
    }
}

/// Run what is missing; write `supervised.json`.
pub(super) fn run(
    spec: &Spec,
    nets: &Nets,
    dataset: &Dataset,
    context: &Context,
    folder: &RunFolder,
    record: &mut RunRecord,
) -> Result<Stage<()>, SweepError> {
    let Some(wanted) = &spec.supervised else {
        return Ok(Stage::Done(()));
    };
    let found = match stored(folder, wanted, spec)? {
        Some(found) => found,
        None => {
            let started = Instant::now();
            let found = search(spec, wanted, nets, dataset, context, folder, record);
            let done = matches!(found, Ok(Some(_)));
            record.stage("supervised", started.elapsed().as_secs_f64(), done);
            let Some(found) = found? else {
                return Ok(Stage::Stopped);
            };
            run::write_json(&result_path(folder, wanted, spec), &found)?;
            folder.write_record(record)?;
            found
        }
    };
    run::write_json(&folder.path("supervised.json"), &found)?;
    Ok(Stage::Done(()))
}

/// What determines a trial, whatever the number of trials: more of them go on where fewer ended.
fn key(wanted: &SupervisedSpec, spec: &Spec) -> String {
    let parts = serde_json::json!([
        VERSION,
        SupervisedSpec {
            trials: 0,
            ..wanted.clone()
        },
        spec.seed
    ]);
    short(parts.to_string())
}

fn result_path(folder: &RunFolder, wanted: &SupervisedSpec, spec: &Spec) -> std::path::PathBuf {
    let name = format!(
        "supervised/{}-{}-trials.json",
        key(wanted, spec),
        wanted.trials
    );
    folder.path(&name)
}

fn stored(
    folder: &RunFolder,
    wanted: &SupervisedSpec,
    spec: &Spec,
) -> Result<Option<SupervisedRecord>, SweepError> {
    Ok(run::read_json(&result_path(folder, wanted, spec))?)
}

/// Every trial, then the test of the best; `None` where the user stopped it.
fn search(
    spec: &Spec,
    wanted: &SupervisedSpec,
    nets: &Nets,
    dataset: &Dataset,
    context: &Context,
    folder: &RunFolder,
    record: &mut RunRecord,
) -> Result<Option<SupervisedRecord>, SweepError> {
    let set = Set::find(&wanted.data, context.cards)?;
    let want = Want {
        size: Some(spec.data.size),
        channels: Some(dataset.images.c),
    };
    let mut open = |split: &str| -> Result<(Labelled, usize), SweepError> {
        let found = set.open(split, &want, &context.store, context.progress)?;
        record.saw(data_record(&found));
        match found.labels {
            Some(labels) => {
                let images = found.images;
                Ok((Labelled { images, labels }, found.classes.len()))
            }
            None => Err(SweepError::NoLabels {
                name: found.name,
                split: found.split,
                key: "supervised.data",
            }),
        }
    };
    let (all, classes) = open("train")?;
    let (test, _) = open("test")?;
    let streams = Streams::new(spec.seed);
    let labels = Labels::PerClass(wanted.labels);
    let rows = streams
        .stream(&probes::stream(&wanted.data, labels))
        .next_u64();
    let rows = HeldOut::draw(
        &all.labels,
        classes,
        wanted.labels,
        wanted.validation,
        1,
        &mut ChaCha8Rng::seed_from_u64(rows),
    )?;
    let part = |rows: &[usize]| -> Result<Labelled, SweepError> {
        Ok(Labelled {
            images: all.images.subset(rows)?,
            labels: rows
                .iter()
                .filter_map(|i| all.labels.get(*i).copied())
                .collect(),
        })
    };
    let fit = rows.fits.first().map_or(&[][..], Vec::as_slice);
    let (labelled, validate) = (part(fit)?, part(&rows.validate)?);
    drop(all);
    let search = Search {
        wanted,
        key: key(wanted, spec),
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
