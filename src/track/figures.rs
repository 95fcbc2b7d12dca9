//! `figures.json` of a trial's folder: the figures that its spec's `explore` section asked for.

use serde::{Deserialize, Serialize};

use super::protocol;

/// A figure, drawn or left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FigureRecord {
    /// [`protocol::FIGURE`] when it was made.
    #[serde(default = "protocol::unnumbered")]
    pub protocol: u32,
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
