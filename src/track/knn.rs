//! `knn.json`: k-nearest neighbours on the draws of table 2, a list of [`KnnRecord`].

use serde::{Deserialize, Serialize};

use super::format::{Features, Labels};
use super::protocol;

/// One set of features classified by their nearest neighbours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KnnRecord {
    /// [`protocol::KNN`] when it was made.
    #[serde(default = "protocol::unnumbered")]
    pub protocol: u32,
    /// The data set classified.
    pub data: String,
    pub features: Features,
    pub labels: Labels,
    /// The number of neighbours that validation chose.
    pub k: usize,
    /// Every k tried with its validation accuracy (0 to 1).
    pub validation: Vec<(usize, f64)>,
    /// Mean test accuracy over the draws, 0 to 1.
    pub accuracy: f64,
    /// 1.96 standard deviations of the draws; `None` for a single one.
    pub spread: Option<f64>,
    /// Test accuracy of each draw.
    pub draws: Vec<f64>,
    /// Training rows held out once for every draw.
    pub held_out: usize,
    /// Length of the feature vector.
    pub dimensions: usize,
    pub train_rows: usize,
    pub test_rows: usize,
    pub seconds: f64,
}
