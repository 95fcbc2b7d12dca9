use anyhow::Result;
use clap::{Args, ValueEnum};
use dcgan::explore::arithmetic::arithmetic;
use dcgan::explore::browse::browse;
use dcgan::explore::interpolate::{self, interpolate};
use dcgan::explore::{Samples, turn};

use super::concepts::Concepts;
use super::{NetArgs, Numbers, Verdict, numbers};

/// A sheet of numbered samples, to choose from
#[derive(Args)]
#[command(after_help = "\
Examples:
  dcgan explore browse results/cifar/4bd4ff4310c1
  dcgan explore browse results/cifar/4bd4ff4310c1 --from 200 --count 100")]
pub struct Browse {
    #[command(flatten)]
    net: NetArgs,
    /// The first sample
    #[arg(long, value_name = "N", default_value_t = 0)]
    from: usize,
    /// How many samples
    #[arg(long, value_name = "N", default_value_t = 100)]
    count: usize,
}

impl Browse {
    pub fn run(self) -> Result<Verdict> {
        let draw = |net: &_| Ok(browse(net, self.net.seed, self.from, self.count)?);
        self.net.draw(draw)
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
    net: NetArgs,
    #[arg(long, value_enum, default_value_t)]
    mode: Mode,
    /// Go through so many samples, from number 0
    #[arg(long, value_name = "N", default_value_t = 9)]
    points: usize,
    /// Go through these samples instead
    #[arg(long, value_name = "LIST", value_parser = numbers, conflicts_with = "points")]
    at: Option<Numbers>,
    /// Steps from one point to the next
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=100))]
    steps: u16,
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
    pub fn run(self) -> Result<Verdict> {
        let points = match &self.at {
            Some(Numbers(at)) => at.clone(),
            None => Samples::range(0, self.points)?,
        };
        let mode = match self.mode {
            Mode::Linear => interpolate::Mode::Linear,
            Mode::Spherical => interpolate::Mode::Spherical,
        };
        let (seed, steps) = (self.net.seed, usize::from(self.steps));
        self.net
            .draw(|net| Ok(interpolate(net, seed, &points, steps, mode)?))
    }
}

/// Figure 7: arithmetic on the mean z of concepts, beside pixels and single samples
#[derive(Args)]
#[command(after_help = "\
Examples:
  dcgan explore arithmetic results/faces/0c1d --plus 3,17,21 --minus 4,8,15 --plus 16,23,42")]
pub struct Arithmetic {
    #[command(flatten)]
    net: NetArgs,
    #[command(flatten)]
    concepts: Concepts,
}

impl Arithmetic {
    pub fn run(self) -> Result<Verdict> {
        let (seed, concepts) = (self.net.seed, &self.concepts.0);
        self.net.draw(|net| Ok(arithmetic(net, seed, concepts)?))
    }
}

/// Figure 8: new samples moved along the axis from left to right
#[derive(Args)]
#[command(after_help = "\
Examples:
  dcgan explore turn results/faces/0c1d --left 1,2,3,4 --right 5,6,7,8
  dcgan explore turn results/faces/0c1d --left 1,2,3,4 --right 5,6,7,8 --of 30,31 --reach 0.5 --columns 11")]
pub struct Turn {
    #[command(flatten)]
    net: NetArgs,
    /// Samples that look left
    #[arg(long, value_name = "LIST", value_parser = numbers)]
    left: Numbers,
    /// Samples that look right
    #[arg(long, value_name = "LIST", value_parser = numbers)]
    right: Numbers,
    /// Turn so many samples, the first that are in neither list
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..=1000))]
    rows: u16,
    /// Turn these samples instead
    #[arg(long, value_name = "LIST", value_parser = numbers, conflicts_with = "rows")]
    of: Option<Numbers>,
    /// Images in a row
    #[arg(long, value_name = "N", default_value_t = 9, value_parser = clap::value_parser!(u16).range(2..=100))]
    columns: u16,
    /// How far to either side, in lengths of the axis
    #[arg(long, value_name = "LENGTHS", default_value_t = 1.0)]
    reach: f64,
}

impl Turn {
    pub fn run(self) -> Result<Verdict> {
        let (Numbers(left), Numbers(right)) = (self.left, self.right);
        let moved = match self.of {
            Some(Numbers(of)) => of,
            None => turn::Turn::others(&left, &right, usize::from(self.rows)),
        };
        let options = turn::Turn {
            left,
            right,
            moved,
            columns: usize::from(self.columns),
            reach: self.reach,
        };
        let seed = self.net.seed;
        self.net.draw(|net| Ok(turn::turn(net, seed, &options)?))
    }
}
