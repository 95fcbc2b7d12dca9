//! Figure 9: real images and those of conditional generators side by side, a row for each class.

use std::path::{Path, PathBuf};

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use super::drawing::{FORMAT, write_record};
use super::picture::{self, Grid};
use super::{ExploreError, Identity, Net, Samples, Written};
use crate::data::{Dataset, Set, Store, Want};
use crate::spec::ModelSpec;
use crate::track::progress::Progress;
use crate::track::{Streams, atomic};

/// The name of the figure's files.
pub(super) const FIGURE: &str = "digits";
/// Most images of a class.
const MOST: usize = 100;

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

/// Draw the figure and write `digits.png` and `digits.json` into `out`: real images on the left, then the nets of
/// [`Options::beside`], then `net`.
///
/// # Errors
/// [`ExploreError::Range`] for no images of a class or more than there are; [`ExploreError::Classes`] for a net that is not
/// conditional on the data set's classes; as [`Net::open`], [`Set::open`] and [`Net::generate_labelled`]; [`ExploreError::Write`].
pub fn digits(
    net: &Net,
    options: &Options,
    out: &Path,
    store: &Store,
    progress: &dyn Progress,
) -> Result<Written, ExploreError> {
    let beside = options
        .beside
        .iter()
        .map(|folder| Net::open(folder))
        .collect::<Result<Vec<_>, _>>()?;
    let want = Want {
        size: Some(net.architecture.image.height),
        channels: Some(net.architecture.image.channels),
    };
    let set = Set::find(&options.data, None)?.open(&options.split, &want, store, progress)?;
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
        let images = net.generate_labelled(&z, &labels, progress)?.to_images()?;
        row.push(grid(name(net), images));
        let net = net.identity.clone();
        sides.push(Side { net, z });
    }
    let record = Record {
        format: FORMAT,
        figure: FIGURE.to_string(),
        net: net.identity.clone(),
        options: options.clone(),
        real,
        nets: sides,
    };
    let written = Written {
        png: out.join(format!("{FIGURE}.png")),
        gif: None,
        json: out.join(format!("{FIGURE}.json")),
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
    pub(super) fn check_beside(&self, record: &Path) -> Result<(), ExploreError> {
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
