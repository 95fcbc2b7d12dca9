//! A figure of G as plain data: every z, in panels. What is written beside the picture is what the picture is drawn from.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::picture::{self, Grid};
use super::{ExploreError, Generated, Identity, Net, animation};
use crate::data::{Images, to_bytes};
use crate::track::atomic;
use crate::track::progress::Progress;

/// The version of the records that this program writes.
pub(super) const FORMAT: u32 = 1;

/// A figure of G.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drawing {
    pub format: u32,
    /// Which figure, and the name of its files.
    pub figure: String,
    pub net: Identity,
    /// The seed that samples are numbered by.
    pub seed: u64,
    /// Rows of panels, from the top.
    pub rows: Vec<Vec<Panel>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub animation: Option<Animation>,
}

/// Images in a grid under a caption.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Panel {
    pub caption: String,
    pub columns: usize,
    pub tiles: Vec<Tile>,
}

/// One image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tile {
    /// The line under it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// The number of the sample, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<usize>,
    #[serde(flatten)]
    pub content: Content,
}

/// What an image is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Content {
    /// G's image of a z.
    Z(Vec<f32>),
    /// The weighted sum of G's images themselves, pixel by pixel in [-1, 1].
    Pixels(Vec<Term>),
}

/// A z whose image counts with a weight.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Term {
    pub weight: f64,
    pub z: Vec<f32>,
}

/// The images of the panels as a film: all tiles are numbered through, row by row and panel by panel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Animation {
    pub milliseconds: u32,
    pub frames: Vec<usize>,
}

/// The files of a figure.
#[derive(Debug, Clone)]
pub struct Written {
    pub png: PathBuf,
    pub gif: Option<PathBuf>,
    pub json: PathBuf,
}

impl Tile {
    /// G's image of `z`.
    pub fn z(label: impl Into<String>, z: Vec<f32>) -> Tile {
        Tile {
            label: label.into(),
            sample: None,
            content: Content::Z(z),
        }
    }

    /// A sample under its number.
    pub fn sample(index: usize, z: Vec<f32>) -> Tile {
        Tile {
            sample: Some(index),
            ..Tile::z(index.to_string(), z)
        }
    }

    fn vectors(&self) -> impl Iterator<Item = &Vec<f32>> {
        let (one, terms) = match &self.content {
            Content::Z(z) => (Some(z), &[][..]),
            Content::Pixels(terms) => (None, terms.as_slice()),
        };
        one.into_iter().chain(terms.iter().map(|t| &t.z))
    }
}

impl Drawing {
    pub(super) fn new(figure: &str, net: &Net, seed: u64, rows: Vec<Vec<Panel>>) -> Drawing {
        Drawing {
            format: FORMAT,
            figure: figure.to_string(),
            net: net.identity.clone(),
            seed,
            rows,
            animation: None,
        }
    }

    /// Draw the figure and write `FIGURE.png`, `FIGURE.json` and where there is a film `FIGURE.gif` into `out`; files of these
    /// names are replaced, each whole.
    ///
    /// # Errors
    /// As [`Net::generate`]; [`ExploreError::Picture`] for a record that does not fit together; [`ExploreError::Write`].
    pub fn draw(
        &self,
        net: &Net,
        out: &Path,
        progress: &dyn Progress,
    ) -> Result<Written, ExploreError> {
        let tiles = || self.rows.iter().flatten().flat_map(|panel| &panel.tiles);
        let z: Vec<Vec<f32>> = tiles().flat_map(Tile::vectors).cloned().collect();
        let generated = net.generate(&z, progress)?;
        let all = compose(tiles(), &generated, net)?;
        let mut next = 0;
        let mut rows = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            let mut grids = Vec::with_capacity(row.len());
            for panel in row {
                let indices: Vec<usize> = (next..next + panel.tiles.len()).collect();
                next += panel.tiles.len();
                grids.push(Grid {
                    caption: panel.caption.clone(),
                    columns: panel.columns,
                    labels: panel.tiles.iter().map(|t| t.label.clone()).collect(),
                    images: all.subset(&indices)?,
                });
            }
            rows.push(grids);
        }
        let file = |extension: &str| out.join(format!("{}.{extension}", self.figure));
        let written = Written {
            png: file("png"),
            gif: self.animation.as_ref().map(|_| file("gif")),
            json: file("json"),
        };
        atomic::write(&written.png, &picture::png(&rows)?)?;
        if let (Some(film), Some(path)) = (&self.animation, &written.gif) {
            let bytes = animation::gif(&all, &film.frames, film.milliseconds)?;
            atomic::write(path, &bytes)?;
        }
        write_record(&written.json, self)?;
        Ok(written)
    }
}

/// The tiles' images from those of their z, which stand in the same order.
fn compose<'a>(
    tiles: impl Iterator<Item = &'a Tile>,
    generated: &Generated,
    net: &Net,
) -> Result<Images, ExploreError> {
    let image = net.architecture.image;
    let mut drawn = generated.iter();
    let mut pixels = Vec::new();
    for tile in tiles {
        let mut total = vec![0f64; image.len()];
        let weights: Vec<f64> = match &tile.content {
            Content::Z(_) => vec![1.0],
            Content::Pixels(terms) => terms.iter().map(|t| t.weight).collect(),
        };
        for (weight, values) in weights.iter().zip(&mut drawn) {
            for (t, &v) in total.iter_mut().zip(values) {
                *t += weight * f64::from(v);
            }
        }
        let values: Vec<f32> = total.iter().map(|&t| t as f32).collect();
        let start = pixels.len();
        pixels.resize(start + values.len(), 0);
        to_bytes(&values, &mut pixels[start..]);
    }
    Ok(Images::new(
        image.channels,
        image.height,
        image.width,
        pixels,
    )?)
}

/// A record as one line of JSON: indented, each number of each z would take a line.
pub(super) fn write_record(path: &Path, record: &impl Serialize) -> Result<(), ExploreError> {
    Ok(atomic::write_with(path, |out| {
        serde_json::to_writer(&mut *out, record)?;
        std::io::Write::write_all(out, b"\n")
    })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_of_z_survives_the_record() {
        let z: Vec<f32> = (0..2000u32)
            .map(|i| f32::from_bits(0x3f80_0000 ^ i.wrapping_mul(0x9e37_79b9) >> 3))
            .filter(|v| v.is_finite())
            .collect();
        let tile = Tile {
            content: Content::Pixels(vec![Term {
                weight: -1.0 / 3.0,
                z: z.clone(),
            }]),
            ..Tile::sample(7, z)
        };
        for tile in [tile, Tile::z("", vec![0.1, -0.0, 1e-30])] {
            let text = serde_json::to_string(&tile).unwrap();
            assert_eq!(serde_json::from_str::<Tile>(&text).unwrap(), tile);
        }
    }
}
