use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use dcgan::data::Store;
use dcgan::explore::Samples;
use dcgan::spec::{self, Choice, FigureSpec, Interpolation, Score, Side};

use super::concepts::Concepts;
use super::{DrawArgs, LabelArgs, Verdict};

/// A sheet of numbered samples, to choose from
///
/// Sorted by number, by a concept (a linear probe on D's features that tells one class of labelled images from another),
/// or by the side that a face looks to.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dcgan explore browse results/cifar/4bd4ff4310c1
  dcgan explore browse results/cifar/4bd4ff4310c1 --from 200 --count 100
  dcgan explore browse results/faces/0c1d --by probe --concept smile --against neutral
  dcgan explore browse results/cifar/4bd4ff4310c1 --by probe --concept horse --data cifar10
  dcgan explore browse results/faces/0c1d --by looking --looking left")]
pub struct Browse {
    #[command(flatten)]
    draw: DrawArgs,
    /// The first sample
    #[arg(long, value_name = "N", default_value_t = 0)]
    from: usize,
    /// How many samples
    #[arg(long, value_name = "N", default_value_t = 100)]
    count: usize,
    /// Sort the samples [default: by what `--concept` or `--looking` asks for, else by number]
    #[arg(long, value_enum)]
    by: Option<By>,
    /// Sort by a probe: the class that scores high
    #[arg(long, value_name = "CLASS", required_if_eq("by", "probe"))]
    concept: Option<String>,
    /// Sort by a probe: the class that scores low [default: all others]
    #[arg(long, value_name = "CLASS", requires = "concept")]
    against: Option<String>,
    /// Sort by where a face looks: the side that scores high [default: left]
    #[arg(long, value_name = "SIDE", value_enum, conflicts_with = "concept")]
    looking: Option<Looking>,
    #[command(flatten)]
    labels: LabelArgs,
}

/// What a sheet is sorted by.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum By {
    Number,
    /// A linear probe on D's features
    Probe,
    /// The side to which the image's edges lie, as a face's do that looks there
    Looking,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Looking {
    Left,
    Right,
}

impl Browse {
    pub fn run(self, store: &Store) -> Result<Verdict> {
        let by = self.by.map(|by| match by {
            By::Number => spec::By::Number,
            By::Probe => spec::By::Probe,
            By::Looking => spec::By::Looking,
        });
        let looking = self.looking.map(|side| match side {
            Looking::Left => Side::Left,
            Looking::Right => Side::Right,
        });
        let Some(by) = Score::asked(by, self.concept, self.against, looking) else {
            bail!(
                "`--by`, `--concept` and `--looking` do not fit together: expected `--by probe` with `--concept`, `--by looking` with or without `--looking`, or `--by number` with neither"
            );
        };
        let figure = FigureSpec::Browse {
            from: self.from,
            count: self.count,
            by,
        };
        self.draw.draw(figure, self.labels, store)
    }
}

/// Figure 4: from one random point of Z to the next, as a sheet and as an animated GIF
#[derive(Args)]
#[command(after_help = "\
Examples:
  dcgan explore interpolate results/cifar/4bd4ff4310c1
  dcgan explore interpolate results/cifar/4bd4ff4310c1 --mode spherical --points 5 --steps 12
  dcgan explore interpolate results/cifar/4bd4ff4310c1 --at 3,17,21,3")]
pub struct Interpolate {
    #[command(flatten)]
    draw: DrawArgs,
    #[arg(long, value_enum, default_value_t)]
    mode: Mode,
    /// Go through so many samples, from number 0
    #[arg(long, value_name = "N", default_value_t = 9)]
    points: usize,
    /// Go through these samples instead
    #[arg(long, value_name = "LIST", value_parser = Choice::parse, conflicts_with = "points")]
    at: Option<Choice>,
    /// Steps from one point to the next
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=100))]
    steps: u16,
    #[command(flatten)]
    labels: LabelArgs,
}

/// The way from z to z.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Mode {
    /// Straight, as in the paper
    #[default]
    Linear,
    /// On the sphere: directions turn evenly, lengths change evenly
    Spherical,
}

impl Interpolate {
    pub fn run(self, store: &Store) -> Result<Verdict> {
        let figure = FigureSpec::Interpolate {
            mode: match self.mode {
                Mode::Linear => Interpolation::Linear,
                Mode::Spherical => Interpolation::Spherical,
            },
            at: match self.at {
                Some(at) => at,
                None => Choice::Samples(Samples::range(0, self.points)?),
            },
            steps: usize::from(self.steps),
        };
        self.draw.draw(figure, self.labels, store)
    }
}

/// Figure 7: arithmetic on the mean z of concepts, beside pixels and single samples
///
/// LIST is sample numbers (3,17,21), or says what the samples show: `concept=CLASS`, with `against=CLASS`, `top=N`, `skip=N`
/// and `of=N` if wanted, takes those that a linear probe scores highest.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dcgan explore arithmetic results/faces/0c1d --plus 3,17,21 --minus 4,8,15 --plus 16,23,42
  dcgan explore arithmetic results/faces/0c1d --plus concept=smile --minus concept=neutral --plus concept=neutral,skip=3")]
pub struct Arithmetic {
    #[command(flatten)]
    draw: DrawArgs,
    #[command(flatten)]
    concepts: Concepts,
    #[command(flatten)]
    labels: LabelArgs,
}

impl Arithmetic {
    pub fn run(self, store: &Store) -> Result<Verdict> {
        let figure = FigureSpec::Arithmetic {
            terms: self.concepts.0,
        };
        self.draw.draw(figure, self.labels, store)
    }
}

/// Figure 8: new samples moved along the axis from left to right
///
/// LIST is sample numbers (1,2,3,4), or `looking=left`, with `top=N`, `skip=N` and `of=N` if wanted: samples whose edges lie
/// farthest to that side, as a face's do that looks there; or `concept=CLASS`, as for `arithmetic`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dcgan explore turn results/faces/0c1d --left 1,2,3,4 --right 5,6,7,8
  dcgan explore turn results/faces/0c1d --left looking=left,top=4 --right looking=right,top=4
  dcgan explore turn results/faces/0c1d --left 1,2,3,4 --right 5,6,7,8 --of 30,31 --reach 0.5 --columns 11")]
pub struct Turn {
    #[command(flatten)]
    draw: DrawArgs,
    /// Samples that look left
    #[arg(long, value_name = "LIST", value_parser = Choice::parse)]
    left: Choice,
    /// Samples that look right
    #[arg(long, value_name = "LIST", value_parser = Choice::parse)]
    right: Choice,
    /// Turn so many samples, the first that are in neither list
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..=1000))]
    rows: u16,
    /// Turn these samples instead
    #[arg(long, value_name = "LIST", value_parser = Choice::parse, conflicts_with = "rows")]
    of: Option<Choice>,
    /// Images in a row
    #[arg(long, value_name = "N", default_value_t = 9, value_parser = clap::value_parser!(u16).range(2..=100))]
    columns: u16,
    /// How far to either side, in lengths of the axis
    #[arg(long, value_name = "LENGTHS", default_value_t = 1.0)]
    reach: f64,
    #[command(flatten)]
    labels: LabelArgs,
}

impl Turn {
    pub fn run(self, store: &Store) -> Result<Verdict> {
        let figure = FigureSpec::Turn {
            left: self.left,
            right: self.right,
            of: self.of,
            rows: usize::from(self.rows),
            columns: usize::from(self.columns),
            reach: self.reach,
        };
        self.draw.draw(figure, self.labels, store)
    }
}
