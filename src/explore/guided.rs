//! Figure 5: guided backpropagation from features of D's last convolution to the images that they respond to most,
//! trained filters beside random ones.
//!
//! A feature's response to an image is the largest value of its map. The gradient is that one unit's, by the rule of
//! [`crate::nn::Discriminator::guided_gradient`]; each is shown scaled by its own largest magnitude, grey for 0.

use std::path::Path;

use candle_core::Device;
use clap::Args;
use serde::{Deserialize, Serialize};

use super::activation_search::{ActivationSearch, Response, Source};
use super::drawing::{FORMAT, write_record};
use super::figure::{Destination, Figure, Plan, Scene, Wrong};
use super::number::Within;
use super::picture::{self, Grid};
use super::redraw::parse;
use super::statistics::{infer, with_statistics};
use super::{ExploreError, Identity, Net, SAMPLES, Written};
use crate::track::{Streams, atomic};
use crate::train::untrained;

/// Figure 5: guided backpropagation from D's last features to the image, trained filters beside random ones
///
/// Shows the images to which each feature responds most. A gradient passes a rectifier only where the unit's input and the
/// gradient are both positive (Springenberg et al. 2015), nothing passes the leak of a leaky ReLU; each picture is scaled
/// by its own largest magnitude. Statistics that a net lacks are inferred from the images searched.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
#[command(
    mut_arg("data", |data| data.help("Search this data set [default: what the trial was trained on; released weights: --samples]")),
    mut_arg("split", |split| split.help("The split that is searched [default: the trial's with its own data set, else `train`]")),
    after_help = "\
Examples:
  dcgan explore guided results/cifar/4bd4ff4310c1
  dcgan explore guided results/cifar/4bd4ff4310c1 --data cifar10 --split test --images 5000
  dcgan explore guided FOLDER --samples --features 8")]
pub struct Guided {
    /// Search the generator's samples
    #[arg(long, conflicts_with_all = ["data", "split"])]
    #[serde(default)]
    samples: bool,
    /// How many images are searched
    #[arg(long, value_name = "N", default_value = "2000")]
    images: Within<1, 1_000_000>,
    /// Features looked at, from the first
    #[arg(long, value_name = "N", default_value = "6")]
    features: Within<1, 4096>,
    /// Images shown for each feature
    #[arg(long, value_name = "N", default_value = "8")]
    strongest: Within<1, 1_000_000>,
}

impl Figure for Guided {
    const NAME: &'static str = "guided";
    const TITLE: &'static str = "Figure 5: guided backpropagation";
    type Plan = Options;

    fn checked(self) -> Result<Guided, Wrong> {
        let (strongest, images) = (self.strongest.get(), self.images.get());
        if strongest > images {
            let message =
                format!("is {strongest}; expected 1 to {images}, the number of `images` searched");
            return Err(Wrong::new("strongest", message));
        }
        match self.samples && images > SAMPLES {
            true => Err(Wrong::new(
                "images",
                format!("is {images}; expected 1 to {SAMPLES}: so many samples have a number"),
            )),
            false => Ok(self),
        }
    }

    fn reads_images(&self) -> bool {
        !self.samples
    }

    fn draw(&self, scene: &mut Scene) -> Result<Options, ExploreError> {
        // The authors' nets do not say which images they were trained on.
        let data = scene.source().filter(|_| !self.samples);
        Ok(Options {
            seed: scene.common.seed,
            source: data.map_or(Source::Samples, |(name, split)| Source::Data {
                name,
                split,
            }),
            images: self.images.get(),
            features: self.features.get(),
            strongest: self.strongest.get(),
        })
    }
}

