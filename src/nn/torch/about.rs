//! What an exported file says of itself, in safetensors' metadata: what its net was trained on and how it normalises.

use std::collections::BTreeMap;

use super::layout::THEIR_EPSILON;
use super::module::Style;
use crate::nn::{Architecture, EPSILON};
use crate::spec::LatentDistribution;

/// Under this name stands how z is drawn.
const DISTRIBUTION: &str = "latent.distribution";
const UNIFORM: &str = "uniform";
const NORMAL: &str = "normal";
/// PyTorch's default, which the exported module keeps: it plays no part unless the nets are trained on.
const MOMENTUM: f64 = 0.1;

/// Where the batch-norm statistics of both nets come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistics {
    /// Inferred after training: D's from batches of the training images, G's from batches of z.
    Inferred,
    /// Read with the weights: running averages of the training that made them.
    Read,
}

impl Statistics {
    fn words(self, generator: bool) -> &'static str {
        match (self, generator) {
            (Statistics::Inferred, false) => {
                "means over batches of the training images, after training"
            }
            (Statistics::Inferred, true) => "means over batches of z, after training",
            (Statistics::Read, _) => "running averages, read with the weights",
        }
    }
}

/// What one exported net's file says.
pub(super) fn metadata(
    a: &Architecture,
    generator: bool,
    style: Style,
    statistics: Statistics,
) -> BTreeMap<String, String> {
    let epsilon = if style.shift { THEIR_EPSILON } else { EPSILON };
    let (distribution, range) = match a.latent.distribution {
        LatentDistribution::Uniform => (UNIFORM, "[-1, 1)"),
        LatentDistribution::Normal => (NORMAL, "mean 0, variance 1"),
    };
    let image = a.image;
    let net = if generator {
        "generator"
    } else {
        "discriminator"
    };
    [
        ("format", "pt".into()),
        ("net", net.into()),
        ("latent.size", a.latent.size.to_string()),
        (DISTRIBUTION, distribution.into()),
        ("latent.range", range.into()),
        ("image.channels", image.channels.to_string()),
        ("image.height", image.height.to_string()),
        ("image.width", image.width.to_string()),
        ("image.range", "[-1, 1]".into()),
        ("image.scaling", "pixel / 127.5 - 1".into()),
        ("batch_norm.epsilon", format!("{epsilon:e}")),
        ("batch_norm.momentum", MOMENTUM.to_string()),
        ("batch_norm.statistics", statistics.words(generator).into()),
    ]
    .into_iter()
    .map(|(key, value): (&str, String)| (key.to_string(), value))
    .collect()
}

/// How z is drawn for a generator: as its file says, otherwise as PyTorch's example does.
pub(super) fn distribution(metadata: Option<&BTreeMap<String, String>>) -> LatentDistribution {
    match metadata
        .and_then(|m| m.get(DISTRIBUTION))
        .map(String::as_str)
    {
        Some(UNIFORM) => LatentDistribution::Uniform,
        _ => LatentDistribution::Normal,
    }
}
