//! Figure 9: real images and those of conditional generators side by side, a row for each class.

use std::path::{Path, PathBuf};

use clap::Args;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use super::drawing::{FORMAT, write_record};
use super::figure::{Destination, Figure, Plan, Scene};
use super::number::Within;
use super::picture::{self, Grid};
use super::redraw::parse;
use super::{ExploreError, Identity, Net, Samples, Written};
use crate::data::{Dataset, Set, Want};
use crate::spec::ModelSpec;
use crate::track::{Streams, atomic};
use crate::train::FINAL;

/// Most images of a class.
const MOST: usize = 100;

/// Figure 9: real images and a conditional generator's, a row for each class; other nets between them
///
/// Each class has its own samples, the same for every net whose z has as many components.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
#[command(
    mut_arg("data", |data| data.help("The real images [default: what the net was trained on]")),
    mut_arg("split", |split| split.help("Their split [default: the trial's with its own data set, else `train`]")),
    after_help = "\
Examples:
  dcgan explore digits results/mnist/4bd4ff4310c1
  dcgan explore digits results/mnist/4bd4ff4310c1 --beside results/mnist/0c1d7a90be11 --columns 10")]
pub struct Digits {
    /// Images of each class
    #[arg(long, value_name = "N", default_value = "8")]
    columns: Within<1, MOST>,
    /// Show another conditional net between the real images and this one's; may be given again
    #[arg(long, value_name = "NET")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    beside: Vec<PathBuf>,
}

impl Figure for Digits {
    const NAME: &'static str = "digits";
    const TITLE: &'static str = "Figure 9: real and generated images, a row for each class";
    type Plan = Options;

    fn files(&self) -> Vec<(&'static str, PathBuf)> {
        let nets = self.beside.iter();
        nets.map(|net| ("beside", net.join(FINAL))).collect()
    }

    fn reads_images(&self) -> bool {
        true
    }

    fn draw(&self, scene: &mut Scene) -> Result<Options, ExploreError> {
        let (data, split) = scene.source().ok_or(ExploreError::NoData)?;
        Ok(Options {
            seed: scene.common.seed,
            data,
            split,
            columns: self.columns.get(),
            beside: self.beside.clone(),
        })
    }
}

/// What to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Draws the real images and numbers the samples.
    pub seed: u64,
    /// A data set as a spec names it, with the classes of the nets.
    pub data: String,
    pub split: String,
    /// Images of each class.
    pub columns: usize,
    /// Nets shown between the real images and the net itself: trials' folders.
    pub beside: Vec<PathBuf>,
}

/// What was shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub format: u32,
    pub figure: String,
    /// The name of its files, where it is not the figure's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub net: Identity,
    pub options: Options,
    /// Of each class, the numbers of the real images in their split.
    pub real: Vec<Vec<usize>>,
    pub nets: Vec<Side>,
}

/// What one net was given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Side {
    pub net: Identity,
    /// Class by class, `columns` of each.
    pub z: Vec<Vec<f32>>,
}

impl Plan for Options {
    fn read(path: &Path, bytes: &[u8]) -> Result<Options, ExploreError> {
        let record: Record = parse(path, bytes)?;
        record.check_beside(path)?;
        Ok(record.options)
    }

    fn write(self, net: &Net, place: &Destination) -> Result<Written, ExploreError> {
        digits(net, &self, place)
    }
}

