//! `kmeans:` of a probe: the size of its k-means layer.

use serde::{Deserialize, Serialize};

use super::Features;
use super::SpecError;
use super::resolve::Check;

/// As written.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawKMeans {
    pub units: Option<usize>,
    pub patches: Option<usize>,
}

/// A single layer of k-means (Coates, Ng and Lee 2011).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KMeansSpec {
    /// Centroids; the features are four times as many.
    pub units: usize,
    /// Patches that they are learnt from.
    pub patches: usize,
}

impl Default for KMeansSpec {
    fn default() -> Self {
        KMeansSpec {
            units: 1600,
            patches: 400_000,
        }
    }
}

/// The layer of probe `i`, where its controls ask for one.
pub(super) fn resolve(
    check: &Check,
    i: usize,
    raw: Option<RawKMeans>,
    controls: &[Features],
) -> Result<Option<KMeansSpec>, SpecError> {
    if !controls.contains(&Features::KMeans) {
        check.that(&format!("probe.{i}.kmeans"), raw.is_none(), || {
            "is not run: add `kmeans` to this probe's `controls`, or remove it".into()
        })?;
        return Ok(None);
    }
    let (raw, default) = (raw.unwrap_or_default(), KMeansSpec::default());
    let units = raw.units.unwrap_or(default.units);
    check.that(
        &format!("probe.{i}.kmeans.units"),
        (2..=16384).contains(&units),
        || format!("is {units}; expected 2 to 16384 centroids"),
    )?;
    let patches = raw.patches.unwrap_or(default.patches);
    check.that(
        &format!("probe.{i}.kmeans.patches"),
        (units..=4_000_000).contains(&patches),
        || format!("is {patches}; expected at least one for each of the {units} centroids, and at most 4000000"),
    )?;
    Ok(Some(KMeansSpec { units, patches }))
}

#[cfg(test)]
mod tests {
    use crate::spec::{Experiment, Features, ProfileChoice, load};

    const TEXT: &str = "\
name: x
data: {train: cifar10}
model: {preset: svhn32}
probe:
  - {data: cifar10, labels: all, controls: [pixels, kmeans], kmeans: {units: 800}}
";

    fn trial(text: &str) -> Result<crate::spec::Spec, crate::spec::SpecError> {
        let tree = load::parse(text, "x.yaml")?;
        let experiment = Experiment::from_tree(tree, ProfileChoice::IfPresent("none"), &[])?;
        Ok(experiment.trials()?.remove(0).spec)
    }

    #[test]
    fn a_layer_has_the_size_of_the_published_one_unless_told() {
        let probe = trial(TEXT).unwrap().probe.remove(0);
        let kmeans = probe.kmeans.unwrap();
        assert_eq!((kmeans.units, kmeans.patches), (800, 400_000));
        assert_eq!(probe.controls, [Features::Pixels, Features::KMeans]);
        let plain = TEXT.replace(", kmeans: {units: 800}", "");
        assert_eq!(trial(&plain).unwrap().probe[0].kmeans.unwrap().units, 1600);
        // A probe without it is written as it was before there was one.
        let without = plain.replace(", kmeans]", "]");
        let spec = trial(&without).unwrap();
        assert!(!serde_yaml::to_string(&spec).unwrap().contains("kmeans"));
    }

    #[test]
    fn errors_name_the_key() {
        let with = |from: &str, to: &str| trial(&TEXT.replace(from, to)).unwrap_err().to_string();
        insta::assert_snapshot!(with(", kmeans]", "]"), @"x.yaml:5:62: `probe.0.kmeans`: is not run: add `kmeans` to this probe's `controls`, or remove it");
        let wrong = with("units: 800", "units: 1");
        assert!(
            wrong.contains("`probe.0.kmeans.units`: is 1; expected 2 to"),
            "{wrong}"
        );
        let wrong = with("units: 800", "patches: 1000");
        assert!(
            wrong.contains("`probe.0.kmeans.patches`: is 1000; expected"),
            "{wrong}"
        );
        let wrong = with("units: 800", "unit: 800");
        assert!(
            wrong.contains("unknown key `unit` (did you mean `units`?)"),
            "{wrong}"
        );
    }
}
