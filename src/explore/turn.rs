//! Figure 8: a "turn" vector, from the mean z of samples that look left to that of samples that look right, added to new
//! samples.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::choice::Choice;
use super::figure::{Figure, Scene, Wrong};
use super::number::Within;
use super::samples::others;
use super::{Chosen, Drawing, ExploreError, Panel, Tile, vector};

/// Figure 8: new samples moved along the axis from left to right
///
/// LIST is sample numbers (1,2,3,4), or `looking=left`, with `top=N`, `skip=N` and `of=N` if wanted: samples whose edges lie
/// farthest to that side, as a face's do that looks there; or `concept=CLASS`, as for `arithmetic`.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
#[command(after_help = "\
Examples:
  dcgan explore turn results/faces/0c1d --left 1,2,3,4 --right 5,6,7,8
  dcgan explore turn results/faces/0c1d --left looking=left,top=4 --right looking=right,top=4
  dcgan explore turn results/faces/0c1d --left 1,2,3,4 --right 5,6,7,8 --of 30,31 --reach 0.5 --columns 11")]
pub struct Turn {
    /// Samples that look left
    #[arg(long, value_name = "LIST")]
    left: Choice<4>,
    /// Samples that look right
    #[arg(long, value_name = "LIST")]
    right: Choice<4>,
    /// Turn these samples instead, a row each
    #[arg(long, value_name = "LIST", conflicts_with = "rows")]
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<Choice<6>>,
    /// Turn so many samples, the first that are in neither list
    #[arg(long, value_name = "N", default_value = "6")]
    rows: Within<1, 1000>,
    /// Images in a row; the middle one of an odd number is the sample itself
    #[arg(long, value_name = "N", default_value = "9")]
    columns: Within<2, 100>,
    /// How far to either side, in lengths of the axis
    #[arg(long, value_name = "LENGTHS", default_value = "1")]
    reach: f64,
}

impl Figure for Turn {
    const NAME: &'static str = "turn";
    const TITLE: &'static str = "Figure 8: a turn vector";
    type Plan = Drawing;

    fn checked(self) -> Result<Turn, Wrong> {
        let reach = self.reach;
        match reach > 0.0 && reach.is_finite() {
            true => Ok(self),
            false => Err(Wrong::new(
                "reach",
                format!("is {reach}; expected a number above 0, in lengths of the axis"),
            )),
        }
    }

    fn classes(&self) -> Vec<&str> {
        let mut all = [self.left.classes(), self.right.classes()].concat();
        all.extend(self.of.iter().flat_map(Choice::classes));
        all
    }

    fn draw(&self, scene: &mut Scene) -> Result<Drawing, ExploreError> {
        let left = scene.choose(&self.left)?;
        let right = scene.choose(&self.right)?;
        let moved = match &self.of {
            Some(of) => scene.choose(of)?.samples,
            None => others(
                &[&left.samples[..], &right.samples].concat(),
                self.rows.get(),
            ),
        };
        turn(scene, [left, right], &moved, self.columns.get(), self.reach)
    }
}

/// Each of the samples `numbers` moved along the axis, from left to right, in `columns` images from -`reach` to `reach` of its
/// length; below the samples that span it and the images of their means.
fn turn(
    scene: &Scene,
    ends: [Chosen; 2],
    numbers: &[usize],
    columns: usize,
    reach: f64,
) -> Result<Drawing, ExploreError> {
    let samples = scene.samples();
    let left = samples.z("--left", &ends[0].samples)?;
    let right = samples.z("--right", &ends[1].samples)?;
    let moved = samples.z("the samples to turn", numbers)?;
    let (from, to) = (vector::mean(&left), vector::mean(&right));
    if from == to {
        return Err(ExploreError::Range {
            what: "the axis from left to right",
            found: "without length".into(),
            expected: "samples on the right other than those on the left".into(),
        });
    }
    let axis = vector::sum([(1.0, to.as_slice()), (-1.0, from.as_slice())]);
    let ends = [
        ("left", &ends[0], left, from),
        ("right", &ends[1], right, to),
    ];
    let ends = ends.into_iter().map(|(side, chosen, z, mean)| {
        let mut tiles: Vec<Tile> = chosen
            .samples
            .iter()
            .zip(z)
            .map(|(&i, z)| Tile::sample(i, z))
            .collect();
        tiles.push(Tile::z("mean", mean));
        Panel {
            caption: format!("{side}: the mean z of {}", chosen.words),
            columns: tiles.len(),
            tiles,
            without: None,
        }
    });
    let mut tiles = Vec::with_capacity(moved.len() * columns);
    for (&index, z) in numbers.iter().zip(&moved) {
        for column in 0..columns {
            let t = reach * (2.0 * column as f64 / (columns - 1) as f64 - 1.0);
            let turned = vector::sum([(1.0, z.as_slice()), (t, axis.as_slice())]);
            tiles.push(match t == 0.0 {
                true => Tile::sample(index, turned),
                false => Tile::z("", turned),
            });
        }
    }
    let turned = Panel {
        caption: format!(
            "new samples, z moved along the axis from left to right by \u{2212}{reach} to {reach} of its length"
        ),
        columns,
        tiles,
        without: None,
    };
    Ok(Drawing::new(
        Turn::NAME,
        scene.net,
        scene.common.seed,
        vec![ends.collect(), vec![turned]],
    ))
}
