//! `figures.json` of a trial's folder: the figures that its spec's `explore` section asked for.

use serde::{Deserialize, Serialize};

/// A figure, drawn or left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FigureRecord {
    /// Hash of what it was asked to be.
    pub key: String,
    /// `interpolate`, `arithmetic`, ...
    pub figure: String,
    /// What a report calls it; records of before do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The name of its files in `figures/`.
    pub name: String,
    /// Why it could not be drawn from this trial's nets and data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<String>,
    pub seconds: f64,
}
