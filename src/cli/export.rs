//! `dcgan export`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use dcgan::explore::Net;
use dcgan::nn::torch::{self, Statistics};
use dcgan::spec::ModelSpec;
use dcgan::track::writable;

use super::Verdict;
use super::out::out;

/// Write a trial's nets for PyTorch: safetensors and the module that loads them
#[derive(Args)]
#[command(after_help = "\
Writes netD.safetensors and netG.safetensors, with the names of PyTorch's DCGAN example (`main.0.weight`, ...), and
model.py, whose classes `Discriminator` and `Generator` load them and whose `latent` draws z as G was trained. The files'
metadata say how z is drawn, how images are scaled, and where batch-norm statistics come from.

Examples:
  dcgan export results/cifar/TRIAL --to exported")]
pub struct Export {
    /// A trial's folder
    #[arg(value_name = "TRIAL")]
    trial: PathBuf,
    /// Where the files go
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
}

impl Export {
    /// Write the files and name them.
    pub fn run(self) -> Result<Verdict> {
        writable::folder(&self.to)?;
        let net = Net::open(&self.trial)?;
        if !net.statistics {
            anyhow::bail!(
                "`{}` holds released weights without batch-norm statistics, which PyTorch needs; export a trained trial",
                self.trial.display()
            );
        }
        let (discriminator, generator) = net.both();
        let statistics = match net.spec.as_ref().map(|spec| &spec.model) {
            Some(ModelSpec::Torch { .. }) => Statistics::Read,
            _ => Statistics::Inferred,
        };
        let architecture = &net.architecture;
        let written = torch::export(architecture, discriminator, generator, statistics, &self.to)?;
        for file in &written.files {
            out!("{}", file.display());
        }
        if written.example {
            out!(
                "names and shapes are those of PyTorch's DCGAN example: its own module loads them, too"
            );
        }
        Ok(Verdict::Fine)
    }
}
