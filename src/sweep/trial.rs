//! One trial: data, training, features and probes, figures; each stage skipped where it is done.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Instant;

use candle_core::Device;

use super::preflight::{self, Sets};
use super::prints::Prints;
use super::work::Work;
use super::{SweepError, nets, sheets, stages};
use crate::data::{DataError, Dataset, Set, Store, Want};
use crate::spec::{ModelSpec, Spec, TrialSpec};
use crate::track::format::{DataRecord, RunRecord, Scale, Status, VERSION};
use crate::track::progress::Progress;
use crate::track::run::RunFolder;
use crate::track::{atomic, filters, history, protocol, provenance};
use crate::train::TrainError;

/// What every trial of a sweep shares.
#[derive(Clone)]
pub struct Context<'a> {
    /// Where results go: `results/<experiment>/<trial>/`.
    pub results: PathBuf,
    pub store: Store,
    /// Folder of data set cards that win over the built-in ones.
    pub cards: Option<&'a Path>,
    pub device: Device,
    pub device_name: String,
    pub profile: Option<String>,
    /// The command that runs this sweep.
    pub command: String,
    pub progress: &'a dyn Progress,
    /// Trials at a time; more than one shares the CPU's threads.
    pub jobs: usize,
}

/// How a trial ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ended {
    Finished,
    /// Everything was there already.
    Skipped,
    /// Diverged, now or in an earlier session; the reason.
    Failed(String),
    /// The user stopped it; the same command goes on.
    Stopped,
}

/// What a stage says when it is over.
pub(super) enum Stage<T> {
    Done(T),
    Stopped,
}

/// Run one trial to its end.
///
/// # Errors
/// What would stop every other trial too; divergence is [`Ended::Failed`].
pub fn run(of: &TrialSpec, id: &str, context: &Context) -> Result<Ended, SweepError> {
    let spec = &of.spec;
    let root = context.results.join(&spec.name).join(id);
    let mut folder = RunFolder::open(&root)?;
    let prints = match Prints::of(spec, context) {
        Err(SweepError::Data(DataError::Stopped)) => return Ok(Ended::Stopped),
        prints => prints?,
    };
    let before = folder.record()?;
    if folder.mend_table()? {
        context
            .progress
            .note("`metrics.parquet` was damaged and is made again from `metrics.jsonl`");
    }
    if let Some(record) = &before {
        if let (Status::Failed, Some(error)) = (record.status, &record.error)
            && error.starts_with("diverged")
        {
            return Ok(Ended::Failed(error.clone()));
        }
        if record.status == Status::Finished && stages::done(&folder, spec, &prints)? {
            return Ok(Ended::Skipped);
        }
    }
    let damaged = folder.damaged();
    damaged.iter().for_each(|said| context.progress.note(said));
    // What a finished trial is asked for anew.
    if preflight::is_over(&root) {
        match preflight::check(spec, &mut Sets::new(context)) {
            Err(SweepError::Data(DataError::Stopped)) => return Ok(Ended::Stopped),
            checked => checked?,
        }
    }
    let want = Want {
        size: Some(spec.data.size),
        channels: spec.data.channels,
    };
    let set = Set::find(&spec.data.train, context.cards)?;
    let dataset = match set.open(&spec.data.split, &want, &context.store, context.progress) {
        Err(DataError::Stopped) => return Ok(Ended::Stopped),
        opened => Rc::new(opened?),
    };
    let mut record = match before {
        Some(record) => RunRecord {
            status: Status::Running,
            error: None,
            profile: context.profile.clone(),
            device: context.device_name.clone(),
            command: context.command.clone(),
            label: of.label.clone(),
            arm: of.arm.clone(),
            parameters: of.parameters.clone(),
            ..record
        },
        None => new_record(of, id, context, &dataset),
    };
    atomic::write(
        &folder.path("spec.yaml"),
        serde_yaml::to_string(spec).unwrap_or_default().as_bytes(),
    )?;
    folder.write_record(&record)?;
    let result = run_stages(
        spec,
        id,
        context,
        &dataset,
        &mut folder,
        &prints,
        &mut record,
    );
    record.peak_memory = record.peak_memory.max(provenance::peak_memory());
    let (ended, result) = match result {
        Ok(Stage::Done(())) => {
            record.status = Status::Finished;
            record.finished = Some(provenance::now());
            (Ended::Finished, Ok(()))
        }
        Ok(Stage::Stopped) | Err(SweepError::Data(DataError::Stopped)) => {
            record.status = Status::Stopped;
            (Ended::Stopped, Ok(()))
        }
        Err(SweepError::Train(e @ TrainError::Diverged { .. })) => {
            record.status = Status::Failed;
            record.error = Some(e.to_string());
            (Ended::Failed(e.to_string()), Ok(()))
        }
        Err(e) => {
            record.status = Status::Failed;
            record.error = Some(e.to_string());
            (Ended::Failed(e.to_string()), Err(e))
        }
    };
    let damaged = folder.damaged();
    damaged.iter().for_each(|said| context.progress.note(said));
    folder.note(&format!("{:?}", record.status));
    // The first error is the one to tell, not that the record of it could not be written either.
    let written = folder.write_record(&record);
    result?;
    written?;
    Ok(ended)
}

fn run_stages(
    spec: &Spec,
    id: &str,
    context: &Context,
    dataset: &Rc<Dataset>,
    folder: &mut RunFolder,
    prints: &Prints,
    record: &mut RunRecord,
) -> Result<Stage<()>, SweepError> {
    let started = Instant::now();
    let trained = nets::trained(spec, id, context, dataset, folder);
    let over = matches!(trained, Ok(Stage::Done(_)));
    record.stage("train", started.elapsed().as_secs_f64(), over);
    let trained = match trained? {
        Stage::Done(nets) => nets,
        Stage::Stopped => return Ok(Stage::Stopped),
    };
    record.scale = trained.scale(spec, dataset);
    ended_early(spec, folder, record)?;
    let metrics = folder.path("metrics.jsonl");
    if metrics.exists() {
        history::to_parquet(&metrics, &folder.path("metrics.parquet"))?;
    }
    folder.write_record(record)?;
    sheets::figures(&trained, dataset, &context.device, folder)?;
    stages::run(&mut Work::new(
        spec, &trained, dataset, context, folder, prints, record,
    ))
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

/// What a run says of a data set it read.
pub(super) fn data_record(dataset: &Dataset) -> DataRecord {
    DataRecord {
        name: dataset.name.clone(),
        split: dataset.split.clone(),
        images: dataset.images.n,
        fingerprint: dataset.fingerprint.clone(),
        skipped: dataset.skipped.len(),
    }
}
