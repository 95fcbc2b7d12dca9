//! `dcgan claims`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use dcgan::report::claims::{self, Decided};
use dcgan::report::{collect, published};

use super::Verdict;
use super::out::{self, out};

/// Hold the paper's statements to the results; exit 1 where one did not hold
///
/// A statement is decided by every experiment that has what its test needs: held, or did not hold, each with numbers,
/// seeds and scale. One that nothing decides is listed with the command that would.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dcgan claims                            every experiment in `results`
  dcgan claims results/cifar              what one experiment decides
  dcgan claims --allow momentum           exit 0 although this one did not hold
  dcgan claims --claim batch-norm --claim strides")]
pub struct Claims {
    /// A folder of experiments, or one experiment's
    #[arg(value_name = "RESULTS", default_value = "results")]
    folder: PathBuf,
    /// Only this claim; may be repeated
    #[arg(long, value_name = "ID")]
    claim: Vec<String>,
    /// Do not fail for this claim; may be repeated
    #[arg(long, value_name = "ID")]
    allow: Vec<String>,
}

impl Claims {
    /// Decide and print.
    pub fn run(self) -> Result<Verdict> {
        let mut decided = decide(&self.folder)?;
        let known: Vec<String> = decided.iter().map(|d| d.claim.id.clone()).collect();
        for id in self.claim.iter().chain(&self.allow) {
            if !known.contains(id) {
                anyhow::bail!("no claim is called `{id}`; there are {}", known.join(", "));
            }
        }
        if !self.claim.is_empty() {
            decided.retain(|d| self.claim.contains(&d.claim.id));
        }
        out::lines(claims::text(&decided).trim_end_matches('\n'));
        out!("{}", claims::count(&decided));
        let failed = decided.iter().any(|d| {
            d.verdict() == claims::ClaimVerdict::DidNotHold && !self.allow.contains(&d.claim.id)
        });
        Ok(match failed {
            true => Verdict::Failed,
            false => Verdict::Fine,
        })
    }
}

fn decide(folder: &Path) -> Result<Vec<Decided>> {
    let experiments = collect::all(folder)?;
    let left_out = experiments.iter().flat_map(|e| &e.left_out);
    left_out.for_each(|said| eprintln!("left out: {said}"));
    Ok(claims::decide(&experiments, &published::published()?)?)
}
