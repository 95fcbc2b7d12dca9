//! The `explore:` section as it is written.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::lists::Lists;
use super::{By, Interpolation, Side};

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Explore {
    pub(super) figure: Figure,
    pub(super) name: Option<String>,
    pub(super) seed: Option<u64>,
    pub(super) data: Option<String>,
    pub(super) split: Option<String>,
    pub(super) from: Option<usize>,
    pub(super) count: Option<usize>,
    pub(super) by: Option<By>,
    pub(super) concept: Option<String>,
    pub(super) against: Option<String>,
    pub(super) looking: Option<Side>,
    pub(super) mode: Option<Interpolation>,
    pub(super) points: Option<usize>,
    pub(super) at: Option<Lists>,
    pub(super) steps: Option<usize>,
    pub(super) plus: Option<Lists>,
    pub(super) minus: Option<Lists>,
    pub(super) left: Option<Lists>,
    pub(super) right: Option<Lists>,
    pub(super) of: Option<Lists>,
    pub(super) rows: Option<usize>,
    pub(super) columns: Option<usize>,
    pub(super) reach: Option<f64>,
    pub(super) samples: Option<bool>,
    pub(super) images: Option<usize>,
    pub(super) features: Option<usize>,
    pub(super) strongest: Option<usize>,
    pub(super) beside: Option<Vec<PathBuf>>,
    pub(super) boxes: Option<PathBuf>,
    pub(super) layer: Option<usize>,
    pub(super) drop: Option<usize>,
    pub(super) random: Option<bool>,
    pub(super) show: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Figure {
    Browse,
    Interpolate,
    Arithmetic,
    Turn,
    Guided,
    Drop,
    Digits,
}

impl Figure {
    /// Its options beside those of every figure.
    pub(super) fn options(self) -> &'static [&'static str] {
        match self {
            Figure::Browse => &[
                "data", "split", "from", "count", "by", "concept", "against", "looking",
            ],
            Figure::Interpolate => &["data", "split", "mode", "points", "at", "steps"],
            Figure::Arithmetic => &["data", "split", "plus", "minus"],
            Figure::Turn => &[
                "data", "split", "left", "right", "of", "rows", "columns", "reach",
            ],
            Figure::Guided => &[
                "data",
                "split",
                "samples",
                "images",
                "features",
                "strongest",
            ],
            Figure::Digits => &["data", "split", "columns", "beside"],
            Figure::Drop => &["boxes", "concept", "layer", "drop", "random", "show", "of"],
        }
    }
}
