//! `sweep.arms`: variants of an experiment under names of their own, each some dotted keys with the values they take.

use super::SpecError;
use super::tree::{Entry, Node, Value};

/// One variant.
#[derive(Debug, Clone)]
pub struct Arm {
    /// Its label.
    pub name: String,
    changes: Vec<Entry>,
}

/// The arms of a `sweep:` section in the order of the text, without the keys that `--set` has `pinned`. The section's types
/// have been checked.
pub fn read(sweep: Option<&Node>, pinned: &[String]) -> Result<Vec<Arm>, SpecError> {
    let Some(Value::Map(arms)) = sweep.and_then(|s| s.get("arms")).map(Node::yaml) else {
        return Ok(Vec::new());
    };
    let arm = |arm: &Entry| {
        let name = arm.key.clone();
        if name.is_empty() || name.contains([',', '=']) {
            return Err(SpecError::Value {
                place: arm.place.clone(),
                key: "sweep.arms".into(),
                message: format!("`{name}` cannot be a label; expected a name without `,` and `=`"),
            });
        }
        let changes = match arm.node.yaml() {
            Value::Map(changes) => changes.clone(),
            _ => Vec::new(),
        };
        let free = |c: &Entry| !pinned.contains(&c.key);
        Ok(Arm {
            name,
            changes: changes.into_iter().filter(free).collect(),
        })
    };
    arms.iter().map(arm).collect()
}

impl Arm {
    /// Make `tree` this variant of itself.
    pub fn apply(&self, tree: &mut Node) -> Result<(), SpecError> {
        for change in &self.changes {
            if !tree.set(&change.key, change.node.clone()) {
                return Err(SpecError::Value {
                    place: change.place.clone(),
                    key: format!("sweep.arms.{}.{}", self.name, change.key),
                    message: "does not name a key of the experiment".into(),
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::spec::{Experiment, ModelSpec, NormRule, ProfileChoice, SpecError, TrialSpec, load};

    const TEXT: &str = "\
name: x
data: {train: cifar10}
model: {preset: svhn32}
sweep:
  arms:
    paper: {}
    no batch norm: {model.norm: none, train.epochs: 3}
  parameters: {seed: {values: [0, 1]}}
";

    fn trials(text: &str, sets: &[&str]) -> Result<Vec<TrialSpec>, SpecError> {
        let sets: Vec<String> = sets.iter().map(|s| s.to_string()).collect();
        let tree = load::parse(text, "x.yaml")?;
        Experiment::from_tree(tree, ProfileChoice::IfPresent(""), &sets)?.trials()
    }

    #[test]
    fn every_arm_meets_every_point_of_the_grid() {
        let found = trials(TEXT, &[]).unwrap();
        let labels: Vec<&str> = found.iter().map(|t| t.label.as_str()).collect();
        let want = [
            "paper,seed=0",
            "paper,seed=1",
            "no batch norm,seed=0",
            "no batch norm,seed=1",
        ];
        assert_eq!(labels, want);
        let norm = |t: &TrialSpec| match t.spec.model {
            ModelSpec::Preset { rules, .. } => rules.norm,
            ModelSpec::Released { .. } | ModelSpec::Torch { .. } => {
                unreachable!("the text has a preset")
            }
        };
        assert_eq!(
            (norm(&found[1]), norm(&found[3])),
            (NormRule::Batch, NormRule::None)
        );
        assert_eq!(
            (found[0].spec.train.epochs, found[2].spec.train.epochs),
            (25, 3)
        );
        let pinned = trials(TEXT, &["train.epochs=1", "seed=7"]).unwrap();
        assert_eq!(pinned.len(), 2);
        assert!(
            pinned
                .iter()
                .all(|t| t.spec.train.epochs == 1 && t.spec.seed == 7)
        );
        assert_eq!(pinned[1].label, "no batch norm");
        assert_eq!(norm(&pinned[1]), NormRule::None);
    }

    #[test]
    fn bad_arms_name_the_place() {
        let error = |from: &str, to: &str| trials(&TEXT.replace(from, to), &[]).unwrap_err();
        insta::assert_snapshot!(error("model.norm: none", "model.norm: nonne"));
        insta::assert_snapshot!(error("model.norm", "model.nrom"));
        insta::assert_snapshot!(error("model.norm", "name.norm"));
        insta::assert_snapshot!(error("no batch norm:", "norm=none:"));
        insta::assert_snapshot!(error("paper: {}", "paper: 3"));
    }
}
