//! The images that are searched for the strongest responses of D's features, and what is shown of them.

use std::collections::HashMap;

use candle_core::Device;

use super::guided::{Options, Response, Source};
use super::{ExploreError, Net, Samples};
use crate::data::{Images, Set, Store, Want, to_bytes};
use crate::nn::{Discriminator, Norm, Unit as Place};
use crate::track::Streams;
use crate::track::progress::{Progress, Unit};
use crate::train::{self, to_tensor, untrained};

/// Images at a time, and to a mini-batch of the statistics.
const BATCH: usize = 128;

/// The images searched.
pub(super) struct Searched {
    pub images: Images,
    numbers: Vec<usize>,
    /// Of samples.
    z: Option<Vec<Vec<f32>>>,
}

/// Statistics from whole mini-batches, or from all images where there are fewer.
pub(super) fn infer(
    d: &Discriminator,
    images: &Images,
    progress: &dyn Progress,
) -> Result<(), ExploreError> {
    let rows: Vec<usize> = (0..images.n).collect();
    let whole = (images.n / BATCH * BATCH).max(images.n.min(BATCH));
    let batches: Vec<&[usize]> = rows[..whole].chunks(BATCH).collect();
    let count = (batches.len(), BATCH);
    let what = "batch-norm statistics of D";
    train::infer(d, what, count, progress, |i| {
        Ok::<_, ExploreError>(to_tensor(images, batches[i], &Device::Cpu)?)
    })
}

/// The net's D, with statistics from `images` where it came without: on a copy, so that what one figure infers is not what
/// the next one reads.
pub(super) fn with_statistics(
    net: &Net,
    images: &Images,
    progress: &dyn Progress,
) -> Result<Discriminator, ExploreError> {
    let d = &net.discriminator;
    if net.statistics {
        return Ok(d.clone());
    }
    let copy = untrained(&net.architecture, d.layers(), Streams::new(0), &Device::Cpu)?;
    let tensors: HashMap<_, _> = d.params().tensors()?.into_iter().collect();
    copy.params().load(&tensors)?;
    infer(&copy, images, progress)?;
    Ok(copy)
}

impl Searched {
    pub fn new(
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

    /// Of each feature the strongest responses, strongest first; images by their row in `self.images`.
    pub fn strongest(
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
            progress.check()?;
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
    pub fn show(
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

    pub fn record(&self, found: Vec<Vec<Response>>) -> Vec<Vec<Response>> {
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
