//! `dcgan sweep`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use dcgan::data::Store;
use dcgan::sweep::{self, Context, TrialOutcome};
use dcgan::track::writable;

use super::arguments::command_line;
use super::out::err;
use super::progress::Screen;
use super::{DeviceArg, ExperimentArgs, Verdict, kind, stop};

/// Run an experiment: fetch, train, extract features, probe, report
///
/// The same command again goes on where it stopped and skips what is done.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dcgan sweep experiments/cifar.yaml
  dcgan sweep experiments/cifar.yaml --device cuda    as written: profiles are named after devices, and it has none for this one
  dcgan sweep experiments/cifar.yaml --set train.epochs=10 --set train.adam.beta1=0.9
  dcgan sweep experiments/cifar.yaml --set sweep.parameters.seed.values='[0, 1, 2, 3]' --jobs 4")]
pub struct Sweep {
    #[command(flatten)]
    experiment: ExperimentArgs,
    #[arg(long, value_enum, default_value_t)]
    device: DeviceArg,
    /// Where results go
    #[arg(long, value_name = "FOLDER", default_value = "results")]
    results: PathBuf,
    /// Trials to run side by side on the CPU, each with its share of the threads and its own memory
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    jobs: u16,
}

impl Sweep {
    /// Plan, run every trial, report.
    pub fn run(self, store: Store) -> Result<Verdict> {
        stop::listen();
        let screen = Screen::new();
        let (device, device_name) = self.device.open()?;
        if self.jobs > 1 && !device.is_cpu() {
            anyhow::bail!(
                "`--jobs {}`: trials run side by side on the CPU only; leave it out, or add `--device cpu`",
                self.jobs
            );
        }
        let experiment = self.experiment.load(kind(&device))?;
        let trials = sweep::planned(&experiment)?;
        let Some(first) = trials.first() else {
            anyhow::bail!("the sweep has no trials");
        };
        let name = first.spec.name.clone();
        writable::folder(&self.results.join(&name))?;
        err!(
            "{name}: {} trial{} on {device_name}, profile {}",
            trials.len(),
            if trials.len() == 1 { "" } else { "s" },
            experiment
                .profile
                .as_deref()
                .unwrap_or("none (the spec as written)")
        );
        let context = Context {
            results: self.results.clone(),
            store,
            cards: None,
            device,
            device_name,
            profile: experiment.profile.clone(),
            command: command_line(),
            progress: &screen,
            jobs: usize::from(self.jobs),
        };
        let report = sweep::run(&experiment, &context)?;
        let folder = self.results.join(&name);
        let mut failed = 0;
        for (label, id, ended) in &report.trials {
            let label = if label.is_empty() { "trial" } else { label };
            match ended {
                TrialOutcome::Finished => {}
                TrialOutcome::Skipped => err!("{label} ({id}): done before, skipped"),
                TrialOutcome::Failed(why) => {
                    failed += 1;
                    err!(
                        "{label} ({id}) failed: {why}. Delete `{}` to try it again",
                        folder.join(id).display()
                    );
                }
                TrialOutcome::Stopped => {
                    err!("stopped and saved; go on with the same command:");
                    err!("  {}", context.command);
                    return Ok(Verdict::Stopped);
                }
            }
        }
        super::report::write(&folder, &screen)?;
        Ok(if failed == 0 {
            Verdict::Fine
        } else {
            Verdict::Failed
        })
    }
}
