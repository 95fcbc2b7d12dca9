//! Keys of `model:` that change a preset's nets: section 3's rules, each of which can be given up, and the labels.

use serde::{Deserialize, Serialize};

use super::resolve::Check;
use super::{Preset, SpecError, raw};

/// Batch norm in every layer but G's output and D's input, or a bias in its place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NormRule {
    #[default]
    Batch,
    None,
}

/// What changes a map's side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resampling {
    /// Strided convolutions in D, fractionally-strided ones in G.
    #[default]
    Strided,
    /// Convolutions of stride 1: max-pooled after it in D, nearest neighbours repeated before it in G.
    Pool,
}

/// What follows each layer but G's output (tanh) and the logit (nothing).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActivationRule {
    /// ReLU in G, leaky ReLU in D.
    #[default]
    Paper,
    /// ReLU in both.
    Relu,
    /// Leaky ReLU (slope 0.2) in both.
    Leaky,
    /// tanh in both.
    Tanh,
}

/// What a preset leaves open. The default is the paper's rules (section 3), and says nothing in a record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    #[serde(skip_serializing_if = "is_default")]
    pub norm: NormRule,
    #[serde(skip_serializing_if = "is_default")]
    pub resampling: Resampling,
    #[serde(skip_serializing_if = "is_default")]
    pub activation: ActivationRule,
    /// Units of a fully connected layer before G's projection and after D's last convolution; 0 for none.
    #[serde(skip_serializing_if = "is_default")]
    pub hidden: usize,
    /// Both nets see the images' labels.
    #[serde(skip_serializing_if = "is_default")]
    pub conditional: bool,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Rules {
    /// Those of a preset at `width`.
    pub fn of(preset: Preset, width: usize) -> Self {
        match preset {
            // 1,024 units at width 64, the authors' MNIST code.
            Preset::Mnist28 => Rules {
                hidden: 16 * width,
                conditional: true,
                ..Rules::default()
            },
            // What came before the rules.
            Preset::Fc28 => Rules {
                norm: NormRule::None,
                conditional: true,
                ..Rules::default()
            },
            _ => Rules::default(),
        }
    }
}

/// The rules of `preset` with what was written in their place.
pub(super) fn resolve(
    check: &Check,
    raw: &raw::Model,
    preset: Preset,
    width: usize,
) -> Result<Rules, SpecError> {
    let own = Rules::of(preset, width);
    let connected = preset == Preset::Fc28;
    check.that(
        "model.resampling",
        !connected || raw.resampling.is_none(),
        || "has no meaning for fc28, which has no convolution; remove it".into(),
    )?;
    check.that("model.hidden", !connected || raw.hidden.is_none(), || {
        "has no meaning for fc28, whose hidden layers have `model.width` units; remove it".into()
    })?;
    let hidden = raw.hidden.unwrap_or(own.hidden);
    check.that("model.hidden", hidden <= 65536, || {
        format!("is {hidden}; expected 0 (no hidden layer) to 65536 units")
    })?;
    Ok(Rules {
        norm: raw.norm.unwrap_or(own.norm),
        resampling: raw.resampling.unwrap_or(own.resampling),
        activation: raw.activation.unwrap_or(own.activation),
        hidden,
        conditional: raw.conditional.unwrap_or(own.conditional),
    })
}

/// A net whose features say nothing cannot be probed.
pub(super) fn check_probes(
    check: &Check,
    preset: Preset,
    rules: &Rules,
    probes: usize,
) -> Result<(), SpecError> {
    check.that("probe", probes == 0 || preset != Preset::Fc28, || {
        "fc28 has no convolution whose features could be probed; remove it or change `model.preset`"
            .into()
    })?;
    check.that("probe", probes == 0 || !rules.conditional, || {
        "a conditional discriminator is told the labels that a probe asks for; remove it or say `model.conditional: false`"
            .into()
    })
}

/// A supervised net ends in a softmax on the last map, and its features are its own.
pub(super) fn check_supervised(
    check: &Check,
    preset: Preset,
    rules: &Rules,
    asked: bool,
) -> Result<(), SpecError> {
    let fits = preset != Preset::Fc28 && rules.hidden == 0 && !rules.conditional;
    check.that("supervised", !asked || fits, || {
        "trains a net of convolutions under a softmax, which a net with hidden layers or labels is not; remove it or change `model`"
            .into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Experiment, ModelSpec, ProfileChoice, load};

    fn model(text: &str) -> Result<ModelSpec, SpecError> {
        let text = format!("name: x\ndata: {{train: mnist}}\n{text}");
        let tree = load::parse(&text, "x.yaml")?;
        let choice = ProfileChoice::IfPresent("");
        let mut trials = Experiment::from_tree(tree, choice, &[])?.trials()?;
        Ok(trials.remove(0).spec.model)
    }

    fn rules(text: &str) -> Rules {
        match model(text).unwrap() {
            ModelSpec::Preset { rules, .. } => rules,
            ModelSpec::Released { .. } | ModelSpec::Torch { .. } => {
                unreachable!("no preset in {text}")
            }
        }
    }

    #[test]
    fn the_paper_s_rules_say_nothing_in_a_record() {
        // The trial's id is made from this text.
        let model = model("model: {preset: svhn32}").unwrap();
        insta::assert_snapshot!(serde_json::to_string(&model).unwrap(), @r#"{"preset":"svhn32","width":64,"latent":{"size":100,"distribution":"uniform"}}"#);
    }

    #[test]
    fn each_key_is_read_and_written_again() {
        let text = "model: {preset: svhn32, norm: none, resampling: pool, activation: tanh, hidden: 9, conditional: true}";
        let want = Rules {
            norm: NormRule::None,
            resampling: Resampling::Pool,
            activation: ActivationRule::Tanh,
            hidden: 9,
            conditional: true,
        };
        assert_eq!(rules(text), want);
        let written = serde_yaml::to_string(&model(text).unwrap()).unwrap();
        let again: ModelSpec = serde_yaml::from_str(&written).unwrap();
        assert_eq!(again, model(text).unwrap());
        assert_eq!(rules("model: {preset: mnist28, width: 8}").hidden, 128);
        assert!(rules("model: {preset: fc28}").conditional);
        assert!(!rules("model: {preset: fc28, conditional: false}").conditional);
    }

    #[test]
    fn bad_rules_name_the_place() {
        let error = |text: &str| model(text).unwrap_err().to_string();
        insta::assert_snapshot!(error("model: {preset: svhn32, norm: layer}"));
        insta::assert_snapshot!(error("model: {preset: svhn32, resampling: mean}"));
        insta::assert_snapshot!(error("model: {preset: svhn32, activation: maxout}"));
        insta::assert_snapshot!(error("model: {preset: svhn32, hidden: 100000}"));
        insta::assert_snapshot!(error("model: {preset: svhn32, conditional: perhaps}"));
        insta::assert_snapshot!(error("model: {preset: fc28, hidden: 3}"));
        insta::assert_snapshot!(error("model: {preset: fc28, resampling: pool}"));
        insta::assert_snapshot!(error("model: {released: weights, norm: none}"));
        insta::assert_snapshot!(error(
            "model: {preset: fc28, conditional: false}\nprobe: [{data: mnist, labels: all}]"
        ));
        insta::assert_snapshot!(error(
            "model: {preset: mnist28}\nprobe: [{data: mnist, labels: all}]"
        ));
    }
}
