//! A sweep's trials, in turn or side by side.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::context::Context;
use super::outcome::{SweepSummary, TrialOutcome};
use super::preflight::{self, Sets};
use super::progress_label::Labelled;
use super::{SweepError, trial, trial_id};
use crate::data::Set;
use crate::explore::requests;
use crate::spec::{Experiment, SpecError, TrialSpec};
use crate::track::atomic;
use crate::track::progress::is_stop;
use crate::train::cpu_name;

/// Folders down to which a killed process may have left unfinished files: the data cache has one a data set, an
/// experiment's results one for its report. A trial's own folder is looked after when it is opened.
const CACHED: usize = 1;
const REPORTED: usize = 1;

/// Run every trial of an experiment, [`Context::jobs`] of them at a time.
///
/// A trial that diverges is marked failed and the next one starts; after a stop by the user no further trial
/// starts. Trials side by side share the threads evenly; their results are those of trials in turn, to the bit.
///
/// # Errors
/// [`SweepError`] for what would stop every trial: bad input, data that cannot be had, a disk that is full. Trials that
/// run at that moment are saved and stopped.
pub fn run(experiment: &Experiment, context: &Context) -> Result<SweepSummary, SweepError> {
    let mut trials = Vec::new();
    atomic::sweep(context.store.root(), CACHED);
    for of in planned(experiment)? {
        let spec = &of.spec;
        if trials.is_empty() {
            atomic::sweep(&context.results.join(&spec.name), REPORTED);
        }
        let set = Set::find(&spec.data.train, context.cards)?;
        let fingerprint = set.fingerprint(&context.store, context.progress)?;
        let id = trial_id(spec, &fingerprint, &context.device_name)?;
        trials.push(Trial { of, id });
    }
    let unfinished = |trial: &&Trial| {
        let root = context.results.join(&trial.of.spec.name).join(&trial.id);
        !preflight::is_over(&root)
    };
    let mut sets = Sets::new(context);
    for trial in trials.iter().filter(unfinished) {
        match preflight::check(&trial.of.spec, &mut sets) {
            // The first trial stops at once, and that is told as ever.
            Err(e) if is_stop(&e) => break,
            checked => checked?,
        }
    }
    drop(sets);
    let ends = trials.iter().map(|_| Mutex::new(None)).collect();
    let sweep = Sweep {
        trials,
        ends,
        next: AtomicUsize::new(0),
        halted: AtomicBool::new(false),
    };
    match context.jobs.clamp(1, sweep.trials.len().max(1)) {
        1 => sweep.work(context)?,
        jobs => sweep.side_by_side(jobs, context)?,
    }
    Ok(sweep.summary())
}

/// Every trial of an experiment, every section of it read and checked.
///
/// # Errors
/// [`SpecError`] for the first trial whose values are wrong.
pub fn planned(experiment: &Experiment) -> Result<Vec<TrialSpec>, SpecError> {
    let trials = experiment.trials()?;
    for trial in &trials {
        requests(&trial.spec.explore)?;
    }
    Ok(trials)
}

struct Trial {
    of: TrialSpec,
    id: String,
}

/// Trials that workers take one by one.
struct Sweep {
    trials: Vec<Trial>,
    /// How each trial ended; `None` before.
    ends: Vec<Mutex<Option<TrialOutcome>>>,
    next: AtomicUsize,
    /// Set where no further trial shall start.
    halted: AtomicBool,
}

impl Sweep {
    fn side_by_side(&self, jobs: usize, context: &Context) -> Result<(), SweepError> {
        let threads = rayon::current_num_threads();
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..jobs)
                .map(|i| {
                    let share = (threads / jobs + usize::from(i < threads % jobs)).max(1);
                    scope.spawn(move || {
                        let pool = rayon::ThreadPoolBuilder::new().num_threads(share).build()?;
                        let context = Context {
                            device_name: cpu_name(share),
                            ..context.clone()
                        };
                        pool.install(|| self.work(&context))
                    })
                })
                .collect();
            let mut result = Ok(());
            for worker in workers {
                match worker.join() {
                    Ok(ended) => result = result.and(ended),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            result
        })
    }

    /// Take trials until there are none, one is stopped, or one shows what would stop them all.
    fn work(&self, context: &Context) -> Result<(), SweepError> {
        let many = self.trials.len();
        loop {
            let i = self.next.fetch_add(1, Ordering::SeqCst);
            let Some(trial) = self.trials.get(i) else {
                return Ok(());
            };
            if self.halted.load(Ordering::SeqCst) {
                return Ok(());
            }
            let Trial { of, id } = trial;
            let label = &of.label;
            if many > 1 {
                context
                    .progress
                    .note(&format!("trial {} of {many}: {label} ({id})", i + 1));
            }
            let twin = self.trials[..i].iter().any(|t| t.id == *id);
            let ended = match twin {
                // The same numbers under another label, perhaps still being made.
                true => Ok(TrialOutcome::Skipped),
                false => {
                    let label = if context.jobs > 1 { label } else { "" };
                    let progress = Labelled::new(context.progress, label, &self.halted);
                    let context = Context {
                        progress: &progress,
                        ..context.clone()
                    };
                    trial::run(of, id, &context)
                }
            };
            if matches!(ended, Ok(TrialOutcome::Stopped) | Err(_)) {
                self.halted.store(true, Ordering::SeqCst);
            }
            let ended = ended?;
            let mut end = self.ends[i].lock().unwrap_or_else(PoisonError::into_inner);
            *end = Some(ended);
        }
    }

    fn summary(self) -> SweepSummary {
        let ends = self
            .ends
            .into_iter()
            .map(|end| end.into_inner().unwrap_or_else(PoisonError::into_inner));
        let trials = self.trials.into_iter().zip(ends);
        SweepSummary {
            trials: trials
                .filter_map(|(t, end)| Some((t.of.label, t.id, end?)))
                .collect(),
        }
    }
}
