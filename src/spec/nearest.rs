//! Table 3: generated images as the training set of a nearest-neighbour classifier.

use serde::{Deserialize, Serialize};

use super::SpecError;
use super::resolve::Check;

/// Images of table 3's first column.
const SAMPLES: u64 = 50_000;

/// `nearest:` as it is written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    pub data: Option<String>,
    pub samples: Option<Vec<u64>>,
    pub real: Option<bool>,
}

/// A class-conditional generator scored by the nearest neighbours among its images (table 3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NearestSpec {
    /// A data set card's name, with splits `train` and `test` and the classes that the net was trained on.
    pub data: String,
    /// Numbers of generated images after which the test error is noted, rising.
    pub samples: Vec<u64>,
    /// Whether real training images are scored too.
    pub real: bool,
}

pub(super) fn resolve(
    check: &Check,
    raw: Option<Raw>,
    trained_on: &str,
) -> Result<Option<NearestSpec>, SpecError> {
    let Some(raw) = raw else {
        return Ok(None);
    };
    let samples = raw.samples.unwrap_or_else(|| vec![SAMPLES]);
    let rising = samples.windows(2).all(|w| w[0] < w[1]);
    check.that(
        "nearest.samples",
        rising && samples.first().is_some_and(|n| *n > 0),
        || {
            format!(
                "is {samples:?}; expected one or more rising numbers of images, such as [50000, 10000000]"
            )
        },
    )?;
    Ok(Some(NearestSpec {
        data: raw.data.unwrap_or_else(|| trained_on.to_string()),
        samples,
        real: raw.real.unwrap_or(true),
    }))
}
