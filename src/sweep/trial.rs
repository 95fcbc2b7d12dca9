//! One trial: data, training, features and probes, figures; each stage skipped where it is done.

use std::rc::Rc;
use std::time::Instant;

use super::context::Context;
use super::fingerprints::Fingerprints;
use super::outcome::TrialOutcome;
use super::preflight::{self, Sets};
use super::stages::table;
use super::trial_context::{TrialContext, data_record};
use super::{SweepError, nets, sheets};
use crate::data::{Dataset, Set, Want};
use crate::spec::{ModelSpec, Spec, TrialSpec};
use crate::track::atomic::WriteError;
use crate::track::format::{Failure, RunRecord, Scale, Status, VERSION};
use crate::track::progress::is_stop;
use crate::track::run::RunFolder;
use crate::track::{atomic, filters, history, protocol, provenance};
use crate::train::TrainError;

/// The resolved spec, in a trial's folder.
const SPEC: &str = "spec.yaml";

/// Run one trial to its end.
///
/// # Errors
/// What would stop every other trial too; divergence is [`TrialOutcome::Failed`].
pub fn run(of: &TrialSpec, id: &str, context: &Context) -> Result<TrialOutcome, SweepError> {
    match prepare(of, id, context) {
        Ok(Prepared::Over(outcome)) => Ok(outcome),
        Ok(Prepared::ToDo(mut trial)) => {
            let result = work(&mut trial, &of.spec, id, context);
            trial.tell_of_damage(context);
            trial.end(result)
        }
        Err(e) if is_stop(&e) => Ok(TrialOutcome::Stopped),
        Err(e) => Err(e),
    }
}

/// A trial whose data are read and whose record says that it runs.
struct Running {
    folder: RunFolder,
    fingerprints: Fingerprints,
    dataset: Rc<Dataset>,
    record: RunRecord,
}

enum Prepared {
    /// There is nothing to do, or nothing that could be done.
    Over(TrialOutcome),
    ToDo(Box<Running>),
}

/// Look at what is there, read the training images, write the spec and a record that says `running`.
fn prepare(of: &TrialSpec, id: &str, context: &Context) -> Result<Prepared, SweepError> {
    let spec = &of.spec;
    let root = context.results.join(&spec.name).join(id);
    let folder = RunFolder::open(&root)?;
    let own = &spec.data.train;
    let fingerprints = Fingerprints::of(&table::sources(spec)?, own, context)?;
    let before = folder.record()?;
    if folder.mend_table()? {
        context
            .progress
            .note("`metrics.parquet` was damaged and is made again from `metrics.jsonl`");
    }
    if let Some(record) = &before {
        if record.failure == Some(Failure::Diverged) {
            let why = record.error.clone().unwrap_or_default();
            return Ok(Prepared::Over(TrialOutcome::Failed(why)));
        }
        if record.status == Status::Finished && table::done(&folder, spec, &fingerprints)? {
            return Ok(Prepared::Over(TrialOutcome::Skipped));
        }
    }
    // What a finished trial is asked for anew.
    if preflight::is_over(&root) {
        preflight::check(spec, &mut Sets::new(context))?;
    }
    let want = Want {
        size: Some(spec.data.size),
        channels: spec.data.channels,
    };
    let set = Set::find(own, context.cards)?;
    let dataset = set.open(&spec.data.split, &want, &context.store, context.progress)?;
    let record = match before {
        Some(record) => RunRecord {
            status: Status::Running,
            error: None,
            failure: None,
            profile: context.profile.clone(),
            device: context.device_name.clone(),
            command: context.command.clone(),
            label: of.label.clone(),
            arm: of.arm.clone(),
            parameters: of.parameters.clone(),
            // The trial's id says so.
            training: protocol::TRAINING,
            ..record
        },
        None => new_record(of, id, context, &dataset),
    };
    let resolved = serde_yaml::to_string(spec).map_err(|e| WriteError {
        path: folder.path(SPEC),
        source: std::io::Error::other(e),
    })?;
    atomic::write(&folder.path(SPEC), resolved.as_bytes())?;
    folder.write_record(&record)?;
    let running = Running {
        folder,
        fingerprints,
        dataset: Rc::new(dataset),
        record,
    };
    running.tell_of_damage(context);
    Ok(Prepared::ToDo(Box::new(running)))
}

