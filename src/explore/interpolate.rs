//! Figure 4: from one random point of Z to the next, image by image.

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use super::choice::Choice;
use super::figure::{Figure, Scene, Wrong};
use super::number::Within;
use super::{Animation, Drawing, ExploreError, Net, Panel, SAMPLES, Samples, Tile, vector};

/// Figure 4: from one random point of Z to the next, as a sheet and as an animated GIF
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
#[command(after_help = "\
Examples:
  dcgan explore interpolate results/cifar/4bd4ff4310c1
  dcgan explore interpolate results/cifar/4bd4ff4310c1 --mode spherical --points 5 --steps 12
  dcgan explore interpolate results/cifar/4bd4ff4310c1 --at 3,17,21,3")]
pub struct Interpolate {
    /// The way from one z to the next
    #[arg(long, value_enum, default_value = "linear")]
    mode: Interpolation,
    /// Go through so many samples, from number 0
    #[arg(long, value_name = "N", default_value = "9")]
    #[serde(skip_serializing)]
    points: Within<2, SAMPLES>,
    /// Go through these samples instead
    #[arg(long, value_name = "LIST", conflicts_with = "points")]
    at: Option<Choice<9>>,
    /// Steps from one point to the next
    #[arg(long, value_name = "N", default_value = "8")]
    steps: Within<1, 100>,
}

/// The way from z to z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Interpolation {
    /// Straight, as in the paper
    Linear,
    /// On the sphere: directions turn evenly, lengths change evenly
    Spherical,
}

impl Figure for Interpolate {
    const NAME: &'static str = "interpolate";
    const TITLE: &'static str = "Figure 4: interpolation in Z";
    const FILE: &'static str = "interpolation";
    type Plan = Drawing;

    fn checked(self) -> Result<Interpolate, Wrong> {
        let at = self.through();
        match &at {
            Choice::Samples(at) if at.len() < 2 => Err(Wrong::new(
                "at",
                "is one sample; expected two or more to go between",
            )),
            _ => Ok(Interpolate {
                at: Some(at),
                ..self
            }),
        }
    }

    fn classes(&self) -> Vec<&str> {
        self.at.iter().flat_map(Choice::classes).collect()
    }

    fn draw(&self, scene: &mut Scene) -> Result<Drawing, ExploreError> {
        let at = scene.choose(&self.through())?;
        let seed = scene.common.seed;
        interpolate(scene.net, seed, &at.samples, self.steps.get(), self.mode)
    }
}

impl Interpolate {
    /// The samples at the ends.
    fn through(&self) -> Choice<9> {
        let first = || Choice::Samples((0..self.points.get()).collect());
        self.at.clone().unwrap_or_else(first)
    }
}

/// How long each frame of the film is shown, in milliseconds.
const FRAME: u32 = 80;

/// A row from each sample of `points` to the next, in `steps` steps, both ends shown; the film goes along all rows and
/// back.
///
/// # Errors
/// [`ExploreError::NoSuchSample`]; [`ExploreError::Range`] for fewer than 2 points or no step.
pub fn interpolate(
    net: &Net,
    seed: u64,
    points: &[usize],
    steps: usize,
    mode: Interpolation,
) -> Result<Drawing, ExploreError> {
    check("the number of points", points.len(), 2)?;
    check("the number of steps", steps, 1)?;
    let latent = net.architecture.latent;
    let z = Samples { latent, seed }.z("the points", points)?;
    let name = match mode {
        Interpolation::Linear => "linear",
        Interpolation::Spherical => "spherical",
    };
    let way = |a: &[f32], b: &[f32], t: f64| match mode {
        Interpolation::Linear => vector::linear(a, b, t),
        Interpolation::Spherical => vector::spherical(a, b, t),
    };
    let mut tiles = Vec::new();
    let mut frames = Vec::new();
    for (ends, numbers) in z.windows(2).zip(points.windows(2)) {
        if let ([a, b], &[from, to]) = (ends, numbers) {
            frames.extend((0..steps).map(|i| tiles.len() + i));
            tiles.push(Tile::sample(from, a.clone()));
            for step in 1..steps {
                let t = step as f64 / steps as f64;
                tiles.push(Tile::z("", way(a, b, t)));
            }
            tiles.push(Tile::sample(to, b.clone()));
        }
    }
    frames.push(tiles.len() - 1);
    // Both ends are shown once in each round.
    let back: Vec<usize> = frames.iter().rev().skip(1).copied().collect();
    frames.extend(&back[..back.len() - 1]);
    let caption = format!(
        "{name} interpolation between a series of {} random points of Z",
        points.len()
    );
    let panel = Panel {
        caption,
        columns: steps + 1,
        tiles,
        without: None,
    };
    Ok(Drawing {
        animation: Some(Animation {
            milliseconds: FRAME,
            frames,
        }),
        ..Drawing::new(Interpolate::FILE, net, seed, vec![vec![panel]])
    })
}

fn check(what: &'static str, found: usize, least: usize) -> Result<(), ExploreError> {
    match found >= least {
        true => Ok(()),
        false => Err(ExploreError::Range {
            what,
            found: found.to_string(),
            expected: format!("{least} or more"),
        }),
    }
}
