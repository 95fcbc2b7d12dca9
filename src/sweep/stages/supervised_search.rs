//! The random search of the supervised net's settings: every trial's result is kept, and the best one's net.

use std::time::Instant;

use crate::data::Dataset;
use crate::nn::Classifier;
use crate::spec::SupervisedSpec;
use crate::sweep::SweepError;
use crate::sweep::context::Context;
use crate::track::Streams;
use crate::track::disk;
use crate::track::progress::Unit;
use crate::track::run::{self, RunFolder};
use crate::track::supervised::SupervisedTrial;
use crate::train::supervised::{self, Found, Settings, Task};
use crate::train::{self, TrainError};

/// A search under way: what its trials share, and where they are kept.
pub(super) struct Search<'a> {
    pub wanted: &'a SupervisedSpec,
    pub key: String,
    pub task: Task<'a>,
    pub streams: Streams,
    pub context: &'a Context<'a>,
    pub folder: &'a RunFolder,
}

impl Search<'_> {
    fn path(&self, trial: usize, extension: &str) -> std::path::PathBuf {
        let name = format!("supervised/{}-{trial:03}.{extension}", self.key);
        self.folder.path(&name)
    }

    fn settings(&self, trial: usize) -> Settings {
        Settings::draw(self.streams, trial, self.task.train.images.n)
    }

    /// Every trial, those kept from before as they are, and the index of the best. The best one's net lies beside its
    /// result; those of beaten trials are deleted.
    pub fn trials(&self) -> Result<(Vec<SupervisedTrial>, usize), SweepError> {
        let progress = self.context.progress;
        let rows = self.task.train.images.n as u64;
        let each = rows * self.task.epochs as u64;
        let total = each * self.wanted.trials as u64;
        progress.note(&format!(
            "supervised net: {} trials of {} epochs on {rows} labelled images",
            self.wanted.trials, self.task.epochs
        ));
        let mut bar = progress.begin("supervised", Some(total), Unit::Images);
        let mut trials: Vec<SupervisedTrial> = Vec::new();
        let mut best: Option<usize> = None;
        for trial in 0..self.wanted.trials {
            let path = self.path(trial, "json");
            let done = match self.folder.stored::<SupervisedTrial>(&path)? {
                Some(done) => {
                    bar.advance(each);
                    done
                }
                None => {
                    let started = Instant::now();
                    let (settings, streams) = (self.settings(trial), self.streams);
                    let found = supervised::train(
                        &self.task, &settings, streams, trial, progress, &mut *bar,
                    )?;
                    let done = SupervisedTrial {
                        settings: serde_json::to_value(settings).unwrap_or_default(),
                        validation: found.validation,
                        epoch: found.epoch,
                        seconds: started.elapsed().as_secs_f64(),
                    };
                    train::save(&self.path(trial, "safetensors"), &found.tensors, None)?;
                    run::write_json(&path, &done)?;
                    done
                }
            };
            let before = best.and_then(|b| trials.get(b)).map(|t| t.validation);
            let loser = match before {
                Some(before) if done.validation <= before => Some(trial),
                _ => best.replace(trial),
            };
            if let Some(loser) = loser {
                // A net that stays costs disk and nothing else.
                let _ = disk::remove_file(&self.path(loser, "safetensors"));
            }
            trials.push(done);
            let lowest = best
                .and_then(|b| trials.get(b))
                .map_or(0.0, |t| t.validation);
            bar.message(&format!(
                "{} of {} trials, lowest validation error {:.2}%",
                trial + 1,
                self.wanted.trials,
                100.0 * (1.0 - lowest)
            ));
        }
        // The spec asks for one trial or more.
        Ok((trials, best.unwrap_or_default()))
    }

    /// The chosen net and its test accuracy; trained again where its file is gone.
    pub fn test(&self, chosen: usize, test: &Dataset) -> Result<(Classifier, f64), SweepError> {
        let (path, progress) = (self.path(chosen, "safetensors"), self.context.progress);
        if !path.exists() {
            let mut bar = progress.begin(
                "the best trial again",
                Some(self.task.train.images.n as u64 * self.task.epochs as u64),
                Unit::Images,
            );
            let (settings, streams) = (self.settings(chosen), self.streams);
            let found: Found =
                supervised::train(&self.task, &settings, streams, chosen, progress, &mut *bar)?;
            train::save(&path, &found.tensors, None)?;
        }
        let device = &self.context.device;
        let (tensors, _) = train::load(&path, device)?;
        let mut rng = self.streams.stream("supervised.test");
        let net = Classifier::init(self.task.architecture, self.task.classes, &mut rng, device)
            .map_err(TrainError::from)?;
        net.load(&tensors).map_err(TrainError::from)?;
        let truth = test.labels.as_deref().unwrap_or_default();
        progress.note("supervised net: the chosen one on the test images");
        let accuracy = supervised::accuracy(&net, &test.images, truth, device, progress)?;
        Ok((net, accuracy))
    }
}
