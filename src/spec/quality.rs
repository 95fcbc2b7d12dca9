//! The `quality:` section: which images are compared with which, in which feature space.

use std::path::PathBuf;

use serde::de::value::MapAccessDeserializer;
use serde::{Deserialize, Serialize};

use super::resolve::Check;
use super::{ModelSpec, SpecError};

/// Where images become features.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpaceSpec {
    /// The trial's own D.
    Trained,
    /// A D that has not been trained, the same for every trial whose images have the same size and colours.
    Untrained,
    /// D of another trial.
    Trial(PathBuf),
    /// The FID Inception, from the user's file.
    Inception(InceptionSpec),
}

/// Inception's weights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InceptionSpec {
    pub inception: PathBuf,
    /// The file is refused where its hash is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

impl std::fmt::Display for SpaceSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SpaceSpec::Trained => f.write_str("trained"),
            SpaceSpec::Untrained => f.write_str("untrained"),
            SpaceSpec::Trial(path) => write!(f, "{}", path.display()),
            SpaceSpec::Inception(_) => f.write_str("inception"),
        }
    }
}

impl From<&str> for SpaceSpec {
    fn from(text: &str) -> Self {
        match text {
            "trained" => SpaceSpec::Trained,
            "untrained" => SpaceSpec::Untrained,
            path => SpaceSpec::Trial(path.into()),
        }
    }
}

impl Serialize for SpaceSpec {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            SpaceSpec::Inception(inception) => inception.serialize(s),
            other => s.serialize_str(&other.to_string()),
        }
    }
}

impl<'de> Deserialize<'de> for SpaceSpec {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> serde::de::Visitor<'de> for V {
            type Value = SpaceSpec;
            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("`trained`, `untrained`, a trial's folder, or `{inception: FILE}`")
            }
            fn visit_str<E: serde::de::Error>(self, v: &str) -> Result<SpaceSpec, E> {
                match v {
                    "" => Err(E::invalid_value(serde::de::Unexpected::Str(v), &self)),
                    _ => Ok(v.into()),
                }
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                map: A,
            ) -> Result<SpaceSpec, A::Error> {
                InceptionSpec::deserialize(MapAccessDeserializer::new(map))
                    .map(SpaceSpec::Inception)
            }
        }
        d.deserialize_any(V)
    }
}

/// One comparison as it is written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    pub space: Option<SpaceSpec>,
    pub samples: Option<usize>,
    pub against: Option<String>,
}

/// One comparison of G's samples with real images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QualitySpec {
    pub space: SpaceSpec,
    /// Images drawn from G, and most real images that they are compared with.
    pub samples: usize,
    /// A split of the training data set, `SET/SPLIT` or `folder:PATH`.
    pub against: String,
}

/// Samples where none are asked for.
pub const QUALITY_SAMPLES: usize = 10_000;

pub(super) fn resolve(
    check: &Check,
    split: &str,
    model: &ModelSpec,
    raw: &[Raw],
) -> Result<Vec<QualitySpec>, SpecError> {
    let mut all = Vec::new();
    for (i, raw) in raw.iter().enumerate() {
        let samples = raw.samples.unwrap_or(QUALITY_SAMPLES);
        check.that(
            &format!("quality.{i}.samples"),
            (10..=1_000_000).contains(&samples),
            || format!("is {samples}; expected 10 to 1000000 images"),
        )?;
        let space = raw.space.clone().unwrap_or(SpaceSpec::Untrained);
        let conditional = matches!(model, ModelSpec::Preset { rules, .. } if rules.conditional);
        check.that(
            &format!("quality.{i}.space"),
            !(conditional && space == SpaceSpec::Trained),
            || {
                "is the trial's own D, which asks for the labels of the images, and those compared have none; expected `untrained` or another trial"
                    .into()
            },
        )?;
        if let SpaceSpec::Inception(InceptionSpec {
            sha256: Some(digits),
            ..
        }) = &space
        {
            check.that(
                &format!("quality.{i}.space.sha256"),
                digits.len() == 64 && digits.chars().all(|c| c.is_ascii_hexdigit()),
                || format!("is `{digits}`; expected 64 hexadecimal digits"),
            )?;
        }
        all.push(QualitySpec {
            space,
            samples,
            against: raw.against.clone().unwrap_or_else(|| split.to_string()),
        });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use crate::spec::load::parse;
    use crate::spec::{SpaceSpec, Spec, SpecError, resolve};

    fn spec(quality: &str) -> Result<Spec, SpecError> {
        let text = format!(
            "name: q\ndata: {{train: cifar10}}\nmodel: {{preset: svhn32}}\nquality: {quality}\n"
        );
        resolve(&parse(&text, "q.yaml")?)
    }

    #[test]
    fn every_space_is_read_and_written_alike() {
        let text = "[{}, {space: trained, samples: 500, against: test}, {space: results/a/b}, {space: {inception: w.pth}}]";
        let found = spec(text).unwrap();
        let spaces: Vec<String> = found.quality.iter().map(|q| q.space.to_string()).collect();
        assert_eq!(spaces, ["untrained", "trained", "results/a/b", "inception"]);
        let first = &found.quality[0];
        assert_eq!((first.samples, first.against.as_str()), (10_000, "train"));
        let json = serde_json::to_value(&found).unwrap();
        assert_eq!(serde_json::from_value::<Spec>(json).unwrap(), found);
        assert_eq!(SpaceSpec::from("untrained"), SpaceSpec::Untrained);
    }

    #[test]
    fn a_spec_without_it_stays_as_it_was() {
        let text = "name: q\ndata: {train: cifar10}\nmodel: {preset: svhn32}\n";
        let found = resolve(&parse(text, "q.yaml").unwrap()).unwrap();
        assert!(!serde_json::to_string(&found).unwrap().contains("quality"));
    }

    #[test]
    fn errors_say_where_and_what_to_do() {
        let errors = [
            "[{samples: 3}]",
            "[{space: {inception: w.pth, sha256: abc}}]",
            "[{space: {inception: w.pth, sha: abc}}]",
            "[{space: 3}]",
            "[{sample: 30}]",
        ];
        let texts = errors.map(|text| spec(text).unwrap_err().to_string());
        insta::assert_snapshot!(texts.join("\n"));
    }

    #[test]
    fn a_net_that_sees_labels_is_no_space() {
        let text = "name: q\ndata: {train: mnist}\nmodel: {preset: mnist28}\nquality: [{space: trained}]\n";
        let error = resolve(&parse(text, "q.yaml").unwrap()).unwrap_err();
        insta::assert_snapshot!(error, @"q.yaml:4:19: `quality.0.space`: is the trial's own D, which asks for the labels of the images, and those compared have none; expected `untrained` or another trial");
        let untrained = text.replace("{space: trained}", "{}");
        assert!(resolve(&parse(&untrained, "q.yaml").unwrap()).is_ok());
    }
}
