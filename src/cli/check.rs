//! `dcgan check`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use dcgan::track::writable;

use super::Verdict;
use super::out::{self, out};

/// Compare an experiment's metrics with its baseline; exit 1 on a regression
#[derive(Args)]
#[command(after_help = "\
Examples:
  dcgan check results/cifar
  dcgan check results/cifar --accept          these numbers are the new baseline
  dcgan check results/cifar --baseline b.yaml")]
pub struct Check {
    /// An experiment's results folder
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// The baseline [default: results/baselines/<experiment>.yaml beside the folder]
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Make these metrics the baseline, keeping its tolerances
    #[arg(long)]
    accept: bool,
}

impl Check {
    /// Compare, print the differences, or accept them.
    pub fn run(self) -> Result<Verdict> {
        let baseline = self
            .baseline
            .clone()
            .unwrap_or_else(|| default_baseline(&self.folder));
        if self.accept {
            writable::file(&baseline)?;
            dcgan::report::check::accept(&self.folder, &baseline)?;
            out!("baseline: {}", baseline.display());
            return Ok(Verdict::Fine);
        }
        let differences = dcgan::report::check::compare(&self.folder, &baseline)?;
        out::lines(&differences.table()?);
        Ok(match differences.regressed() {
            true => Verdict::Failed,
            false => Verdict::Fine,
        })
    }
}

/// `results/cifar` is held to `results/baselines/cifar.yaml`.
fn default_baseline(folder: &Path) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    folder
        .with_file_name("baselines")
        .join(format!("{name}.yaml"))
}
