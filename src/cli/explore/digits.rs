use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use dcgan::data::Store;
use dcgan::explore::digits::{Options, digits};

use super::{NetArgs, Verdict, tell};
use crate::cli::progress::Screen;

/// Figure 9: real images and a conditional generator's, a row for each class; other nets between them
///
/// Each class has its own samples, the same for every net whose z has as many components.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dcgan explore digits results/mnist/4bd4ff4310c1
  dcgan explore digits results/mnist/4bd4ff4310c1 --beside results/mnist/0c1d7a90be11 --columns 10")]
pub struct Digits {
    #[command(flatten)]
    net: NetArgs,
    /// Show another conditional net between the real images and this one's; may be given again
    #[arg(long, value_name = "NET")]
    beside: Vec<PathBuf>,
    /// The real images [default: what the net was trained on]
    #[arg(long, value_name = "NAME")]
    data: Option<String>,
    /// Their split
    #[arg(long, value_name = "NAME", default_value = "train")]
    split: String,
    /// Images of each class
    #[arg(long, value_name = "N", default_value_t = 8)]
    columns: usize,
}

impl Digits {
    pub fn run(self, store: &Store) -> Result<Verdict> {
        let net = self.net.open()?;
        let own = || net.spec.as_ref().map(|s| s.data.train.clone());
        let data = self.data.or_else(own).context(
            "released weights do not say what they were trained on; name the real images with `--data`",
        )?;
        let options = Options {
            seed: self.net.seed,
            data,
            split: self.split,
            columns: self.columns,
            beside: self.beside,
        };
        let out = self.net.out();
        let written = digits(&net, &options, &out, store, &Screen::new())?;
        Ok(tell(&written))
    }
}
