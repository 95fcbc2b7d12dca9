//! `dcgan explore boxes`: a page on which boxes are drawn on samples.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use dcgan::explore::boxes::{Boxes, Page, serve};
use dcgan::explore::{Net, Samples};
use dcgan::track::writable;

use super::Verdict;
use crate::cli::out::out;
use crate::cli::progress::Screen;
use crate::cli::stop;

/// Draw boxes on samples in the browser, for `drop`
///
/// Serves a page on this machine alone and prints its address. Every change is saved; a file that exists is gone on with.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dcgan explore boxes results/faces/0c1d --out mouths.yaml
  dcgan explore boxes results/faces/0c1d --samples 300 --out mouths.yaml")]
pub struct BoxesPage {
    /// A trial's folder, or a folder of released weights
    #[arg(value_name = "NET")]
    net: PathBuf,
    /// Samples on the page, from number 0
    #[arg(long, value_name = "N", default_value_t = 150, value_parser = clap::value_parser!(u16).range(1..=2000))]
    samples: u16,
    /// Where the boxes go
    #[arg(long, value_name = "YAML", default_value = "boxes.yaml")]
    out: PathBuf,
    /// Numbers the samples
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

impl BoxesPage {
    pub fn run(self) -> Result<Verdict> {
        stop::listen();
        writable::file(&self.out)?;
        let (net, screen) = (Net::open(&self.net)?, Screen::new());
        let samples = Samples {
            latent: net.architecture.latent,
            seed: self.seed,
        };
        let numbers = Samples::range(0, usize::from(self.samples))?;
        let z = samples.z("--samples", &numbers)?;
        let images = net.generate(&z, &screen)?.to_images()?;
        let boxes = Boxes::continued(&self.out, &images, &net.identity, self.seed)?;
        let mut page = Page::new(images, boxes, self.out);
        let mut ready = |url: &str| {
            out!("open in a browser: {url}");
            out!("`Done` on the page or Ctrl-C here ends it; every change is saved");
        };
        serve(&mut page, &mut ready, &screen)?;
        out!("{}", page.summary());
        Ok(Verdict::Fine)
    }
}