/// Train, then every stage.
fn work(trial: &mut Running, spec: &Spec, id: &str, context: &Context) -> Result<(), SweepError> {
    let Running {
        folder,
        fingerprints,
        dataset,
        record,
    } = trial;
    let started = Instant::now();
    let trained = nets::trained(spec, id, context, dataset, folder);
    record.stage("train", started.elapsed().as_secs_f64(), trained.is_ok());
    let trained = trained?;
    record.scale = trained.scale(spec, dataset);
    ended_early(spec, folder, record)?;
    let metrics = folder.path("metrics.jsonl");
    if metrics.exists() {
        history::to_parquet(&metrics, &folder.path("metrics.parquet"))?;
    }
    folder.write_record(record)?;
    sheets::figures(&trained, dataset, &context.device, folder)?;
    table::run(&mut TrialContext::new(
        spec,
        &trained,
        dataset,
        context,
        folder,
        fingerprints,
        record,
    ))
}

impl Running {
    /// Say which damaged records were set aside.
    fn tell_of_damage(&self, context: &Context) {
        let said = self.folder.damaged();
        said.iter().for_each(|line| context.progress.note(line));
    }

    /// Write down how it ended.
    fn end(mut self, result: Result<(), SweepError>) -> Result<TrialOutcome, SweepError> {
        let record = &mut self.record;
        record.peak_memory = record.peak_memory.max(provenance::peak_memory());
        let (outcome, result) = match result {
            Ok(()) => {
                record.status = Status::Finished;
                record.finished = Some(provenance::now());
                (TrialOutcome::Finished, Ok(()))
            }
            Err(e) if is_stop(&e) => {
                record.status = Status::Stopped;
                (TrialOutcome::Stopped, Ok(()))
            }
            Err(e) => {
                record.status = Status::Failed;
                record.error = Some(e.to_string());
                let diverged = matches!(e, SweepError::Train(TrainError::Diverged { .. }));
                record.failure = Some(match diverged {
                    true => Failure::Diverged,
                    false => Failure::Error,
                });
                let outcome = TrialOutcome::Failed(e.to_string());
                (outcome, if diverged { Ok(()) } else { Err(e) })
            }
        };
        self.folder.note(&format!("{:?}", record.status));
        // The first error is the one to tell, not that the record of it could not be written either.
        let written = self.folder.write_record(&self.record);
        result?;
        written?;
        Ok(outcome)
    }
}

/// Say of a training that `train.stop_on` ended when and why; its epochs are those that it had.
fn ended_early(spec: &Spec, folder: &RunFolder, record: &mut RunRecord) -> Result<(), SweepError> {
    if spec.train.stop_on.is_empty() {
        return Ok(());
    }
    let looks = filters::read(folder.root())?;
    if let Some(look) = looks.last()
        && let Some(reason) = look.stop
    {
        record.error = Some(format!(
            "stopped by {} at step {}",
            reason.name(),
            look.step
        ));
        record.scale.epochs = look.epoch;
    }
    Ok(())
}

fn new_record(of: &TrialSpec, id: &str, context: &Context, dataset: &Dataset) -> RunRecord {
    let spec = &of.spec;
    RunRecord {
        format: VERSION,
        experiment: spec.name.clone(),
        trial: id.to_string(),
        label: of.label.clone(),
        arm: of.arm.clone(),
        parameters: of.parameters.clone(),
        reproduces: spec.reproduces.clone(),
        status: Status::Running,
        error: None,
        failure: None,
        profile: context.profile.clone(),
        device: context.device_name.clone(),
        started: provenance::now(),
        finished: None,
        stages: Vec::new(),
        peak_memory: None,
        versions: provenance::versions(),
        commit: provenance::commit(),
        data: vec![data_record(dataset)],
        training: protocol::TRAINING,
        seed: spec.seed,
        scale: Scale {
            net: match &spec.model {
                ModelSpec::Preset { preset, .. } => preset.name().to_string(),
                ModelSpec::Released { .. } => "released".to_string(),
                ModelSpec::Torch { .. } => "PyTorch checkpoint".to_string(),
            },
            width: 0,
            size: spec.data.size,
            epochs: spec.train.epochs as f64,
            trained_on: spec.data.train.clone(),
            images: dataset.images.n,
            discriminator_parameters: 0,
            generator_parameters: 0,
        },
        command: context.command.clone(),
    }
}
