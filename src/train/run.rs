//! The loop: epochs of mini-batches, metrics, sheets, checkpoints, and a safe stop at any moment.

use std::time::{Duration, Instant};

use super::watch::Watch;
use super::{TrainError, Trainer};
use crate::data::Images;
use crate::spec::{StopOn, TrainSpec};
use crate::track::format::Point;
use crate::track::progress::{Progress, Stopped, Unit};
use crate::track::run::RunFolder;
use crate::track::sheet;

/// Longest time between two checkpoints: what a crash may cost.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(120);
/// Where training goes on from.
pub const LATEST: &str = "checkpoints/latest.safetensors";

/// Where the nets after an epoch of `train.keep` lie.
pub fn kept(epoch: usize) -> String {
    format!("checkpoints/epoch-{epoch:04}.safetensors")
}

/// How training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Finished,
    /// `train.stop_on` ended it; nothing is left to train.
    Ended(StopOn),
}

/// Train to the end of the last epoch or until the user stops it, resuming where a checkpoint lies.
///
/// # Errors
/// [`TrainError::Stopped`] with everything saved, [`TrainError::Diverged`], a broken checkpoint, or a file that cannot be written.
pub fn run(
    trainer: &mut Trainer,
    spec: &TrainSpec,
    images: &Images,
    folder: &mut RunFolder,
    progress: &dyn Progress,
) -> Result<Outcome, TrainError> {
    let latest = folder.path(LATEST);
    if latest.exists() {
        trainer.resume(&latest)?;
    }
    folder.rewind(trainer.steps())?;
    let mut watch = Watch::begin(trainer, spec, images, folder)?;
    if let Some(reason) = watch.stopped() {
        return Ok(Outcome::Ended(reason));
    }
    let per_epoch = trainer.steps_per_epoch();
    let total = per_epoch * spec.epochs as u64;
    let batch = spec.batch_size as u64;
    if trainer.steps() > 0 && trainer.steps() < total {
        let epoch = trainer.steps() as f64 / per_epoch as f64;
        progress.note(&format!("resuming at epoch {epoch:.2} of {}", spec.epochs));
        folder.note(&format!("resumed at step {}", trainer.steps()));
    }
    if trainer.steps() == 0 {
        sheet(trainer, folder, 0)?;
    }
    let mut bar = progress.begin("train", Some(total * batch), Unit::Images);
    bar.advance(trainer.steps() * batch);
    let mut saved = Instant::now();
    let mut timed = (trainer.steps(), trainer.seconds());
    let mut live = Live::default();
    while trainer.steps() < total {
        // Under the alternating schedule a line of metrics spans two steps: never stop between them.
        let whole = trainer.steps().is_multiple_of(2);
        if whole && progress.stop_requested() {
            trainer.save(&latest)?;
            folder.note(&format!("stopped at step {}", trainer.steps()));
            return Err(Stopped.into());
        }
        let report = trainer.step(images)?;
        let step = trainer.steps();
        bar.advance(batch);
        live.see(&report.values);
        let ended = watch.look(trainer, folder, step as f64 / per_epoch as f64)?;
        if step.is_multiple_of(spec.log_every) || step == total || ended.is_some() {
            let rate = ((step - timed.0) * batch) as f64 / (trainer.seconds() - timed.1);
            timed = (step, trainer.seconds());
            let epoch = step as f64 / per_epoch as f64;
            bar.message(&format!("epoch {epoch:.2} {live} {rate:.0} img/s"));
            let mut values = live.latest.clone();
            values.insert("images_per_second".to_string(), rate);
            values.extend(watch.values());
            folder.log(&Point {
                step,
                epoch,
                seconds: trainer.seconds(),
                values,
            })?;
        }
        if let Some((reason, what)) = ended {
            trainer.save(&latest)?;
            progress.note(&format!(
                "stopped by {} at step {step}: {what}",
                reason.name()
            ));
            folder.note(&format!(
                "stopped by {} at step {step}: {what}",
                reason.name()
            ));
            watch.note(folder, trainer.seconds());
            return Ok(Outcome::Ended(reason));
        }
        if step.is_multiple_of(per_epoch) {
            let epoch = step / per_epoch;
            let named = spec.sheets.contains_key(&(epoch as usize));
            if named || epoch.is_multiple_of(spec.sheet_every as u64) || step == total {
                sheet(trainer, folder, epoch)?;
            }
            if spec.keep.contains(&(epoch as usize)) {
                trainer.save_nets(&folder.path(&kept(epoch as usize)))?;
            }
        }
        if step.is_multiple_of(per_epoch)
            || (step.is_multiple_of(2) && saved.elapsed() > CHECKPOINT_EVERY)
        {
            trainer.save(&latest)?;
            saved = Instant::now();
        }
    }
    watch.note(folder, trainer.seconds());
    Ok(Outcome::Finished)
}

fn sheet(trainer: &Trainer, folder: &RunFolder, epoch: u64) -> Result<(), TrainError> {
    let samples = trainer.samples()?;
    let path = folder.path(&format!("figures/samples-epoch-{epoch:04}.png"));
    Ok(sheet::write(&path, &samples.tiles(), 10, 2)?)
}

/// The latest value of each metric: under the alternating schedule a step has only one net's.
#[derive(Default)]
struct Live {
    latest: std::collections::BTreeMap<String, f64>,
}

impl Live {
    fn see(&mut self, values: &std::collections::BTreeMap<String, f64>) {
        for (name, value) in values {
            self.latest.insert(name.clone(), *value);
        }
    }
}

impl std::fmt::Display for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let get = |name: &str| self.latest.get(name).copied().unwrap_or(f64::NAN);
        write!(f, "D {:.2} G {:.2}", get("loss.d"), get("loss.g"))
    }
}
