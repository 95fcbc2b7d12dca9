//! `selectivity.json`: how far the strongest responses of D's last convolution tell classes apart.

use serde::{Deserialize, Serialize};

use super::protocol;

/// The record of a trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SelectivityRecord {
    /// [`protocol::SELECTIVITY`] when it was made.
    #[serde(default = "protocol::unnumbered")]
    pub protocol: u32,
    /// One for each data set.
    pub sets: Vec<Selectivity>,
}

/// Every unit of the last convolution on one data set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Selectivity {
    pub data: String,
    pub split: String,
    /// Images searched.
    pub images: usize,
    pub classes: usize,
    /// Images that count as a unit's strongest.
    pub strongest: usize,
    /// Bits that being among a unit's strongest images tells of the class, unit by unit; 0 to log2 of the classes.
    pub trained: Vec<f64>,
    /// The same of the net before its first step.
    pub untrained: Vec<f64>,
    /// The same of as many images drawn at random, as often as there are units.
    pub chance: Vec<f64>,
}
