//! The `supervised:` section: a net of D's architecture trained on the labelled images alone (table 2's last row).

use serde::{Deserialize, Serialize};

use super::SpecError;
use super::resolve::Check;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    data: String,
    labels: usize,
    validation: Option<usize>,
    trials: Option<usize>,
    epochs: Option<usize>,
}

/// A supervised net found by random search, on the rows that a probe of the same data, labels and validation sees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SupervisedSpec {
    /// A data set card's name, with splits `train` and `test`.
    pub data: String,
    /// Labelled images of each class.
    pub labels: usize,
    /// Training rows held out to compare trials on.
    pub validation: usize,
    /// Trials of the random search; the paper's are 64.
    pub trials: usize,
    /// Passes of a trial over its labelled images.
    pub epochs: usize,
}

/// # Errors
/// [`SpecError::Value`] at a key out of range.
pub(super) fn resolve(check: &Check, raw: &Raw) -> Result<SupervisedSpec, SpecError> {
    let spec = SupervisedSpec {
        data: raw.data.clone(),
        labels: raw.labels,
        validation: raw.validation.unwrap_or(10_000),
        trials: raw.trials.unwrap_or(64),
        epochs: raw.epochs.unwrap_or(100),
    };
    for (key, value) in [
        ("labels", spec.labels),
        ("validation", spec.validation),
        ("trials", spec.trials),
        ("epochs", spec.epochs),
    ] {
        check.that(&format!("supervised.{key}"), value > 0, || {
            "is 0; expected 1 or more".into()
        })?;
    }
    Ok(spec)
}

#[cfg(test)]
mod tests {
    use crate::spec::{Experiment, ProfileChoice, load};

    const TEXT: &str = "\
name: svhn
data: {train: svhn}
model: {preset: svhn32}
supervised: {data: svhn, labels: 100, trials: 8}
";

    #[test]
    fn defaults_are_the_papers_and_wrong_values_are_named() {
        let load = |text: &str| {
            let tree = load::parse(text, "svhn.yaml")?;
            let experiment = Experiment::from_tree(tree, ProfileChoice::IfPresent("cpu"), &[])?;
            Ok::<_, crate::spec::SpecError>(experiment.trials()?.remove(0).spec.supervised)
        };
        let spec = load(TEXT).unwrap().unwrap();
        assert_eq!((spec.validation, spec.trials), (10_000, 8));
        let spec = load(&TEXT.replace(", trials: 8", "")).unwrap().unwrap();
        assert_eq!(spec.trials, 64);
        let with = |from: &str, to: &str| load(&TEXT.replace(from, to)).unwrap_err().to_string();
        insta::assert_snapshot!(with("trials: 8", "trials: 0"), @"svhn.yaml:4:47: `supervised.trials`: is 0; expected 1 or more");
        insta::assert_snapshot!(with("trials: 8", "trial: 8"), @"svhn.yaml:4:39: unknown key `trial` (did you mean `trials`?); expected one of `data`, `labels`, `validation`, `trials`, `epochs`");
    }
}
