//! The FID Inception's forward pass: images to pooled features and logits.

use super::layer::{Layer, Map};
use super::weights::Weights;
use super::{InceptionError, plan, resize};
use crate::data::Images;
use crate::nn::cpu::Geometry;
use crate::nn::cpu::conv;

/// Length of the last pooled features, on which FID and KID are computed.
pub const FEATURES: usize = 2048;
/// Outputs of the classifier: ImageNet's 1,000 classes and 8 that are not used.
pub const CLASSES: usize = 1008;

/// The classifier's weights in the file.
const CLASSIFIER: &str = "fc.weight";

/// The network with its weights.
pub struct Inception {
    layers: Vec<Layer>,
    /// `[CLASSES, FEATURES]`; the bias is left out, as in the Inception score (Salimans et al. 2016).
    classifier: Vec<f32>,
    /// SHA-256 of the weights' file.
    pub sha256: String,
}

/// What the network says of a batch.
#[derive(Debug, Clone, Default)]
pub struct Features {
    /// `[images, FEATURES]`.
    pub pooled: Vec<f32>,
    /// `[images, CLASSES]`, without the bias.
    pub logits: Vec<f32>,
    /// Means of the earlier maps that some papers use: 64, 192 and 768 to a row.
    pub earlier: Vec<Vec<f32>>,
}

impl Inception {
    /// The network with a file's weights.
    ///
    /// # Errors
    /// [`InceptionError::Missing`] or [`InceptionError::Shape`], which name the tensor.
    pub fn new(weights: &Weights) -> Result<Inception, InceptionError> {
        let layers = Layer::chain(plan::steps(), weights)?;
        let classifier = weights.take(CLASSIFIER, &[CLASSES, FEATURES])?;
        Ok(Inception {
            layers,
            classifier,
            sha256: weights.sha256().to_string(),
        })
    }

    /// Name and shape of every tensor that the weights must hold.
    pub fn tensors() -> Vec<(String, Vec<usize>)> {
        let mut all = plan::tensors(&plan::steps());
        all.push((CLASSIFIER.to_string(), vec![CLASSES, FEATURES]));
        all
    }

    /// Features and logits of the images `from..to`, grey or in colour, of any size.
    ///
    /// # Errors
    /// [`InceptionError::Channels`].
    ///
    /// # Panics
    /// Where the images end before `to`.
    pub fn features(
        &self,
        images: &Images,
        rows: std::ops::Range<usize>,
    ) -> Result<Features, InceptionError> {
        if !matches!(images.c, 1 | 3) {
            return Err(InceptionError::Channels(images.c));
        }
        if rows.is_empty() {
            return Ok(Features::default());
        }
        let one = images.stride();
        let pixels = &images.pixels[rows.start * one..rows.end * one];
        let mut map = resize::prepared(pixels, [images.c, images.h, images.w]);
        let mut earlier = Vec::new();
        for layer in &self.layers {
            match layer.run(&map) {
                Some(next) => map = next,
                None => earlier.push(map.means()),
            }
        }
        let pooled = map.means();
        Ok(Features {
            logits: self.classify(rows.len(), &pooled),
            pooled,
            earlier,
        })
    }

    fn classify(&self, batch: usize, pooled: &[f32]) -> Vec<f32> {
        let mut out = Map::zeros(batch, [1, 1, CLASSES]);
        let g = Geometry {
            batch,
            large: [1, 1, FEATURES],
            small: [1, 1, CLASSES],
            kernel: [1, 1],
            stride: 1,
            pad: [0, 0],
        };
        conv::down(&g, pooled, &self.classifier, &mut out.values);
        out.values
    }
}
