//! The keys of a probe that belong to table 2: what is held out once, on how many draws C is chosen, which k.

use super::resolve::Check;
use super::{Labels, SpecError, raw};

/// Refuse values of `validation`, `selection_draws` and `knn` that mean nothing.
///
/// # Errors
/// [`SpecError::Value`] at the key.
pub(super) fn check(check: &Check, i: usize, raw: &raw::Probe) -> Result<(), SpecError> {
    let key = |name: &str| format!("probe.{i}.{name}");
    let given = [
        ("validation", raw.validation.is_some()),
        ("selection_draws", raw.selection_draws.is_some()),
        ("knn", raw.knn.is_some()),
    ];
    for (name, given) in given {
        check.that(&key(name), !given || raw.labels != Labels::All, || {
            "has no meaning with `labels: all`; remove it, or give a number of labels per class"
                .into()
        })?;
    }
    for (name, value) in [
        ("validation", raw.validation),
        ("selection_draws", raw.selection_draws),
    ] {
        check.that(&key(name), value != Some(0), || {
            "is 0; expected 1 or more".into()
        })?;
    }
    let Some(knn) = &raw.knn else {
        return Ok(());
    };
    let ascending = knn.is_sorted_by(|a, b| a < b);
    check.that(
        &key("knn"),
        !knn.is_empty() && !knn.contains(&0) && ascending,
        || "expected one or more numbers of neighbours from 1 upwards, such as [1, 3, 5, 9]".into(),
    )?;
    check.that(&key("knn"), raw.validation.is_some(), || {
        "chooses k on rows held out once; give `validation` too, such as 10000".into()
    })
}

#[cfg(test)]
mod tests {
    use crate::spec::{Experiment, ProfileChoice, load};

    const TEXT: &str = "\
name: svhn
data: {train: svhn}
model: {preset: svhn32}
probe:
  - {data: svhn, labels: 100, draws: 100, validation: 10000, selection_draws: 10, knn: [1, 3, 5], c: [1e-4, 1e-3]}
";

    fn load(text: &str) -> Result<crate::spec::Spec, crate::spec::SpecError> {
        let tree = load::parse(text, "svhn.yaml")?;
        let experiment = Experiment::from_tree(tree, ProfileChoice::IfPresent("cpu"), &[])?;
        Ok(experiment.trials()?.remove(0).spec)
    }

    #[test]
    fn table_2s_keys_are_taken_and_wrong_ones_named() {
        let probe = load(TEXT).unwrap().probe.remove(0);
        assert_eq!(
            (probe.validation, probe.selection_draws),
            (Some(10_000), Some(10))
        );
        assert_eq!(probe.knn, Some(vec![1, 3, 5]));
        let with = |from: &str, to: &str| load(&TEXT.replace(from, to)).unwrap_err().to_string();
        insta::assert_snapshot!(with("validation: 10000, ", ""), @"svhn.yaml:5:69: `probe.0.knn`: chooses k on rows held out once; give `validation` too, such as 10000");
        insta::assert_snapshot!(with("[1, 3, 5]", "[3, 1]"), @"svhn.yaml:5:88: `probe.0.knn`: expected one or more numbers of neighbours from 1 upwards, such as [1, 3, 5, 9]");
        insta::assert_snapshot!(with("10000", "0"), @"svhn.yaml:5:55: `probe.0.validation`: is 0; expected 1 or more");
        insta::assert_snapshot!(with("labels: 100, draws: 100", "labels: all"), @"svhn.yaml:5:43: `probe.0.validation`: has no meaning with `labels: all`; remove it, or give a number of labels per class");
    }

    #[test]
    fn a_probe_without_them_is_written_as_before() {
        let plain = load(&TEXT.replace(
            ", validation: 10000, selection_draws: 10, knn: [1, 3, 5]",
            "",
        ));
        let text = serde_json::to_string(&plain.unwrap().probe).unwrap();
        assert!(
            !text.contains("validation") && !text.contains("knn"),
            "{text}"
        );
    }
}
