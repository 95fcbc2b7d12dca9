//! `dcgan explore`: the paper's figures of what a net knows.

mod boxes;
mod figure;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, Subcommand};
use dcgan::data::Store;
use dcgan::explore::{self, Written};
use dcgan::track::writable;

use super::Verdict;
use super::out::out;
use super::progress::Screen;

/// Look into a net: interpolation, arithmetic, turn vector, forgetting, guided backpropagation, classes side by side
#[derive(Args)]
#[command(after_help = "\
A net is a trial's folder or a folder of the authors' released weights. Its samples are numbered from 0, the same for \
each --seed whatever else is drawn; `browse` shows them. Each figure is written as FIGURE.png, with FIGURE.json beside it: \
every z used, from which `draw` makes the picture again.

Examples:
  dcgan explore browse results/cifar/4bd4ff4310c1 --count 200
  dcgan explore interpolate results/cifar/4bd4ff4310c1 --mode spherical
  dcgan explore arithmetic results/faces/0c1d --plus 3,17,21 --minus 4,8,15 --plus 16,23,42
  dcgan explore turn results/faces/0c1d --left 1,2,3,4 --right 5,6,7,8
  dcgan explore guided results/cifar/4bd4ff4310c1
  dcgan explore digits results/mnist/3a5f --beside results/mnist/0c1d
  dcgan explore boxes results/faces/0c1d --out mouths.yaml
  dcgan explore drop results/faces/0c1d --boxes mouths.yaml --concept mouths
  dcgan explore draw results/cifar/4bd4ff4310c1/figures/browse.json --out elsewhere")]
pub struct Explore {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Figure(figure::Figure),
    Boxes(boxes::BoxesPage),
    Draw(Draw),
}

/// Draw a figure again from its JSON, to the byte
#[derive(Args)]
#[command(after_help = "\
Examples:
  dcgan explore draw results/cifar/4bd4ff4310c1/figures/browse.json
  dcgan explore draw turn.json --net elsewhere/4bd4ff4310c1 --out again")]
struct Draw {
    /// What was written beside a figure
    #[arg(value_name = "JSON")]
    record: PathBuf,
    /// The net's folder, where it has moved [default: as the figure was drawn]
    #[arg(long, value_name = "FOLDER")]
    net: Option<PathBuf>,
    /// Where the figure goes [default: beside its JSON]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

impl Draw {
    fn run(self, store: &Store) -> Result<Verdict> {
        let beside = self.record.parent().unwrap_or(Path::new(""));
        let out = self.out.as_deref().unwrap_or(beside);
        writable::folder(out)?;
        let screen = Screen::new();
        let net = self.net.as_deref();
        let written = explore::redraw(&self.record, net, out, store, &screen)?;
        Ok(tell(&written))
    }
}

impl Explore {
    /// Draw the figure, or serve the page.
    pub fn run(self, store: Store) -> Result<Verdict> {
        match self.command {
            Command::Figure(figure) => figure.run(&store),
            Command::Boxes(page) => page.run(),
            Command::Draw(figure) => figure.run(&store),
        }
    }
}

fn tell(written: &Written) -> Verdict {
    out!("picture: {}", written.png.display());
    if let Some(gif) = &written.gif {
        out!("film:    {}", gif.display());
    }
    out!("record:  {}", written.json.display());
    Verdict::Fine
}