/// Draw the figure and write picture and record: real images on the left, then the nets of [`Options::beside`], then `net`.
///
/// # Errors
/// [`ExploreError::Range`] for no images of a class or more than there are; [`ExploreError::Classes`] for a net that is not
/// conditional on the data set's classes; as [`Net::open`], [`Set::open`] and [`Net::generate_labelled`]; [`ExploreError::Write`].
fn digits(net: &Net, options: &Options, place: &Destination) -> Result<Written, ExploreError> {
    let beside = options
        .beside
        .iter()
        .map(|folder| Net::open(folder))
        .collect::<Result<Vec<_>, _>>()?;
    let want = Want {
        size: Some(net.architecture.image.height),
        channels: Some(net.architecture.image.channels),
    };
    let set = Set::find(&options.data, place.cards)?;
    let set = set.open(&options.split, &want, place.store, place.progress)?;
    let classes = set.classes.len();
    let real = drawn(&set, options)?;
    let nets: Vec<&Net> = beside.iter().chain([net]).collect();
    let labels: Vec<u8> = (0..classes)
        .flat_map(|class| std::iter::repeat_n(class as u8, options.columns))
        .collect();
    let grid = |caption, images| Grid {
        caption,
        columns: options.columns,
        labels: Vec::new(),
        images,
    };
    let caption = format!("{}: real images ({})", set.name, set.split);
    let mut row = vec![grid(caption, set.images.subset(&real.concat())?)];
    let mut sides = Vec::new();
    let numbers: Vec<usize> = (0..labels.len()).collect();
    for net in nets {
        if net.architecture.classes != classes {
            return Err(ExploreError::Classes {
                path: net.identity.folder.clone(),
                data: set.name.clone(),
                expected: classes,
                found: net.architecture.classes,
            });
        }
        let samples = Samples {
            latent: net.architecture.latent,
            seed: options.seed,
        };
        let z = samples.z("--columns", &numbers)?;
        let images = net
            .generate_labelled(&z, &labels, place.progress)?
            .to_images()?;
        row.push(grid(name(net), images));
        let net = net.identity.clone();
        sides.push(Side { net, z });
    }
    let record = Record {
        format: FORMAT,
        figure: Digits::FILE.to_string(),
        name: place.name.clone(),
        net: net.identity.clone(),
        options: options.clone(),
        real,
        nets: sides,
    };
    let written = Written {
        png: place.file(Digits::FILE, "png"),
        gif: None,
        json: place.file(Digits::FILE, "json"),
    };
    atomic::write(&written.png, &picture::png(&[row])?)?;
    write_record(&written.json, &record)?;
    Ok(written)
}

impl Record {
    /// Whether the nets beside are those that were drawn.
    ///
    /// # Errors
    /// [`ExploreError::OtherNet`]; as [`Net::open`].
    fn check_beside(&self, record: &Path) -> Result<(), ExploreError> {
        for (folder, side) in self.options.beside.iter().zip(&self.nets) {
            let found = Net::open(folder)?.identity.sha256;
            if found != side.net.sha256 {
                return Err(ExploreError::OtherNet {
                    path: record.to_path_buf(),
                    folder: folder.display().to_string(),
                    expected: side.net.sha256.clone(),
                    found,
                });
            }
        }
        Ok(())
    }
}

/// Of each class the first of a random order, as numbers in the split.
fn drawn(set: &Dataset, options: &Options) -> Result<Vec<Vec<usize>>, ExploreError> {
    let labels = set.labels.as_deref().unwrap_or_default();
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.shuffle(&mut Streams::new(options.seed).stream("explore.digits"));
    let mut found = vec![Vec::new(); set.classes.len()];
    for i in order {
        if let Some(class) = found.get_mut(usize::from(labels[i]))
            && class.len() < options.columns
        {
            class.push(i);
        }
    }
    let there = found.iter().map(Vec::len).min().unwrap_or(0);
    match (1..=MOST).contains(&options.columns) && there == options.columns {
        true => Ok(found),
        false => Err(ExploreError::Range {
            what: "the number of images of each class",
            found: options.columns.to_string(),
            expected: format!(
                "1 to {MOST}, and no more than `{}` has of each class in split `{}`",
                set.name, set.split
            ),
        }),
    }
}

/// What a net is called above its images.
fn name(net: &Net) -> String {
    let spec = net.spec.as_ref();
    match spec.map(|s| (&s.model, s.train.epochs)) {
        Some((ModelSpec::Preset { preset, width, .. }, epochs)) => {
            let s = if epochs == 1 { "" } else { "s" };
            format!("{}, width {width}, {epochs} epoch{s}", preset.name())
        }
        _ => net.identity.folder.display().to_string(),
    }
}
