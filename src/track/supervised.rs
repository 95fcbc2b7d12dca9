//! `supervised.json`: the supervised net of table 2 and the trials that it was chosen from.

use serde::{Deserialize, Serialize};

use super::format::Labels;
use super::protocol;

/// A random search and its outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SupervisedRecord {
    /// [`protocol::SUPERVISED`] when it was made.
    #[serde(default = "protocol::unnumbered")]
    pub protocol: u32,
    /// The data set classified.
    pub data: String,
    pub labels: Labels,
    /// Training rows held out once, on which the trials are compared.
    pub held_out: usize,
    /// Labelled images that each trial trained on.
    pub train_rows: usize,
    pub test_rows: usize,
    /// Most passes over them.
    pub epochs: usize,
    /// Trained values of the net.
    pub parameters: u64,
    /// Every trial in its order.
    pub trials: Vec<SupervisedTrial>,
    /// Index of the trial with the highest validation accuracy, the first of equals.
    pub chosen: usize,
    /// The chosen trial's validation accuracy, 0 to 1.
    pub validation: f64,
    /// Its test accuracy: the test images are classified once.
    pub accuracy: f64,
    pub seconds: f64,
}

/// A trial of the search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SupervisedTrial {
    /// What it trained with.
    pub settings: serde_json::Value,
    /// Highest validation accuracy, 0 to 1.
    pub validation: f64,
    /// Epochs after which it had that; 0 where it diverged at once.
    pub epoch: usize,
    pub seconds: f64,
}
