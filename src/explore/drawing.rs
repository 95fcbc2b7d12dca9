//! A figure of G as plain data: every z, in panels. What is written beside the picture is what the picture is drawn from.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::drop::Fit;
use super::figure::{Destination, Plan};
use super::picture::{self, Grid};
use super::redraw::parse;
use super::{ExploreError, Identity, Net, animation};
use crate::data::{Images, to_bytes};
use crate::track::atomic;
use crate::track::progress::Progress;

/// The version of the records that this program writes.
pub(super) const FORMAT: u32 = 1;

/// A figure of G.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drawing {
    pub format: u32,
    /// Which figure.
    pub figure: String,
    /// The name of its files, where it is not the figure's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub net: Identity,
    /// The seed that samples are numbered by.
    pub seed: u64,
    /// Rows of panels, from the top.
    pub rows: Vec<Vec<Panel>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub animation: Option<Animation>,
    /// What was fitted for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<Fit>,
}

/// Images in a grid under a caption.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Panel {
    pub caption: String,
    pub columns: usize,
    pub tiles: Vec<Tile>,
    /// Drawn with feature maps of G left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without: Option<Without>,
}

/// Feature maps of G that are dropped from all positions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Without {
    /// The hidden layer, as [`crate::nn::Generator::hidden_maps`] numbers it.
    pub layer: usize,
    pub maps: Vec<usize>,
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
            name: None,
            net: net.identity.clone(),
            seed,
            rows,
            animation: None,
            fit: None,
        }
    }

    /// The images of all tiles, in order. What is drawn with the same maps left out is drawn in one go.
    fn images(&self, net: &Net, progress: &dyn Progress) -> Result<Images, ExploreError> {
        let image = net.architecture.image;
        let panels = || self.rows.iter().flatten();
        let mut kinds: Vec<Option<&Without>> = Vec::new();
        for panel in panels() {
            if !kinds.contains(&panel.without.as_ref()) {
                kinds.push(panel.without.as_ref());
            }
        }
        let count = panels().map(|p| p.tiles.len()).sum::<usize>();
        let mut pixels = vec![0; count * image.len()];
        let mut total = vec![0f64; image.len()];
        for without in kinds {
            let own = |p: &&Panel| p.without.as_ref() == without;
            let tiles = panels().filter(own).flat_map(|p| &p.tiles);
            let z: Vec<Vec<f32>> = tiles.flat_map(Tile::vectors).cloned().collect();
            let generated = net.generate_without(&z, without, progress)?;
            let mut drawn = generated.iter();
            let places = pixels.chunks_exact_mut(image.len());
            let tiles = panels().flat_map(|p| p.tiles.iter().map(move |t| (p, t)));
            for ((_, tile), place) in tiles.zip(places).filter(|((p, _), _)| own(p)) {
                compose(tile, &mut drawn, &mut total);
                let values: Vec<f32> = total.iter().map(|&t| t as f32).collect();
                to_bytes(&values, place);
            }
        }
        let (c, h, w) = (image.channels, image.height, image.width);
        Ok(Images::new(c, h, w, pixels)?)
    }
}

impl Plan for Drawing {
    fn read(path: &Path, bytes: &[u8]) -> Result<Drawing, ExploreError> {
        parse(path, bytes)
    }

    /// Write `NAME.png`, `NAME.json` and where there is a film `NAME.gif`.
    ///
    /// # Errors
    /// As [`Net::generate`]; [`ExploreError::Picture`] for a record that does not fit together; [`ExploreError::Write`].
    fn write(self, net: &Net, place: &Destination) -> Result<Written, ExploreError> {
        let drawing = Drawing {
            name: place.name.clone(),
            ..self
        };
        let all = drawing.images(net, place.progress)?;
        let mut next = 0;
        let mut rows = Vec::with_capacity(drawing.rows.len());
        for row in &drawing.rows {
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
        let file = |extension| place.file(&drawing.figure, extension);
        let written = Written {
            png: file("png"),
            gif: drawing.animation.as_ref().map(|_| file("gif")),
            json: file("json"),
        };
        atomic::write(&written.png, &picture::png(&rows)?)?;
        if let (Some(film), Some(path)) = (&drawing.animation, &written.gif) {
            let bytes = animation::gif(&all, &film.frames, film.milliseconds)?;
            atomic::write(path, &bytes)?;
        }
        write_record(&written.json, &drawing)?;
        Ok(written)
    }
}

/// The tile's image from those of its z, which are the next of `drawn`.
fn compose<'a>(tile: &Tile, drawn: &mut impl Iterator<Item = &'a [f32]>, total: &mut [f64]) {
    let weights: Vec<f64> = match &tile.content {
        Content::Z(_) => vec![1.0],
        Content::Pixels(terms) => terms.iter().map(|t| t.weight).collect(),
    };
    total.fill(0.0);
    for (weight, values) in weights.iter().zip(drawn) {
        for (t, &v) in total.iter_mut().zip(values) {
            *t += weight * f64::from(v);
        }
    }
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
