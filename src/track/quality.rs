//! The record of a comparison of two sets of images: `quality.json` is a list of [`QualityRecord`].

use serde::{Deserialize, Serialize};

use super::protocol;

/// How near images are to others, and everything that the numbers depend on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QualityRecord {
    /// [`protocol::QUALITY`] when it was made.
    #[serde(default = "protocol::unnumbered")]
    pub protocol: u32,
    /// The feature space as it was asked for: `untrained`, `trained`, a trial's folder or `inception`.
    pub space: String,
    /// The network behind it, such as `dcgan64, width 64, before its first step` or a file's SHA-256.
    pub net: String,
    /// Whose images: `generator` or a data set and split.
    pub images: String,
    /// Data set and split that they are compared with.
    pub against: String,
    /// Images judged.
    pub samples: usize,
    /// Images compared with.
    pub reference: usize,
    /// Features of an image.
    pub dimensions: usize,
    /// Whether each feature was scaled to mean 0 and deviation 1 over the reference.
    pub standardised: bool,
    /// Of the images and of the subsets.
    pub seed: u64,
    /// Fréchet distance; FID in Inception's space.
    pub frechet: f64,
    /// Kernel distance; KID in Inception's space.
    pub kernel: KernelRecord,
    /// Inception's space only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inception_score: Option<ScoreRecord>,
    pub neighbours: NeighboursRecord,
    pub seconds: f64,
}

/// Kernel distance over subsets.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct KernelRecord {
    pub mean: f64,
    /// Standard deviation over the subsets.
    pub deviation: f64,
    pub subsets: usize,
    /// Images of each set in a subset.
    pub size: usize,
}

/// Inception score over stretches of the images.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ScoreRecord {
    pub mean: f64,
    /// Standard deviation over the stretches.
    pub deviation: f64,
    pub splits: usize,
}

/// Shares of images within each other's reach.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct NeighboursRecord {
    pub precision: f64,
    pub recall: f64,
    pub density: f64,
    pub coverage: f64,
    /// The neighbour whose distance is the radius.
    pub k_precision_recall: usize,
    pub k_density_coverage: usize,
}
