//! `dcgan explore`: the paper's figures of what a net knows.

mod concepts;
mod digits;
mod drop;
mod figures;
mod guided;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, Subcommand};
use dcgan::data::Store;
use dcgan::explore::{self, Chooser, Net, Written};
use dcgan::spec::{ExploreSpec, FigureSpec};
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
    figure: Figure,
}

#[derive(Subcommand)]
enum Figure {
    Browse(figures::Browse),
    Interpolate(figures::Interpolate),
    Arithmetic(figures::Arithmetic),
    Turn(figures::Turn),
    Guided(guided::Guided),
    Boxes(drop::BoxesPage),
    Drop(drop::Drop),
    Digits(digits::Digits),
    Draw(Draw),
}

/// Which net, and where its figures go.
#[derive(Args)]
struct NetArgs {
    /// A trial's folder, or a folder of released weights
    #[arg(value_name = "NET")]
    net: PathBuf,
    /// Where the figure goes [default: `figures` in the net's folder]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Numbers the samples
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

impl NetArgs {
    fn open(&self) -> Result<Net> {
        writable::folder(&self.out())?;
        Ok(Net::open(&self.net)?)
    }

    fn out(&self) -> PathBuf {
        let beside = || self.net.join("figures");
        self.out.clone().unwrap_or_else(beside)
    }

    /// Draw a figure of the net, and say where it is.
    fn figure(
        &self,
        net: &Net,
        name: Option<String>,
        figure: FigureSpec,
        labels: LabelArgs,
        store: &Store,
    ) -> Result<Verdict> {
        let spec = ExploreSpec {
            name: name.unwrap_or_else(|| figure.file().to_string()),
            seed: self.seed,
            data: labels.data,
            split: labels.split,
            figure,
        };
        let screen = Screen::new();
        let chooser = &mut Chooser::new(store, None, &screen);
        let written = explore::figure(net, &spec, &self.out(), chooser)?;
        Ok(tell(&written))
    }
}

/// Which net, and under which name and where its figure goes.
#[derive(Args)]
struct DrawArgs {
    #[command(flatten)]
    net: NetArgs,
    /// Call the figure's files so [default: as the figure is called]
    #[arg(long, value_name = "NAME", value_parser = file_name)]
    name: Option<String>,
}

impl DrawArgs {
    fn draw(self, figure: FigureSpec, labels: LabelArgs, store: &Store) -> Result<Verdict> {
        let net = self.net.open()?;
        self.net.figure(&net, self.name, figure, labels, store)
    }
}

/// Where the labels come from that samples are chosen by.
#[derive(Args)]
struct LabelArgs {
    /// Choose samples by the labels of this data set [default: what the trial was trained on]
    #[arg(long, value_name = "NAME")]
    data: Option<String>,
    /// Its split [default: the trial's with its own data set, else `train`]
    #[arg(long, value_name = "NAME")]
    split: Option<String>,
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
    /// Draw the figure.
    pub fn run(self, store: Store) -> Result<Verdict> {
        match self.figure {
            Figure::Browse(figure) => figure.run(&store),
            Figure::Interpolate(figure) => figure.run(&store),
            Figure::Arithmetic(figure) => figure.run(&store),
            Figure::Turn(figure) => figure.run(&store),
            Figure::Guided(figure) => figure.run(&store),
            Figure::Boxes(page) => page.run(),
            Figure::Drop(figure) => figure.run(&store),
            Figure::Digits(figure) => figure.run(&store),
            Figure::Draw(figure) => figure.run(&store),
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

fn file_name(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => Ok(text.to_string()),
        false => Err("expected letters, digits, `-` and `_`".into()),
    }
}
