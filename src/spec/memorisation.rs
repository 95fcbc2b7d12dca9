//! `memorisation:`, the claim of section 4.1 that samples after one epoch are no copies, put to the test.

use serde::{Deserialize, Serialize};

use super::resolve::Check;
use super::{ModelSpec, SpecError, TrainSpec};

/// Fewer samples have no 1st percentile.
const FEWEST: usize = 100;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    samples: Option<usize>,
    epochs: Option<Vec<usize>>,
    held_out: Option<String>,
}

/// Generated and held-out images with their nearest training images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemorisationSpec {
    /// Generated images, and as many held-out ones where there are so many.
    pub samples: usize,
    /// Epochs after which G is looked at, in rising order.
    pub epochs: Vec<usize>,
    /// The split of the training data set that was not trained on.
    pub held_out: String,
}

/// Fill in the defaults, and let training keep the nets of these epochs.
pub(super) fn resolve(
    check: &Check,
    raw: &Raw,
    model: &ModelSpec,
    split: &str,
    train: &mut TrainSpec,
) -> Result<MemorisationSpec, SpecError> {
    check.that("memorisation", matches!(model, ModelSpec::Preset { .. }), || {
        "looks at the epochs of a training, and `released` weights are not trained here; remove it".into()
    })?;
    let conditional = matches!(model, ModelSpec::Preset { rules, .. } if rules.conditional);
    check.that("memorisation", !conditional, || {
        "looks at nets without labels, and `model.conditional` gives them some; remove one of the two".into()
    })?;
    let samples = raw.samples.unwrap_or(1000);
    check.that("memorisation.samples", samples >= FEWEST, || {
        format!("is {samples}; expected {FEWEST} or more")
    })?;
    let mut epochs = raw.epochs.clone().unwrap_or_else(|| vec![1]);
    check.that("memorisation.epochs", !epochs.is_empty(), || {
        "is empty; expected one or more epochs, such as [1]".into()
    })?;
    in_training(check, "memorisation.epochs", &epochs, train.epochs)?;
    epochs.sort_unstable();
    epochs.dedup();
    train.keep.extend(&epochs);
    train.keep.sort_unstable();
    train.keep.dedup();
    let held_out = raw.held_out.clone().unwrap_or_else(|| "test".into());
    // `all` of a folder holds its other splits; a card may join some by `+`.
    let parts = |split: &'_ str| split.split('+').map(str::to_string).collect::<Vec<_>>();
    let (trained, asked) = (parts(split), parts(&held_out));
    let seen = trained
        .iter()
        .any(|part| part == "all" || asked.contains(part));
    check.that("memorisation.held_out", !seen && !asked.contains(&"all".into()), || {
        format!("is `{held_out}`, and training sees `{split}`: expected a split of images that it does not see")
    })?;
    Ok(MemorisationSpec {
        samples,
        epochs,
        held_out,
    })
}

/// Whether training reaches these epochs.
pub(super) fn in_training(
    check: &Check,
    key: &str,
    epochs: &[usize],
    last: usize,
) -> Result<(), SpecError> {
    let outside = epochs.iter().find(|e| !(1..=last).contains(*e));
    check.that(key, outside.is_none(), || {
        let outside = outside.copied().unwrap_or_default();
        format!("names epoch {outside}; expected 1 to {last}, the epochs of `train.epochs`")
    })
}

#[cfg(test)]
mod tests {
    use crate::spec::{load, resolve};

    fn spec(extra: &str) -> Result<crate::spec::Spec, String> {
        let text = format!(
            "name: m\ndata: {{train: cifar10}}\nmodel: {{preset: svhn32}}\ntrain: {{epochs: 5, keep: [4, 2]}}\n{extra}"
        );
        let tree = load::parse(&text, "m.yaml").map_err(|e| e.to_string())?;
        resolve(&tree).map_err(|e| e.to_string())
    }

    #[test]
    fn its_epochs_are_kept() {
        let spec = spec("memorisation: {epochs: [5, 1, 5]}").unwrap();
        assert_eq!(spec.train.keep, [1, 2, 4, 5]);
        let found = spec.memorisation.unwrap();
        assert_eq!((found.samples, &found.epochs[..]), (1000, &[1, 5][..]));
        assert_eq!(found.held_out, "test");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let error = |extra: &str| spec(extra).unwrap_err();
        insta::assert_snapshot!(error("memorisation: {epochs: [6]}"), @"m.yaml:5:24: `memorisation.epochs`: names epoch 6; expected 1 to 5, the epochs of `train.epochs`");
        insta::assert_snapshot!(error("memorisation: {epochs: []}"), @"m.yaml:5:24: `memorisation.epochs`: is empty; expected one or more epochs, such as [1]");
        insta::assert_snapshot!(error("memorisation: {samples: 9}"), @"m.yaml:5:25: `memorisation.samples`: is 9; expected 100 or more");
        insta::assert_snapshot!(error("memorisation: {held_out: train}"), @"m.yaml:5:26: `memorisation.held_out`: is `train`, and training sees `train`: expected a split of images that it does not see");
        insta::assert_snapshot!(error("memorisation: {sample: 9}"), @"m.yaml:5:16: unknown key `sample` (did you mean `samples`?); expected one of `samples`, `epochs`, `held_out`");
    }
}