/// What to look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Options {
    /// Numbers the samples; and draws the random filters, where the net is no trial with a seed of its own.
    pub seed: u64,
    pub source: Source,
    /// Images searched for the strongest responses.
    pub images: usize,
    /// Features looked at, from the first.
    pub features: usize,
    /// Images shown for each feature.
    pub strongest: usize,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub format: u32,
    pub figure: String,
    /// The name of its files, where it is not the figure's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub net: Identity,
    pub options: Options,
    /// Of each feature, the strongest responses; the strongest first.
    pub trained: Vec<Vec<Response>>,
    pub random: Vec<Vec<Response>>,
}

impl Plan for Options {
    fn read(path: &Path, bytes: &[u8]) -> Result<Options, ExploreError> {
        Ok(parse::<Record>(path, bytes)?.options)
    }

    fn write(self, net: &Net, place: &Destination) -> Result<Written, ExploreError> {
        guided(net, &self, place)
    }
}

/// Find the strongest responses, draw them and write picture and record.
///
/// Where D has no statistics of its own (released or random), they are inferred from the images searched.
///
/// # Errors
/// [`ExploreError::Range`] for more features than there are, or none of anything; as [`Net::generate`] or
/// [`crate::data::Set::open`] for the images; [`ExploreError::Write`].
fn guided(net: &Net, options: &Options, place: &Destination) -> Result<Written, ExploreError> {
    let last = net.discriminator.layers().checked_sub(1);
    let last = last.and_then(|l| net.architecture.discriminator.get(l));
    let there = last.map_or(0, |l| l.output.channels);
    check("the number of features", options.features, there)?;
    check("the number of images searched", options.images, 1_000_000)?;
    check(
        "the number of images shown",
        options.strongest,
        options.images,
    )?;
    let progress = place.progress;
    let (source, count) = (&options.source, options.images);
    let searched = ActivationSearch::new(net, options.seed, source, count, place)?;
    let trained = &with_statistics(net, &searched.images, progress)?;
    let seed = net.spec.as_ref().map_or(options.seed, |s| s.seed);
    let (layers, streams) = (trained.layers(), Streams::new(seed));
    let random = untrained(&net.architecture, layers, streams, &Device::Cpu)?;
    infer(&random, &searched.images, progress)?;
    let words = match layers == net.architecture.discriminator.len() {
        true => "the last convolution".to_string(),
        false => format!("convolution {layers} of D, the last present"),
    };
    let mut sides = Vec::new();
    let mut rows = vec![Vec::new(), Vec::new()];
    for (d, filters) in [(trained, "trained"), (&random, "random")] {
        let what = format!("responses of {filters} filters");
        let most = (options.features, options.strongest);
        let found = searched.strongest(d, most, &what, progress)?;
        let (gradients, images) = searched.show(d, &found)?;
        let features = options.features;
        for (row, images, caption) in [
            (
                0,
                gradients,
                format!(
                    "{filters} filters: guided gradients of the first {features} features of {words}, a row each"
                ),
            ),
            (
                1,
                images,
                format!("{filters} filters: the images with the strongest responses"),
            ),
        ] {
            rows[row].push(Grid {
                caption,
                columns: images.n / features,
                labels: Vec::new(),
                images,
            });
        }
        sides.push(searched.record(found));
    }
    let (random, trained) = (sides.pop(), sides.pop());
    let record = Record {
        format: FORMAT,
        figure: Guided::FILE.to_string(),
        name: place.name.clone(),
        net: net.identity.clone(),
        options: options.clone(),
        trained: trained.unwrap_or_default(),
        random: random.unwrap_or_default(),
    };
    let written = Written {
        png: place.file(Guided::FILE, "png"),
        gif: None,
        json: place.file(Guided::FILE, "json"),
    };
    atomic::write(&written.png, &picture::png(&rows)?)?;
    write_record(&written.json, &record)?;
    Ok(written)
}

fn check(what: &'static str, found: usize, most: usize) -> Result<(), ExploreError> {
    match (1..=most).contains(&found) {
        true => Ok(()),
        false => Err(ExploreError::Range {
            what,
            found: found.to_string(),
            expected: format!("1 to {most}"),
        }),
    }
}
