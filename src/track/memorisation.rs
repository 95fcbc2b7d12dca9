//! `memorisation.json`: how near generated images lie to training images, beside images that were held out.

use serde::{Deserialize, Serialize};

use super::protocol;

/// The file's name in a trial's folder.
pub const FILE: &str = "memorisation.json";

/// The file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Memorisation {
    /// [`protocol::MEMORISATION`] when it was made.
    #[serde(default = "protocol::unnumbered")]
    pub protocol: u32,
    /// One for each epoch looked at, in rising order.
    pub epochs: Vec<MemorisationRecord>,
}

/// After one epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemorisationRecord {
    pub epoch: usize,
    /// Generated images.
    pub samples: usize,
    /// The split that they are held against, and images of it.
    pub held_out: String,
    pub held_out_images: usize,
    /// Training images searched: all.
    pub training_images: usize,
    pub spaces: Vec<SpaceRecord>,
}

/// Where distances are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Space {
    /// Pixels from 0 to 255.
    Pixels,
    /// D's pooled features (section 5.1), of D as it was after the same epoch.
    Features,
}

impl Space {
    /// As the record names it.
    pub fn name(self) -> &'static str {
        match self {
            Space::Pixels => "pixels",
            Space::Features => "features",
        }
    }
}

/// Distances in one space.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpaceRecord {
    pub space: Space,
    pub dimensions: usize,
    pub samples: Distances,
    pub held_out: Distances,
    /// Median distance of the samples over that of the held-out images; `None` where half of these lie among the training
    /// images themselves.
    pub median_ratio: Option<f64>,
    /// Share of the samples nearer to a training image than the nearest hundredth of the held-out images, with its
    /// 95% interval (Wilson's). A generator that copies nothing and draws like the data has 0.01.
    pub nearer: f64,
    pub nearer_interval: [f64; 2],
    /// Chance that a sample lies nearer to the training images than a held-out image (Mann and Whitney's statistic
    /// over its largest value), with its 95% interval. 0.5 where neither does.
    pub nearer_than_held_out: f64,
    pub nearer_than_held_out_interval: [f64; 2],
}

/// Distances of a set of images to the training images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Distances {
    /// 0th to 100th percentile of the distance to the nearest training image: the root of the mean squared difference
    /// of a dimension.
    pub percentiles: Vec<f64>,
    /// Median of the distance to the nearest training image over that to the second nearest: near 0 for copies,
    /// near 1 for images that are as near to any of several.
    pub relative: f64,
    /// Share of images for which that quotient is below a third.
    pub copies: f64,
}

impl Distances {
    /// The median distance.
    pub fn median(&self) -> f64 {
        self.percentiles.get(50).copied().unwrap_or(f64::NAN)
    }
}
