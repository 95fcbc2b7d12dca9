//! `dcgan describe`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use dcgan::data::{Set, Store};
use dcgan::nn::{Architecture, schematic};
use dcgan::spec::{ModelSpec, Spec};
use dcgan::sweep::planned;
use dcgan::track::{atomic, writable};

use super::out::out;
use super::progress::Screen;
use super::{ExperimentArgs, Verdict};

/// Print an experiment's layer tables and draw its generator as the paper's figure 1
#[derive(Args)]
#[command(after_help = "\
Examples:
  dcgan describe experiments/cifar.yaml
  dcgan describe experiments/cifar.yaml --profile cpu --figure generator.svg")]
pub struct Describe {
    #[command(flatten)]
    experiment: ExperimentArgs,
    /// Where the schematic goes
    #[arg(long, value_name = "FILE", default_value = "architecture.svg")]
    figure: PathBuf,
}

impl Describe {
    /// Print the tables and write the figure.
    pub fn run(self, store: Store) -> Result<Verdict> {
        writable::file(&self.figure)?;
        // As written unless a profile is named: describing needs no device.
        let experiment = self.experiment.load("")?;
        let trials = planned(&experiment)?;
        let Some(trial) = trials.first() else {
            anyhow::bail!("the sweep has no trials");
        };
        let architecture = architecture(&trial.spec, &store)?;
        let mut total = (0, 0);
        out!(
            "{:<14} {:<9} {:<34} {:>14} {:>14} {:>12} {:>14}",
            "net",
            "layer",
            "kind",
            "in",
            "out",
            "parameters",
            "multiply-adds"
        );
        for row in architecture.table() {
            total = (total.0 + row.parameters, total.1 + row.multiply_adds);
            out!(
                "{:<14} {:<9} {:<34} {:>14} {:>14} {:>12} {:>14}",
                row.net,
                row.name,
                row.kind,
                row.input,
                row.output,
                grouped(row.parameters as u64),
                grouped(row.multiply_adds)
            );
        }
        out!(
            "{:<14} {:<9} {:<34} {:>14} {:>14} {:>12} {:>14}",
            "total",
            "",
            "",
            "",
            "",
            grouped(total.0 as u64),
            grouped(total.1)
        );
        out!("multiply-adds are for one image forward");
        out!(
            "features: {} values, at most {} units a layer",
            grouped(architecture.feature_len(architecture.discriminator.len()) as u64),
            architecture.max_units()
        );
        let svg = schematic::generator_svg(&architecture);
        atomic::write(&self.figure, svg.as_bytes())?;
        out!("schematic: {}", self.figure.display());
        Ok(Verdict::Fine)
    }
}

fn architecture(spec: &Spec, store: &Store) -> Result<Architecture> {
    match &spec.model {
        ModelSpec::Preset {
            preset,
            width,
            latent,
            rules,
        } => {
            let set = Set::find(&spec.data.train, None)?;
            let channels = match spec.data.channels {
                Some(channels) => channels,
                None => set.channels(store, &Screen::new())?,
            };
            let classes = match rules.conditional {
                true => set.classes(store, &Screen::new())?,
                false => 0,
            };
            Ok(Architecture::of(
                *preset, *width, *latent, rules, channels, classes,
            ))
        }
        ModelSpec::Released { released } => {
            let read = dcgan::nn::released::load(released, &candle_core::Device::Cpu)
                .with_context(|| format!("model.released: `{}`", released.display()))?;
            Ok(read.architecture)
        }
        ModelSpec::Torch { torch, generator } => {
            let (d, g) = (torch, generator.as_deref());
            Ok(dcgan::nn::torch::load(d, g, &candle_core::Device::Cpu)?.architecture)
        }
    }
}

/// 1234567 as 1,234,567.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}
