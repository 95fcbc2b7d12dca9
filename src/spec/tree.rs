//! A YAML document as a tree whose every node knows its place.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::Spanned;

use super::argument::Argument;

/// Where a value was written: a file's line and column, or another origin such as `--set`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The file, or a name such as `--set train.epochs=3`.
    pub source: String,
    /// Line from 1; 0 where the source has no lines.
    pub line: u64,
    /// Column from 1; 0 where the source has no columns.
    pub column: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            write!(f, "{}", self.source)
        } else {
            write!(f, "{}:{}:{}", self.source, self.line, self.column)
        }
    }
}

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub value: Value,
    pub place: Place,
}

/// What a node holds. Maps keep the order of the text.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    Seq(Vec<Node>),
    Map(Vec<Entry>),
    /// From `--set`: text or YAML, as the key that it is for will have it.
    Argument(Box<Argument>),
}

/// A key of a map, where it stands, and its node.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub key: String,
    pub place: Place,
    pub node: Node,
}

impl Node {
    /// The node under `key`, when this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match self.yaml() {
            Value::Map(entries) => entries.iter().find(|e| e.key == key).map(|e| &e.node),
            _ => None,
        }
    }

    /// What stands here; of an argument, what YAML makes of it.
    pub fn yaml(&self) -> &Value {
        match &self.value {
            Value::Argument(argument) => argument.yaml().unwrap_or(&self.value),
            value => value,
        }
    }

    /// Remove `key` from a map and return its node.
    pub fn take(&mut self, key: &str) -> Option<Node> {
        match &mut self.value {
            Value::Map(entries) => {
                let i = entries.iter().position(|e| e.key == key)?;
                Some(entries.remove(i).node)
            }
            _ => None,
        }
    }

    /// Put `node` at a dotted path such as `train.adam.lr`, making the maps on the way.
    ///
    /// A sequence is indexed by number (`probe.0.draws`). Returns `false`, and changes nothing that
    /// matters, where the path runs through a value that is neither.
    pub fn set(&mut self, path: &str, node: Node) -> bool {
        let (head, rest) = match path.split_once('.') {
            Some((head, rest)) => (head, Some(rest)),
            None => (path, None),
        };
        if let Value::Argument(argument) = &self.value {
            *self = argument.as_ref().clone().into_node(self.place.clone());
        }
        if matches!(self.value, Value::Null) {
            self.value = Value::Map(Vec::new());
        }
        let place = node.place.clone();
        let child = match &mut self.value {
            Value::Map(entries) => {
                let i = match entries.iter().position(|e| e.key == head) {
                    Some(i) => i,
                    None => {
                        entries.push(Entry {
                            key: head.to_string(),
                            place: place.clone(),
                            node: Node {
                                value: Value::Null,
                                place,
                            },
                        });
                        entries.len() - 1
                    }
                };
                &mut entries[i].node
            }
            Value::Seq(items) => match head.parse::<usize>().ok().and_then(|i| items.get_mut(i)) {
                Some(item) => item,
                None => return false,
            },
            _ => return false,
        };
        match rest {
            Some(rest) => child.set(rest, node),
            None => {
                *child = node;
                true
            }
        }
    }

    /// The same tree without places.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as J;
        match self.yaml() {
            Value::Null => J::Null,
            Value::Bool(b) => J::Bool(*b),
            Value::Int(i) => J::from(*i),
            Value::Float(f) => J::from(*f),
            Value::Str(s) => J::from(s.as_str()),
            Value::Argument(argument) => argument.text().map_or(J::Null, J::from),
            Value::Seq(items) => J::Array(items.iter().map(Node::to_json).collect()),
            Value::Map(entries) => J::Object(
                entries
                    .iter()
                    .map(|e| (e.key.clone(), e.node.to_json()))
                    .collect(),
            ),
        }
    }

    /// A tree from JSON, every node at `place`.
    pub fn from_json(value: &serde_json::Value, place: &Place) -> Node {
        use serde_json::Value as J;
        let value = match value {
            J::Null => Value::Null,
            J::Bool(b) => Value::Bool(*b),
            J::Number(n) => match n.as_i64() {
                Some(i) => Value::Int(i),
                None => Value::Float(n.as_f64().unwrap_or(f64::NAN)),
            },
            J::String(s) => Value::Str(s.clone()),
            J::Array(items) => {
                Value::Seq(items.iter().map(|v| Node::from_json(v, place)).collect())
            }
            J::Object(map) => Value::Map(
                map.iter()
                    .map(|(k, v)| Entry {
                        key: k.clone(),
                        place: place.clone(),
                        node: Node::from_json(v, place),
                    })
                    .collect(),
            ),
        };
        Node {
            value,
            place: place.clone(),
        }
    }

    /// Name the source of this node and of every one below it.
    pub(super) fn name_source(&mut self, source: &str) {
        self.each_place(&mut |place: &mut Place| place.source = source.to_string());
    }

    /// Let this node and every one below it stand at `to`.
    pub(super) fn move_to(&mut self, to: &Place) {
        self.each_place(&mut |place: &mut Place| *place = to.clone());
    }

    fn each_place(&mut self, change: &mut impl FnMut(&mut Place)) {
        change(&mut self.place);
        match &mut self.value {
            Value::Seq(items) => items.iter_mut().for_each(|n| n.each_place(change)),
            Value::Map(entries) => entries.iter_mut().for_each(|e| {
                change(&mut e.place);
                e.node.each_place(change);
            }),
            _ => {}
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Value>::deserialize(deserializer)?;
        Ok(Node {
            value: spanned.value,
            place: place(&spanned.referenced),
        })
    }
}

fn place(location: &serde_yaml::Location) -> Place {
    Place {
        source: String::new(),
        line: location.line(),
        column: location.column(),
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("any YAML value")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_some<D: Deserializer<'de>>(self, d: D) -> Result<Value, D::Error> {
        Value::deserialize(d)
    }
    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(Value::Bool(v))
    }
    fn visit_i64<E>(self, v: i64) -> Result<Value, E> {
        Ok(Value::Int(v))
    }
    fn visit_u64<E>(self, v: u64) -> Result<Value, E> {
        // Past i64 only a float can hold it; the typed layer then refuses it as an integer.
        Ok(i64::try_from(v).map_or(Value::Float(v as f64), Value::Int))
    }
    fn visit_f64<E>(self, v: f64) -> Result<Value, E> {
        Ok(Value::Float(v))
    }
    fn visit_str<E>(self, v: &str) -> Result<Value, E> {
        Ok(Value::Str(v.to_string()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(node) = seq.next_element()? {
            items.push(node);
        }
        Ok(Value::Seq(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, node)) = map.next_entry::<Spanned<String>, Node>()? {
            entries.push(Entry {
                place: place(&key.referenced),
                key: key.value,
                node,
            });
        }
        Ok(Value::Map(entries))
    }
}
