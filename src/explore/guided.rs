//! Figure 5: guided backpropagation from features of D's last convolution to the images that they respond to most,
//! trained filters beside random ones.
//!
//! A feature's response to an image is the largest value of its map. The gradient is that one unit's, by the rule of
//! [`crate::nn::Discriminator::guided_gradient`]; each is shown scaled by its own largest magnitude, grey for 0.

use std::path::Path;

use candle_core::Device;
use serde::{Deserialize, Serialize};

use super::drawing::{FORMAT, write_record};
use super::picture::{self, Grid};
use super::searched::{Searched, infer, with_statistics};
use super::{ExploreError, Identity, Net, Written};
use crate::data::Store;
use crate::track::progress::Progress;
use crate::track::{Streams, atomic};
use crate::train::untrained;

/// The name of the figure's files.
pub(super) const FIGURE: &str = "guided";

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

/// Where the images come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The net's own samples, from number 0.
    Samples,
    /// A data set as a spec names it, spread evenly over a split.
    Data { name: String, split: String },
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub format: u32,
    pub figure: String,
    pub net: Identity,
    pub options: Options,
    /// Of each feature, the strongest responses; the strongest first.
    pub trained: Vec<Vec<Response>>,
    pub random: Vec<Vec<Response>>,
}

/// A feature's response to an image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// Number of the sample, or of the image in its split.
    pub image: usize,
    /// The sample's z.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub z: Option<Vec<f32>>,
    /// The place of the largest value in the feature's map.
    pub y: usize,
    pub x: usize,
    pub response: f32,
}

/// Find the strongest responses, draw them and write `guided.png` and `guided.json` into `out`.
///
/// Where D has no statistics of its own (released or random), they are inferred from the images searched.
///
/// # Errors
/// [`ExploreError::Range`] for more features than there are, or none of anything; as [`Net::generate`] or
/// Those of the images that cannot be opened; [`ExploreError::Write`].
pub fn guided(
    net: &Net,
    options: &Options,
    out: &Path,
    store: &Store,
    progress: &dyn Progress,
) -> Result<Written, ExploreError> {
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
    let searched = Searched::new(net, options, store, progress)?;
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
        let found = searched.strongest(d, options, &what, progress)?;
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
        figure: FIGURE.to_string(),
        net: net.identity.clone(),
        options: options.clone(),
        trained: trained.unwrap_or_default(),
        random: random.unwrap_or_default(),
    };
    let written = Written {
        png: out.join(format!("{FIGURE}.png")),
        gif: None,
        json: out.join(format!("{FIGURE}.json")),
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
