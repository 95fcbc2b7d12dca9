//! Numbered samples, to choose from.

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use super::choice::{Score, Side};
use super::chooser::Ranking;
use super::figure::{Figure, Scene, Wrong};
use super::number::Within;
use super::{Drawing, ExploreError, Net, Panel, SAMPLES, Samples, Tile};

/// A sheet of numbered samples, to choose from
///
/// Sorted by number, by a concept (a linear probe on D's features that tells one class of labelled images from another),
/// or by the side that a face looks to.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
#[command(after_help = "\
Examples:
  dcgan explore browse results/cifar/4bd4ff4310c1
  dcgan explore browse results/cifar/4bd4ff4310c1 --from 200 --count 100
  dcgan explore browse results/faces/0c1d --by probe --concept smile --against neutral
  dcgan explore browse results/cifar/4bd4ff4310c1 --by probe --concept horse --data cifar10
  dcgan explore browse results/faces/0c1d --by looking --looking left")]
pub struct Browse {
    /// The first sample
    #[arg(long, value_name = "N", default_value = "0")]
    from: Within<0, { SAMPLES - 1 }>,
    /// How many samples
    #[arg(long, value_name = "N", default_value = "100")]
    count: Within<1, SAMPLES>,
    /// Sort the samples [default: by what `--concept` or `--looking` asks for, else by number]
    #[arg(long, value_enum)]
    #[serde(skip_serializing)]
    by: Option<By>,
    /// Sort by a probe: the class that scores high
    #[arg(long, value_name = "CLASS", required_if_eq("by", "probe"))]
    #[serde(skip_serializing)]
    concept: Option<String>,
    /// Sort by a probe: the class that scores low [default: all others]
    #[arg(long, value_name = "CLASS", requires = "concept")]
    #[serde(skip_serializing)]
    against: Option<String>,
    /// Sort by where a face looks: the side that scores high [default: left]
    #[arg(long, value_name = "SIDE", value_enum, conflicts_with = "concept")]
    #[serde(skip_serializing)]
    looking: Option<Side>,
    /// What these four ask for; `None`: by number.
    #[arg(skip)]
    #[serde(
        rename = "by",
        skip_deserializing,
        skip_serializing_if = "Option::is_none"
    )]
    score: Option<Score>,
}

/// What a sheet is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
enum By {
    Number,
    /// A linear probe on D's features
    Probe,
    /// The side to which the image's edges lie, as a face's do that looks there
    Looking,
}

impl Figure for Browse {
    const NAME: &'static str = "browse";
    const TITLE: &'static str = "Numbered samples";
    const FORMERLY: &'static [&'static str] = &["samples"];
    type Plan = Drawing;

    fn checked(mut self) -> Result<Browse, Wrong> {
        let last = self.from.get() + self.count.get() - 1;
        if last >= SAMPLES {
            let message = format!(
                "reaches sample {last}; they are numbered 0 to {}",
                SAMPLES - 1
            );
            return Err(Wrong::new("count", message));
        }
        let by = self.by.unwrap_or(match (&self.concept, self.looking) {
            (Some(_), _) => By::Probe,
            (None, Some(_)) => By::Looking,
            (None, None) => By::Number,
        });
        let against = self.against.clone();
        self.score = match (by, self.concept.clone(), self.looking) {
            (By::Number, None, None) => None,
            (By::Probe, Some(concept), None) => Some(Score::Concept { concept, against }),
            (By::Looking, None, side) => Some(Score::Pose {
                looking: side.unwrap_or(Side::Left),
            }),
            _ => {
                return Err(Wrong::new(
                    "by",
                    "expected `number`; or `probe` with a `concept`; or `looking`, with `looking` left or right",
                ));
            }
        };
        Ok(self)
    }

    fn classes(&self) -> Vec<&str> {
        self.score.iter().flat_map(Score::classes).collect()
    }

    fn draw(&self, scene: &mut Scene) -> Result<Drawing, ExploreError> {
        let (from, count, seed) = (self.from.get(), self.count.get(), scene.common.seed);
        match &self.score {
            None => browse(scene.net, seed, from, count),
            Some(by) => sorted(scene.net, seed, &scene.rank(by, from, count)?),
        }
    }
}

/// Samples side by side.
const COLUMNS: usize = 10;

/// The samples `from`, `from + 1`, ... as a sheet, each above its number.
fn browse(net: &Net, seed: u64, from: usize, count: usize) -> Result<Drawing, ExploreError> {
    let latent = net.architecture.latent;
    let indices = Samples::range(from, count)?;
    let z = Samples { latent, seed }.z("--count", &indices)?;
    let tiles = indices.iter().zip(z).map(|(&i, z)| Tile::sample(i, z));
    let caption = format!("samples of seed {seed}, each above its number");
    Ok(sheet(net, seed, caption, tiles.collect()))
}

/// The same by their scores, highest first, each above its number and score.
fn sorted(net: &Net, seed: u64, ranking: &Ranking) -> Result<Drawing, ExploreError> {
    let latent = net.architecture.latent;
    let indices: Vec<usize> = ranking.scores.iter().map(|(i, _)| *i).collect();
    let z = Samples { latent, seed }.z("--count", &indices)?;
    let tiles = ranking.scores.iter().zip(z).map(|((i, score), z)| Tile {
        label: format!("{i}: {score:+.2}"),
        ..Tile::sample(*i, z)
    });
    let caption = format!(
        "samples of seed {seed}, each above its number and score, highest first. Score: {}",
        ranking.words
    );
    Ok(sheet(net, seed, caption, tiles.collect()))
}

fn sheet(net: &Net, seed: u64, caption: String, tiles: Vec<Tile>) -> Drawing {
    let panel = Panel {
        caption,
        columns: COLUMNS,
        tiles,
        without: None,
    };
    Drawing::new(Browse::NAME, net, seed, vec![vec![panel]])
}
