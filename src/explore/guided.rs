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
use super::{ExploreError, Identity, Net, Samples, Written};
use crate::data::{Images, Set, Store, Want, to_bytes};
use crate::nn::{Discriminator, Norm, Unit as Place, infer_statistics};
use crate::track::progress::{Progress, Unit};
use crate::track::{Streams, atomic};
use crate::train::{to_tensor, untrained};

/// Images at a time, and to a mini-batch of the statistics.
const BATCH: usize = 128;
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

/// The images searched.
struct Searched {
    images: Images,
    numbers: Vec<usize>,
    /// Of samples.
    z: Option<Vec<Vec<f32>>>,
}

/// Find the strongest responses, draw them and write `guided.png` and `guided.json` into `out`.
///
/// Where D has no statistics of its own (released or random), they are inferred from the images searched.
///
/// # Errors
/// [`ExploreError::Range`] for more features than there are, or none of anything; as [`Net::generate`] or
/// [`Set::open`] for the images; [`ExploreError::Write`].
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
    let trained = &net.discriminator;
    if !net.statistics {
        infer(trained, &searched.images)?;
    }
    let seed = net.spec.as_ref().map_or(options.seed, |s| s.seed);
    let (layers, streams) = (trained.layers(), Streams::new(seed));
    let random = untrained(&net.architecture, layers, streams, &Device::Cpu)?;
    infer(&random, &searched.images)?;
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

/// Statistics from whole mini-batches, or from all images where there are fewer.
fn infer(d: &Discriminator, images: &Images) -> Result<(), ExploreError> {
    let rows: Vec<usize> = (0..images.n).collect();
    let whole = (images.n / BATCH * BATCH).max(images.n.min(BATCH));
    let batches = rows[..whole].chunks(BATCH);
    infer_statistics(
        d,
        batches.map(|rows| Ok::<_, ExploreError>(to_tensor(images, rows, &Device::Cpu)?)),
    )?;
    Ok(())
}

impl Searched {
    fn new(
        net: &Net,
        options: &Options,
        store: &Store,
        progress: &dyn Progress,
    ) -> Result<Searched, ExploreError> {
        let image = net.architecture.image;
        match &options.source {
            Source::Samples => {
                let samples = Samples {
                    latent: net.architecture.latent,
                    seed: options.seed,
                };
                let numbers = Samples::range(0, options.images)?;
                let z = samples.z("the images", &numbers)?;
                Ok(Searched {
                    images: net.generate(&z, progress)?.to_images()?,
                    numbers,
                    z: Some(z),
                })
            }
            Source::Data { name, split } => {
                let want = Want {
                    size: Some(image.height),
                    channels: Some(image.channels),
                };
                let set = Set::find(name, None)?.open(split, &want, store, progress)?;
                let (all, count) = (set.images.n, set.images.n.min(options.images));
                // Files are often in the order of their classes.
                let numbers: Vec<usize> = (0..count).map(|i| i * all / count).collect();
                Ok(Searched {
                    images: set.images.subset(&numbers)?,
                    numbers,
                    z: None,
                })
            }
        }
    }

    /// Of each feature the strongest responses, images by their row in `self.images`.
    fn strongest(
        &self,
        d: &Discriminator,
        options: &Options,
        what: &str,
        progress: &dyn Progress,
    ) -> Result<Vec<Vec<Response>>, ExploreError> {
        let total = self.images.n as u64;
        let mut bar = progress.begin(what, Some(total), Unit::Images);
        let mut found = vec![Vec::with_capacity(self.images.n); options.features];
        let rows: Vec<usize> = (0..self.images.n).collect();
        for batch in rows.chunks(BATCH) {
            let x = to_tensor(&self.images, batch, &Device::Cpu)?;
            let maps = d.frozen().features(&x, Norm::Infer, d.layers())?;
            let Some(map) = maps.last() else { continue };
            let (_, channels, h, w) = map.dims4()?;
            let values: Vec<f32> = map.flatten_all()?.to_vec1()?;
            for (&image, map) in batch.iter().zip(values.chunks_exact(channels * h * w)) {
                for (found, plane) in found.iter_mut().zip(map.chunks_exact(h * w)) {
                    let mut at = 0;
                    (1..plane.len()).for_each(|i| {
                        if plane[i] > plane[at] {
                            at = i
                        }
                    });
                    found.push(Response {
                        image,
                        z: None,
                        y: at / w,
                        x: at % w,
                        response: plane[at],
                    });
                }
            }
            bar.advance(batch.len() as u64);
        }
        for found in &mut found {
            // Stable: of equal responses the earlier image comes first.
            found.sort_by(|a, b| b.response.total_cmp(&a.response));
            found.truncate(options.strongest);
        }
        Ok(found)
    }

    /// The guided gradients, scaled for the eye, and the images themselves; features in turn.
    fn show(
        &self,
        d: &Discriminator,
        found: &[Vec<Response>],
    ) -> Result<(Images, Images), ExploreError> {
        let mut rows = Vec::new();
        let mut pixels = Vec::new();
        for (channel, responses) in found.iter().enumerate() {
            let own: Vec<usize> = responses.iter().map(|r| r.image).collect();
            let places: Vec<Place> = responses
                .iter()
                .map(|r| Place {
                    channel,
                    y: r.y,
                    x: r.x,
                })
                .collect();
            let x = to_tensor(&self.images, &own, &Device::Cpu)?;
            let gradients = d.guided_gradient(&x, &places)?;
            let gradients: Vec<f32> = gradients.flatten_all()?.to_vec1()?;
            for one in gradients.chunks_exact(self.images.stride()) {
                pixels.extend(scaled(one));
            }
            rows.extend(own);
        }
        let Images { c, h, w, .. } = self.images;
        Ok((Images::new(c, h, w, pixels)?, self.images.subset(&rows)?))
    }

    fn record(&self, found: Vec<Vec<Response>>) -> Vec<Vec<Response>> {
        let named = |r: Response| Response {
            image: self.numbers[r.image],
            z: self.z.as_ref().map(|z| z[r.image].clone()),
            ..r
        };
        let features = found.into_iter();
        features
            .map(|responses| responses.into_iter().map(named).collect())
            .collect()
    }
}

/// Values as bytes: 0 in the middle, the largest magnitude at an end.
fn scaled(values: &[f32]) -> Vec<u8> {
    let most = values.iter().fold(0f32, |most, v| most.max(v.abs()));
    let most = if most > 0.0 { most } else { 1.0 };
    let values: Vec<f32> = values.iter().map(|v| v / most).collect();
    let mut bytes = vec![0; values.len()];
    to_bytes(&values, &mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_are_scaled_by_their_largest_magnitude() {
        assert_eq!(scaled(&[0.0, -2e-6, 1e-6]), [128, 0, 191]);
        assert_eq!(scaled(&[0.0, 0.0]), [128, 128]);
    }
}
