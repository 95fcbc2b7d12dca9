//! A search through images for those to which D's features respond most, and what is shown of them.

use candle_core::Device;
use serde::{Deserialize, Serialize};

use super::figure::Destination;
use super::{ExploreError, Net, Samples};
use crate::data::{Images, Set, Want, to_bytes};
use crate::nn::{Discriminator, Norm, Unit as Place};
use crate::track::progress::{Progress, Unit};
use crate::train::to_tensor;

/// Images at a time.
const BATCH: usize = 128;

/// Where the images come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The net's own samples, from number 0.
    Samples,
    /// A data set as a spec names it, spread evenly over a split.
    Data { name: String, split: String },
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
pub(super) struct ActivationSearch {
    pub images: Images,
    numbers: Vec<usize>,
    /// Of samples.
    z: Option<Vec<Vec<f32>>>,
}

impl ActivationSearch {
    /// The first `count` samples of the seed, or so many images of the data set.
    pub fn new(
        net: &Net,
        seed: u64,
        source: &Source,
        count: usize,
        place: &Destination,
    ) -> Result<ActivationSearch, ExploreError> {
        let image = net.architecture.image;
        match source {
            Source::Samples => {
                let samples = Samples {
                    latent: net.architecture.latent,
                    seed,
                };
                let numbers = Samples::range(0, count)?;
                let z = samples.z("the images", &numbers)?;
                Ok(ActivationSearch {
                    images: net.generate(&z, place.progress)?.to_images()?,
                    numbers,
                    z: Some(z),
                })
            }
            Source::Data { name, split } => {
                let want = Want {
                    size: Some(image.height),
                    channels: Some(image.channels),
                };
                let set = Set::find(name, place.cards)?;
                let set = set.open(split, &want, place.store, place.progress)?;
                let (all, count) = (set.images.n, set.images.n.min(count));
                // Files are often in the order of their classes.
                let numbers: Vec<usize> = (0..count).map(|i| i * all / count).collect();
                Ok(ActivationSearch {
                    images: set.images.subset(&numbers)?,
                    numbers,
                    z: None,
                })
            }
        }
    }

    /// Of each of the first `features` features the `most` strongest responses, strongest first; images by their row in
    /// `self.images`.
    pub fn strongest(
        &self,
        d: &Discriminator,
        (features, most): (usize, usize),
        what: &str,
        progress: &dyn Progress,
    ) -> Result<Vec<Vec<Response>>, ExploreError> {
        let total = self.images.n as u64;
        let mut bar = progress.begin(what, Some(total), Unit::Images);
        let mut found = vec![Vec::with_capacity(self.images.n); features];
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
            found.truncate(most);
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
