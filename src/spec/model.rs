use serde::{Deserialize, Serialize};

/// A network shape by name; [`crate::nn`] knows its layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// Figure 1: 64 px, four 5x5 stride-2 layers in each net.
    Dcgan64,
    /// Figure 1 with one layer less: 32 px, three 5x5 stride-2 layers.
    Dcgan32,
    /// The authors' released ImageNet net: 32 px, six 3x3 layers of stride 1,2,1,2,1,2.
    Imagenet32,
    /// The authors' released SVHN net: 32 px, three 5x5 stride-2 layers.
    Svhn32,
}

/// The generator's input z.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latent {
    /// Number of components.
    pub size: usize,
    pub distribution: LatentDistribution,
}

/// How each component of z is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LatentDistribution {
    /// Uniform on (-1, 1), the paper's text.
    Uniform,
    /// Standard normal, the released SVHN net's.
    Normal,
}
