//! Parts of a spec that another room reads: kept as they are written, with the place of everything in them.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;

use super::tree::{Node, Place, Value};

/// A part of a spec that the room which it is for checks when the experiment is loaded, such as a figure of `explore:`.
#[derive(Debug, Clone)]
pub struct Unread(pub Node);

/// The entries of the list under `key`; none where there is no such list.
pub(super) fn list(tree: &Node, key: &str) -> Vec<Unread> {
    match tree.get(key).map(Node::yaml) {
        Some(Value::Seq(items)) => items.iter().cloned().map(Unread).collect(),
        _ => Vec::new(),
    }
}

/// The value; of one from `--set`, YAML's number, list or keys, or else the text that was typed.
fn written(node: &Node) -> Json {
    match (node.yaml(), &node.value) {
        (Value::Seq(items), _) => items.iter().map(written).collect(),
        (Value::Map(entries), _) => entries
            .iter()
            .map(|entry| (entry.key.clone(), written(&entry.node)))
            .collect(),
        (Value::Str(_), Value::Argument(typed)) => typed.text().map_or(Json::Null, Json::from),
        _ => node.to_json(),
    }
}

/// The same wherever it is written.
impl PartialEq for Unread {
    fn eq(&self, other: &Unread) -> bool {
        written(&self.0) == written(&other.0)
    }
}

impl Serialize for Unread {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        written(&self.0).serialize(s)
    }
}

impl<'de> Deserialize<'de> for Unread {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Unread, D::Error> {
        let value = Json::deserialize(d)?;
        Ok(Unread(Node::from_json(&value, &Place::default())))
    }
}

#[cfg(test)]
mod tests {
    use crate::spec::{Spec, load, resolve};

    const TEXT: &str = "name: x\ndata: {train: cifar10}\nmodel: {preset: svhn32}\nexplore:\n  - {figure: of another time, reach: [1, 2.5]}\n";

    #[test]
    fn what_is_not_read_here_is_kept_as_it_is_written_with_its_place() {
        let spec = resolve(&load::parse(TEXT, "x.yaml").unwrap()).unwrap();
        let reach = spec.explore[0].0.get("reach").unwrap();
        assert_eq!(reach.place.to_string(), "x.yaml:5:38");
        let text = serde_yaml::to_string(&spec).unwrap();
        let again: Spec = load::typed(&load::parse(&text, "spec.yaml").unwrap()).unwrap();
        assert_eq!(again, spec);
        let other = load::parse(&TEXT.replace("2.5", "3.5"), "x.yaml").unwrap();
        assert_ne!(resolve(&other).unwrap(), spec);
    }

    #[test]
    fn a_spec_without_figures_stays_without() {
        let text = TEXT.split("explore").next().unwrap();
        let spec = resolve(&load::parse(text, "x.yaml").unwrap()).unwrap();
        assert!(!serde_yaml::to_string(&spec).unwrap().contains("explore"));
    }

    #[test]
    fn figures_are_a_list() {
        let text = TEXT.replace("  - {", "  {");
        let error = resolve(&load::parse(&text, "x.yaml").unwrap()).unwrap_err();
        insta::assert_snapshot!(error, @"x.yaml:5:3: `explore`: is keys with values; expected a list");
    }
}
