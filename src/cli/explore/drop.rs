use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use dcgan::data::Store;
use dcgan::explore::boxes::{Boxes, Page, serve};
use dcgan::explore::{Net, Samples};
use dcgan::spec::{Choice, FigureSpec};
use dcgan::track::writable;

use super::{DrawArgs, LabelArgs, Verdict};
use crate::cli::out::out;
use crate::cli::progress::Screen;
use crate::cli::stop;

/// Figure 6: what boxes on samples hold, forgotten: feature maps of G that speak for it are dropped
///
/// A logistic regression on the activations of G's second highest hidden convolution tells positions inside the boxes from
/// others; the feature maps of positive weight are set to zero everywhere, and new samples drawn with and without.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dcgan explore boxes results/faces/0c1d --out mouths.yaml
  dcgan explore drop results/faces/0c1d --boxes mouths.yaml --concept mouths --random
  dcgan explore drop results/faces/0c1d --boxes mouths.yaml --drop 10 --show 30")]
pub struct Drop {
    #[command(flatten)]
    draw: DrawArgs,
    /// Boxes on samples, as `dcgan explore boxes` writes them
    #[arg(long, value_name = "YAML")]
    boxes: PathBuf,
    /// What the boxes hold, for the caption
    #[arg(long, value_name = "NAME", default_value = "what the boxes hold")]
    concept: String,
    /// Drop only the N maps of the largest weights [default: all of positive weight]
    #[arg(long, value_name = "N")]
    drop: Option<usize>,
    /// Add a control: as many feature maps, at random
    #[arg(long)]
    random: bool,
    /// The hidden convolution of G, counted from the top
    #[arg(long, value_name = "N", default_value_t = 2)]
    layer: usize,
    /// Show so many samples, the first without boxes
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    show: u16,
    /// Show these samples instead
    #[arg(long, value_name = "LIST", value_parser = Choice::parse, conflicts_with = "show")]
    of: Option<Choice>,
    #[command(flatten)]
    labels: LabelArgs,
}

impl Drop {
    pub fn run(self, store: &Store) -> Result<Verdict> {
        let figure = FigureSpec::Drop {
            boxes: self.boxes,
            concept: self.concept,
            layer: self.layer,
            drop: self.drop,
            random: self.random,
            show: usize::from(self.show),
            of: self.of,
        };
        self.draw.draw(figure, self.labels, store)
    }
}

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
