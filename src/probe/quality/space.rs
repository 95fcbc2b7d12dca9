//! Where images become features.

use candle_core::{Device, Tensor};
use ndarray::Array2;

use super::QualityError;
use crate::data::{Images, to_unit};
use crate::nn::inception::{CLASSES, FEATURES, Inception};
use crate::nn::plan::BASE;
use crate::nn::{Discriminator, Norm};
use crate::track::progress::{Progress, Unit};

/// Images that D takes at once, and Inception, whose maps are large.
const BATCH: usize = 250;
const INCEPTION_BATCH: usize = 16;

/// A network whose features are compared.
pub enum Space {
    /// The mean of each map of every convolution of D, batch norm by stored statistics: one number a channel. The probe's
    /// 4x4 grids would be 16 times as many, more than there are images to fit a covariance to.
    Discriminator(Discriminator),
    /// The last pooled features of the FID Inception, and its logits.
    Inception(Box<Inception>),
}

/// Features of images, a row each.
#[derive(Debug, Clone)]
pub struct Extracted {
    pub features: Array2<f64>,
    /// Inception's, without bias.
    pub logits: Option<Array2<f64>>,
}

impl Space {
    /// Length of a row of features.
    pub fn dimensions(&self) -> usize {
        match self {
            Space::Discriminator(d) => d.feature_len() / (BASE * BASE),
            Space::Inception(_) => FEATURES,
        }
    }

    /// Features of every image. D takes images of its own size and colours.
    ///
    /// # Errors
    /// The network's own; [`QualityError::NotFinite`].
    pub fn extract(
        &self,
        images: &Images,
        what: &'static str,
        progress: &dyn Progress,
    ) -> Result<Extracted, QualityError> {
        let batch = match self {
            Space::Discriminator(_) => BATCH,
            Space::Inception(_) => INCEPTION_BATCH,
        };
        let title = format!("features, {what}");
        let mut bar = progress.begin(&title, Some(images.n as u64), Unit::Images);
        let (mut features, mut logits) = (Vec::new(), Vec::new());
        for from in (0..images.n).step_by(batch) {
            progress.check()?;
            let rows = from..(from + batch).min(images.n);
            bar.advance(rows.len() as u64);
            match self {
                Space::Discriminator(d) => features.extend(means(d, images, rows)?),
                Space::Inception(net) => {
                    let found = net.features(images, rows)?;
                    features.extend(found.pooled.into_iter().map(f64::from));
                    logits.extend(found.logits.into_iter().map(f64::from));
                }
            }
        }
        let d = self.dimensions();
        if let Some(at) = features.iter().position(|v| !v.is_finite()) {
            return Err(QualityError::NotFinite {
                what,
                row: at / d.max(1),
                value: features[at],
            });
        }
        let table = |values: Vec<f64>, columns: usize| {
            Array2::from_shape_vec((images.n, columns), values)
                .map_err(|e| QualityError::Shape(e.to_string()))
        };
        Ok(Extracted {
            features: table(features, d)?,
            logits: match self {
                Space::Discriminator(_) => None,
                Space::Inception(_) => Some(table(logits, CLASSES)?),
            },
        })
    }
}

/// The mean of each map of every layer of D, image by image.
fn means(
    net: &Discriminator,
    images: &Images,
    rows: std::ops::Range<usize>,
) -> Result<Vec<f64>, QualityError> {
    let one = images.stride();
    let pixels = &images.pixels[rows.start * one..rows.end * one];
    let mut unit = vec![0f32; pixels.len()];
    to_unit(pixels, &mut unit);
    let shape = (rows.len(), images.c, images.h, images.w);
    let x = Tensor::from_vec(unit, shape, &Device::Cpu)?;
    let maps = net.frozen().features(&x, Norm::Infer, net.layers())?;
    let means = maps
        .iter()
        .map(|map| map.flatten_from(2)?.mean(2))
        .collect::<candle_core::Result<Vec<_>>>()?;
    let all: Vec<f32> = Tensor::cat(&means, 1)?.flatten_all()?.to_vec1()?;
    Ok(all.into_iter().map(f64::from).collect())
}
