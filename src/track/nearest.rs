//! `nearest.json`: what nearest neighbours among generated and among real images found (table 3).

use serde::{Deserialize, Serialize};

use super::protocol;

/// A trial's part of table 3.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NearestRecord {
    /// [`protocol::NEAREST`] when it was made.
    #[serde(default = "protocol::unnumbered")]
    pub protocol: u32,
    /// The data set whose test images were classified.
    pub data: String,
    /// Number of test images.
    pub queries: usize,
    /// By generated images, in the order of their number.
    pub generated: Vec<GeneratedRow>,
    /// By real training images; empty where they were not asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub real: Vec<RealRow>,
    /// Of the generated images alone, in the session that came to the end.
    pub seconds: f64,
}

/// The test errors with so many generated images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeneratedRow {
    pub samples: u64,
    /// Test images that got a wrong label.
    pub errors: usize,
}

/// The test errors with a subset of the real training images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RealRow {
    pub subset: Subset,
    pub images: usize,
    /// Test images that got a wrong label, for each draw.
    pub errors: Vec<usize>,
}

/// Which of the training images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subset {
    All,
    First,
    Last,
    /// Drawn at random without replacement.
    Random,
}

impl NearestRecord {
    /// Errors as a fraction of the test images.
    pub fn share(&self, errors: usize) -> f64 {
        errors as f64 / self.queries.max(1) as f64
    }

    /// The mean over the draws of a row of real images, and the half-width of its 95% interval where there are several.
    pub fn real_share(&self, row: &RealRow) -> (f64, Option<f64>) {
        let shares: Vec<f64> = row.errors.iter().map(|e| self.share(*e)).collect();
        let n = shares.len().max(1) as f64;
        let mean = shares.iter().sum::<f64>() / n;
        let squares: f64 = shares.iter().map(|s| (s - mean).powi(2)).sum();
        let interval = (shares.len() > 1).then(|| 1.96 * (squares / (n - 1.0) / n).sqrt());
        (mean, interval)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_become_a_mean_with_its_interval() {
        let record: NearestRecord = serde_json::from_str(
            r#"{"data": "mnist", "queries": 1000, "generated": [], "seconds": 0,
                "real": [{"subset": "random", "images": 10, "errors": [30, 50]}, {"subset": "all", "images": 20, "errors": [31]}]}"#,
        )
        .unwrap();
        let (mean, interval) = record.real_share(&record.real[0]);
        assert_eq!(mean, 0.04);
        // The standard deviation is 0.01 sqrt 2; over sqrt 2 draws.
        assert!((interval.unwrap() - 0.0196).abs() < 1e-12);
        assert_eq!(record.real_share(&record.real[1]), (0.031, None));
    }
}
