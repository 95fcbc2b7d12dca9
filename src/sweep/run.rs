//! A sweep's trials, in turn or side by side.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::trial::{self, Context, Ended};
use super::watch::Watched;
use super::{SweepError, trial_id};
use crate::data::Set;
use crate::explore::requests;
use crate::spec::{Experiment, Spec, SpecError, TrialSpec};
use crate::train::cpu_name;

/// How each trial of a sweep ended, in order: label, folder name, end.
#[derive(Debug, Clone)]
pub struct Report {
    pub trials: Vec<(String, String, Ended)>,
}

/// Run every trial of an experiment, [`Context::jobs`] of them at a time.
///
/// A trial that diverges is marked failed and the next one starts; after a stop by the user no further trial
/// starts. Trials side by side share the threads evenly; their results are those of trials in turn, to the bit.
///
/// # Errors
/// [`SweepError`] for what would stop every trial: bad input, data that cannot be had, a disk that is full. Trials that
/// run at that moment are saved and stopped.
pub fn run(experiment: &Experiment, context: &Context) -> Result<Report, SweepError> {
    let mut trials = Vec::new();
    for TrialSpec { label, spec } in planned(experiment)? {
        let set = Set::find(&spec.data.train, context.cards)?;
        let fingerprint = set.fingerprint(&context.store, context.progress)?;
        let id = trial_id(&spec, &fingerprint, &context.device_name)?;
        trials.push(Trial { label, spec, id });
    }
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
    Ok(sweep.report())
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
    label: String,
    spec: Spec,
    id: String,
}

/// Trials that workers take one by one.
struct Sweep {
    trials: Vec<Trial>,
    /// How each trial ended; `None` before.
    ends: Vec<Mutex<Option<Ended>>>,
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
            let Trial { label, spec, id } = trial;
            if many > 1 {
                context
                    .progress
                    .note(&format!("trial {} of {many}: {label} ({id})", i + 1));
            }
            let twin = self.trials[..i].iter().any(|t| t.id == *id);
            let ended = match twin {
                // The same numbers under another label, perhaps still being made.
                true => Ok(Ended::Skipped),
                false => {
                    let label = if context.jobs > 1 { label } else { "" };
                    let progress = Watched::new(context.progress, label, &self.halted);
                    let context = Context {
                        progress: &progress,
                        ..context.clone()
                    };
                    trial::run(spec, &trial.label, id, &context)
                }
            };
            if matches!(ended, Ok(Ended::Stopped) | Err(_)) {
                self.halted.store(true, Ordering::SeqCst);
            }
            let ended = ended?;
            let mut end = self.ends[i].lock().unwrap_or_else(PoisonError::into_inner);
            *end = Some(ended);
        }
    }

    fn report(self) -> Report {
        let ends = self
            .ends
            .into_iter()
            .map(|end| end.into_inner().unwrap_or_else(PoisonError::into_inner));
        let trials = self.trials.into_iter().zip(ends);
        Report {
            trials: trials
                .filter_map(|(t, end)| Some((t.label, t.id, end?)))
                .collect(),
        }
    }
}
