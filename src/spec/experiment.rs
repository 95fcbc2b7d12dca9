//! From a file, a profile and overrides to the trials of a sweep.

use std::collections::BTreeMap;
use std::path::Path;

use super::argument::Argument;
use super::arms::{self, Arm};
use super::raw::{Metric, Sweep};
use super::tree::{Node, Place, Value};
use super::{Spec, SpecError, load, resolve::resolve};

/// An experiment file with its profile and overrides applied, not yet expanded.
#[derive(Debug, Clone)]
pub struct Experiment {
    /// The profile that was applied.
    pub profile: Option<String>,
    /// What tells a better trial from a worse one.
    pub metric: Option<Metric>,
    sweep: Sweep,
    sweep_place: Place,
    arms: Vec<Arm>,
    tree: Node,
}

/// One point of a sweep.
#[derive(Debug, Clone)]
pub struct TrialSpec {
    /// `seed=1`, an arm's name before it where there are arms, or empty where nothing is swept.
    pub label: String,
    /// Its arm's name, where there are arms.
    pub arm: Option<String>,
    /// What the sweep's parameters are in it, by dotted key.
    pub parameters: BTreeMap<String, serde_json::Value>,
    pub spec: Spec,
}

/// Which profile to apply.
#[derive(Debug, Clone)]
pub enum ProfileChoice<'a> {
    /// This one; an error where the file lacks it.
    Named(&'a str),
    /// This one if the file has it (the device's name), else the spec as written.
    IfPresent(&'a str),
}

impl Experiment {
    /// Read `path`, apply a profile and `--set key=value` overrides, in that order.
    ///
    /// A `--set` on a swept parameter pins it: it is no longer swept.
    ///
    /// # Errors
    /// [`SpecError`] with the place of what is wrong.
    pub fn load(
        path: &Path,
        profile: ProfileChoice,
        sets: &[String],
    ) -> Result<Experiment, SpecError> {
        Self::from_tree(load::tree(path)?, profile, sets)
    }

    /// As [`Experiment::load`], from a tree.
    ///
    /// # Errors
    /// As [`Experiment::load`].
    pub fn from_tree(
        mut tree: Node,
        profile: ProfileChoice,
        sets: &[String],
    ) -> Result<Experiment, SpecError> {
        let profiles = tree.take("profiles");
        let profile = apply_profile(&mut tree, profiles, profile)?;
        let mut pinned = Vec::new();
        for set in sets {
            pinned.push(apply_set(&mut tree, set)?);
        }
        let sweep_node = tree.take("sweep");
        let sweep_place = sweep_node
            .as_ref()
            .map_or(tree.place.clone(), |n| n.place.clone());
        let mut sweep: Sweep = match &sweep_node {
            Some(node) => prefixed(load::typed(node), "sweep")?,
            None => Sweep::default(),
        };
        let arms = arms::read(sweep_node.as_ref(), &pinned)?;
        sweep.parameters.retain(|key, _| !pinned.contains(key));
        if let Some((key, _)) = sweep.parameters.iter().find(|(_, p)| p.values.is_empty()) {
            return Err(SpecError::Value {
                place: sweep_place,
                key: format!("sweep.parameters.{key}"),
                message: "has no values; give at least one".into(),
            });
        }
        Ok(Experiment {
            profile,
            metric: sweep.metric.clone(),
            sweep,
            sweep_place,
            arms,
            tree,
        })
    }

    /// Every trial of the sweep, in order; one where nothing is swept.
    ///
    /// # Errors
    /// [`SpecError`] for the first trial whose values are wrong.
    pub fn trials(&self) -> Result<Vec<TrialSpec>, SpecError> {
        let mut points: Vec<Vec<(&str, &serde_json::Value)>> = vec![Vec::new()];
        for (key, parameter) in &self.sweep.parameters {
            points = points
                .iter()
                .flat_map(|point| {
                    parameter.values.iter().map(move |value| {
                        let mut point = point.clone();
                        point.push((key.as_str(), value));
                        point
                    })
                })
                .collect();
        }
        let arms: Vec<Option<&Arm>> = match self.arms.as_slice() {
            [] => vec![None],
            arms => arms.iter().map(Some).collect(),
        };
        let each = |arm| points.iter().map(move |p| self.trial(arm, p));
        arms.into_iter().flat_map(each).collect()
    }

    fn trial(
        &self,
        arm: Option<&Arm>,
        point: &[(&str, &serde_json::Value)],
    ) -> Result<TrialSpec, SpecError> {
        let mut tree = self.tree.clone();
        if let Some(arm) = arm {
            arm.apply(&mut tree)?;
        }
        for (key, value) in point {
            if !tree.set(key, Node::from_json(value, &self.sweep_place)) {
                return Err(SpecError::Value {
                    place: self.sweep_place.clone(),
                    key: format!("sweep.parameters.{key}"),
                    message: "does not name a key of the experiment".into(),
                });
            }
        }
        let values = point.iter().map(|(key, value)| match value {
            serde_json::Value::String(s) => format!("{key}={s}"),
            other => format!("{key}={other}"),
        });
        let label = arm
            .map(|a| a.name.clone())
            .into_iter()
            .chain(values)
            .collect::<Vec<_>>()
            .join(",");
        let own = |(key, value): &(&str, &serde_json::Value)| (key.to_string(), (*value).clone());
        Ok(TrialSpec {
            label,
            arm: arm.map(|a| a.name.clone()),
            parameters: point.iter().map(own).collect(),
            spec: resolve(&tree)?,
        })
    }
}

fn apply_profile(
    tree: &mut Node,
    profiles: Option<Node>,
    choice: ProfileChoice,
) -> Result<Option<String>, SpecError> {
    let (name, required) = match choice {
        ProfileChoice::Named(name) => (name, true),
        ProfileChoice::IfPresent(name) => (name, false),
    };
    let found = profiles.as_ref().and_then(|p| p.get(name));
    let Some(profile) = found else {
        if !required {
            return Ok(None);
        }
        let known: Vec<String> = match profiles.as_ref().map(|p| &p.value) {
            Some(Value::Map(entries)) => entries.iter().map(|e| e.key.clone()).collect(),
            _ => Vec::new(),
        };
        return Err(SpecError::Value {
            place: Place {
                source: format!("--profile {name}"),
                ..Place::default()
            },
            key: "profiles".into(),
            message: match known.is_empty() {
                true => "this experiment has no profiles".into(),
                false => format!("expected one of `{}`", known.join("`, `")),
            },
        });
    };
    let Value::Map(entries) = &profile.value else {
        return Err(SpecError::Value {
            place: profile.place.clone(),
            key: format!("profiles.{name}"),
            message: "expected dotted keys and values, such as `model.width: 32`".into(),
        });
    };
    for entry in entries {
        if !tree.set(&entry.key, entry.node.clone()) {
            return Err(SpecError::Value {
                place: entry.place.clone(),
                key: entry.key.clone(),
                message: "does not name a key of the experiment".into(),
            });
        }
    }
    Ok(Some(name.to_string()))
}

fn apply_set(tree: &mut Node, set: &str) -> Result<String, SpecError> {
    let place = Place {
        source: format!("--set {set}"),
        ..Place::default()
    };
    let wrong = |message: &str| SpecError::Value {
        place: place.clone(),
        key: set.split('=').next().unwrap_or_default().to_string(),
        message: message.to_string(),
    };
    let Some((key, text)) = set.split_once('=') else {
        return Err(wrong("expected key=value, such as train.adam.lr=1e-3"));
    };
    let node = Node {
        value: Value::Argument(Box::new(Argument::new(text, &place))),
        place: place.clone(),
    };
    if key.is_empty() || !tree.set(key, node) {
        return Err(wrong("does not name a key of the experiment"));
    }
    Ok(key.to_string())
}

fn prefixed<T>(result: Result<T, SpecError>, prefix: &str) -> Result<T, SpecError> {
    result.map_err(|e| match e {
        SpecError::Value {
            place,
            key,
            message,
        } => SpecError::Value {
            place,
            key: match key.as_str() {
                load::WHOLE => prefix.to_string(),
                _ => format!("{prefix}.{key}"),
            },
            message,
        },
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{ModelSpec, Protocol};

    const TEXT: &str = "\
name: cifar
reproduces: table-1
data: {train: cifar10, size: 32}
model: {preset: svhn32, width: 128}
train: {epochs: 25, batch_size: 128, adam: {lr: 2e-4, beta1: 0.5}}
probe: [{data: cifar10, labels: all}, {data: cifar10, labels: 400, draws: 10}]
sweep:
  method: grid
  metric: {name: probe.cifar10.all.accuracy, goal: maximize}
  parameters: {seed: {values: [0, 1, 2]}, train.adam.beta1: {values: [0.5, 0.9]}}
profiles:
  cpu: {model.width: 32, train.epochs: 2}
";

    fn load(
        text: &str,
        profile: ProfileChoice,
        sets: &[&str],
    ) -> Result<Vec<TrialSpec>, SpecError> {
        let sets: Vec<String> = sets.iter().map(|s| s.to_string()).collect();
        let tree = load::parse(text, "cifar.yaml")?;
        Experiment::from_tree(tree, profile, &sets)?.trials()
    }

    fn error(text: &str, sets: &[&str]) -> String {
        load(text, ProfileChoice::IfPresent("cpu"), sets)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_grid_expands_with_profile_and_pins() {
        let trials = load(TEXT, ProfileChoice::IfPresent("cpu"), &[]).unwrap();
        assert_eq!(trials.len(), 6);
        assert_eq!(trials[2].label, "seed=1,train.adam.beta1=0.5");
        let expected = [("seed", 1.into()), ("train.adam.beta1", 0.5.into())];
        let expected = expected.map(|(key, value): (&str, serde_json::Value)| (key.into(), value));
        assert_eq!(trials[2].parameters, BTreeMap::from(expected));
        assert_eq!(trials[2].spec.seed, 1);
        assert_eq!(trials[0].spec.train.epochs, 2);
        let trials = load(TEXT, ProfileChoice::IfPresent("cuda"), &["seed=7"]).unwrap();
        assert_eq!(trials.len(), 2);
        assert_eq!(trials[0].spec.seed, 7);
        assert_eq!(trials[0].spec.train.epochs, 25);
        assert_eq!(trials[0].spec.protocol, Protocol::Paper);
        assert!(matches!(
            trials[0].spec.model,
            ModelSpec::Preset { width: 128, .. }
        ));
    }

    #[test]
    fn set_takes_text_as_it_stands_where_text_is_wanted() {
        for text in [
            "folder:set #2",
            "folder:a: b",
            "folder:{x}",
            "~home",
            "folder:trailing ",
            "it's",
            "naïvé 猫",
            "1e5",
            "yes",
            "null",
            "{x}",
            "[a, b",
            "- a",
            "| a",
            "*a",
            "&a",
            "!a b",
            "%a",
            "@a",
            "`a`",
        ] {
            let set = format!("data.train={text}");
            let trial = load(TEXT, ProfileChoice::IfPresent("cpu"), &[&set])
                .unwrap()
                .remove(0);
            assert_eq!(trial.spec.data.train, text);
            let set = "model={torch: netD.pth}".to_string();
            let path = format!("model.torch={text}");
            let plain = TEXT
                .replace("size: 32", "split: train")
                .replace("model.width: 32, ", "")
                .replace(", train.epochs: 2", "");
            let sets = [
                set.as_str(),
                path.as_str(),
                "train={}",
                "sweep={}",
                "probe=[]",
            ];
            let trial = load(&plain, ProfileChoice::IfPresent("none"), &sets)
                .unwrap()
                .remove(0);
            let ModelSpec::Torch { torch, .. } = trial.spec.model else {
                unreachable!("the model was set");
            };
            assert_eq!(torch.to_str(), Some(text));
        }
    }

    #[test]
    fn set_takes_yaml_for_everything_else() {
        let one = |sets: &[&str]| {
            load(TEXT, ProfileChoice::IfPresent("none"), sets)
                .unwrap()
                .remove(0)
                .spec
        };
        assert_eq!(one(&["train.epochs=3 # a comment"]).train.epochs, 3);
        assert_eq!(one(&["train.keep=[1, 2]"]).train.keep, [1, 2]);
        assert_eq!(
            one(&["train.adam={lr: 1}", "train.adam.beta1=0.9"])
                .train
                .adam
                .beta1,
            0.9
        );
        assert_eq!(
            one(&["train.sheets.3=figure #2"]).train.sheets[&3],
            "figure #2"
        );
        assert_eq!(one(&["data.split='test'"]).data.split, "test");
        // Nothing is the default again.
        assert_eq!(one(&["data.split=test", "data.split="]).data.split, "train");
        assert_eq!(one(&["train.batch_size="]).train.batch_size, 128);
        assert_eq!(one(&["protocol=released"]).protocol, Protocol::Released);
        let swept = load(
            TEXT,
            ProfileChoice::IfPresent("none"),
            &["sweep.parameters.seed.values=[5, 6]", "sweep.arms={a: {}}"],
        );
        assert_eq!(swept.unwrap().len(), 4);
        insta::assert_snapshot!(error(TEXT, &["train.epochs=[1, 2"]), @"--set train.epochs=[1, 2: `train.epochs`: is not valid YAML: a bracket is opened here and never closed");
        insta::assert_snapshot!(error(TEXT, &["train.epochs=many"]), @"--set train.epochs=many: `train.epochs`: is `many`; expected a whole number");
        insta::assert_snapshot!(error(TEXT, &["train={epoch: 3}"]), @"--set train={epoch: 3}: unknown key `epoch` (did you mean `epochs`?); expected one of `epochs`, `batch_size`, `schedule`, `adam`, `l2`, `precision`, `log_every`, `sheet_every`, `sheets`, `keep`, `monitor_every`, `stop_on`");
        insta::assert_snapshot!(error(TEXT, &["train.keep=null"]), @"--set train.keep=null: `train.keep`: is empty; expected a list");
        insta::assert_snapshot!(error(TEXT, &["data.train="]), @"--set data.train=: `data.train`: is empty; expected text");
        insta::assert_snapshot!(error(TEXT, &["train=3"]), @"--set train=3: `train`: is 3; expected keys with values: `epochs`, `batch_size`, `schedule`, `adam`, `l2`, `precision`, `log_every`, `sheet_every`, `sheets`, `keep`, `monitor_every`, `stop_on`");
    }

    #[test]
    fn bad_specs_name_the_place() {
        let with = |from: &str, to: &str| error(&TEXT.replace(from, to), &[]);
        insta::assert_snapshot!(with("epochs: 25", "epoch: 25"), @"cifar.yaml:5:9: unknown key `epoch` (did you mean `epochs`?); expected one of `epochs`, `batch_size`, `schedule`, `adam`, `l2`, `precision`, `log_every`, `sheet_every`, `sheets`, `keep`, `monitor_every`, `stop_on`");
        insta::assert_snapshot!(with("batch_size: 128", "batch_size: many"), @"cifar.yaml:5:33: `train.batch_size`: is `many`; expected a whole number");
        insta::assert_snapshot!(with("lr: 2e-4", "lr: -2"), @"cifar.yaml:5:49: `train.adam.lr`: is -2; expected a number above 0");
        insta::assert_snapshot!(with("preset: svhn32", "preset: svhn"), @"cifar.yaml:4:17: `model.preset`: is `svhn` (did you mean `svhn32`?); expected one of `dcgan64`, `dcgan32`, `imagenet32`, `svhn32`, `mnist28`, `fc28`");
        insta::assert_snapshot!(with("preset: svhn32, ", ""), @"cifar.yaml:4:8: `model`: expected either `preset` (dcgan64, dcgan32, imagenet32, svhn32, mnist28, fc28), `released` (a folder) or `torch` (a file)");
        insta::assert_snapshot!(with("labels: 400", "labels: some"), @"cifar.yaml:6:63: `probe.1.labels`: is `some`; expected `all` or a number of labels per class, 1 or more");
        insta::assert_snapshot!(with("size: 32", "size: 64"), @"cifar.yaml:3:30: `data.size`: is 64, but the model's images are 32 px; leave it out or change `model.preset`");
        insta::assert_snapshot!(with("size: 32", "channels: 2"), @"cifar.yaml:3:34: `data.channels`: is 2; expected 1 (grey) or 3 (colour)");
        insta::assert_snapshot!(with("method: grid", "method: hyperband"), @"cifar.yaml:8:11: `sweep.method`: is `hyperband`; expected `grid`");
        insta::assert_snapshot!(with("model.width: 32", "model.widht: 32"), @"cifar.yaml:12:22: unknown key `widht` (did you mean `width`?); expected one of `preset`, `released`, `torch`, `generator`, `width`, `latent`, `norm`, `resampling`, `activation`, `hidden`, `conditional`");
        insta::assert_snapshot!(with("name: cifar", "name: ../x"), @"cifar.yaml:1:7: `name`: `../x` cannot name a folder; use letters, digits, `-` and `_`");
        insta::assert_snapshot!(error(TEXT, &["train.adam.lr=-1"]), @"--set train.adam.lr=-1: `train.adam.lr`: is -1; expected a number above 0");
        insta::assert_snapshot!(error(TEXT, &["train.adam"]), @"--set train.adam: `train.adam`: expected key=value, such as train.adam.lr=1e-3");
        insta::assert_snapshot!(error(TEXT, &["name.x.y=1"]), @"--set name.x.y=1: `name.x.y`: does not name a key of the experiment");
        let named = load(TEXT, ProfileChoice::Named("laptop"), &[]).unwrap_err();
        insta::assert_snapshot!(named.to_string(), @"--profile laptop: `profiles`: expected one of `cpu`");
    }
}
