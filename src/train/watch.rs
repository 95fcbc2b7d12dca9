//! The filter monitor's place in the loop: when it looks, where it writes, what it ends.

use std::time::Instant;

use super::monitor::{Monitor, reason};
use super::{TrainError, Trainer};
use crate::data::Images;
use crate::spec::{StopOn, TrainSpec};
use crate::track::filters;
use crate::track::run::RunFolder;

/// A monitor that looks every so many mini-batches; none where the spec turns it off.
pub struct Watch<'a> {
    spec: &'a TrainSpec,
    monitor: Option<Monitor>,
    looks: usize,
    seconds: f64,
}

impl<'a> Watch<'a> {
    /// Go on after the looks up to the trainer's step; later ones in the folder are dropped.
    ///
    /// # Errors
    /// A record that cannot be read, or the device's own.
    pub fn begin(
        trainer: &Trainer,
        spec: &'a TrainSpec,
        images: &Images,
        folder: &RunFolder,
    ) -> Result<Self, TrainError> {
        let monitor = match spec.monitor_every {
            0 => None,
            _ => {
                let past = filters::rewind(folder.root(), trainer.steps())?;
                Some(trainer.monitor(images, past)?)
            }
        };
        Ok(Watch {
            spec,
            monitor,
            looks: 0,
            seconds: 0.0,
        })
    }

    /// Look where it is time, and write down what was seen; says why training ends, where it does.
    ///
    /// # Errors
    /// A file that cannot be written, or the device's own.
    pub fn look(
        &mut self,
        trainer: &Trainer,
        folder: &RunFolder,
        epoch: f64,
    ) -> Result<Option<(StopOn, String)>, TrainError> {
        let step = trainer.steps();
        let Some(monitor) = &mut self.monitor else {
            return Ok(None);
        };
        if !step.is_multiple_of(self.spec.monitor_every) {
            return Ok(None);
        }
        let started = Instant::now();
        let look = monitor.look(step, epoch, &trainer.generator, &trainer.discriminator)?;
        let ended = reason(look, &self.spec.stop_on);
        look.stop = ended.as_ref().map(|(reason, _)| *reason);
        filters::append(folder.root(), look)?;
        self.looks += 1;
        self.seconds += started.elapsed().as_secs_f64();
        Ok(ended)
    }

    /// What a line of metrics says of the last look.
    pub fn values(&self) -> Vec<(String, f64)> {
        self.monitor
            .as_ref()
            .map(Monitor::values)
            .unwrap_or_default()
    }

    /// Why training had ended already.
    pub fn stopped(&self) -> Option<StopOn> {
        self.monitor.as_ref()?.stopped()
    }

    /// What the looks cost, for the log.
    pub fn note(&self, folder: &RunFolder, training: f64) {
        if self.looks > 0 {
            let (looks, seconds) = (self.looks, self.seconds);
            let share = 100.0 * seconds / training;
            folder.note(&format!(
                "filter monitor: {looks} looks in {seconds:.2} s, {share:.2}% of training"
            ));
        }
    }
}
