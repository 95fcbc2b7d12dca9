//! Table 3: generated images as the training set of a nearest-neighbour classifier.

use serde::{Deserialize, Serialize};

use super::resolve::Check;
use super::{ModelSpec, SpecError};

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
    model: &ModelSpec,
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
    let conditional = matches!(model, ModelSpec::Preset { rules, .. } if rules.conditional);
    check.that("nearest", conditional, || {
        "needs a generator that draws for a label; set `model.conditional: true`, take the preset mnist28 or fc28, or remove `nearest`"
            .into()
    })?;
    Ok(Some(NearestSpec {
        data: raw.data.unwrap_or_else(|| trained_on.to_string()),
        samples,
        real: raw.real.unwrap_or(true),
    }))
}

#[cfg(test)]
mod tests {
    use super::super::{Spec, load, resolve as whole};

    fn spec(rest: &str) -> Result<Spec, String> {
        let text = format!("name: x\ndata: {{train: mnist}}\n{rest}\n");
        let tree = load::parse(&text, "x.yaml").map_err(|e| e.to_string())?;
        whole(&tree).map_err(|e| e.to_string())
    }

    #[test]
    fn what_is_left_out_is_the_papers() {
        let spec = spec("model: {preset: mnist28}\nnearest: {}").unwrap();
        let nearest = spec.nearest.clone().unwrap();
        assert_eq!(
            (&nearest.data[..], &nearest.samples[..], nearest.real),
            ("mnist", &[50_000][..], true)
        );
        let text = serde_yaml::to_string(&spec).unwrap();
        assert_eq!(
            whole(&load::parse(&text, "spec.yaml").unwrap()).unwrap(),
            spec
        );
    }

    #[test]
    fn bad_values_name_the_place() {
        let error = |rest: &str| spec(rest).unwrap_err();
        insta::assert_snapshot!(error("model: {preset: mnist28}\nnearest: {samples: [70, 30]}"), @"x.yaml:4:20: `nearest.samples`: is [70, 30]; expected one or more rising numbers of images, such as [50000, 10000000]");
        insta::assert_snapshot!(error("model: {preset: mnist28}\nnearest: {samples: []}"), @"x.yaml:4:20: `nearest.samples`: is []; expected one or more rising numbers of images, such as [50000, 10000000]");
        insta::assert_snapshot!(error("model: {preset: mnist28}\nnearest: {sample: [30]}"), @"x.yaml:4:11: unknown key `sample` (did you mean `samples`?); expected one of `data`, `samples`, `real`");
        insta::assert_snapshot!(error("model: {preset: svhn32}\nnearest: {}"), @"x.yaml:4:10: `nearest`: needs a generator that draws for a label; set `model.conditional: true`, take the preset mnist28 or fc28, or remove `nearest`");
        insta::assert_snapshot!(error("model: {released: weights}\nnearest: {}"), @"x.yaml:4:10: `nearest`: needs a generator that draws for a label; set `model.conditional: true`, take the preset mnist28 or fc28, or remove `nearest`");
    }
}
