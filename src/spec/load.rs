//! From text to typed values, with the place of every error.

use std::path::Path;

use serde::de::DeserializeOwned;

use super::SpecError;
use super::tree::{Node, Place, Value};

/// What an error calls the place where a key of the outermost map is missing.
pub const WHOLE: &str = "the document";

/// Read a YAML file into a tree.
///
/// # Errors
/// [`SpecError::Read`] and [`SpecError::Syntax`].
pub fn tree(path: &Path) -> Result<Node, SpecError> {
    let text = std::fs::read_to_string(path).map_err(|source| SpecError::Read {
        path: path.to_path_buf(),
        source,
    })?;
    parse(&text, &path.display().to_string())
}

/// Parse YAML text; `source` names it in errors.
///
/// # Errors
/// [`SpecError::Syntax`] with line and column.
pub fn parse(text: &str, source: &str) -> Result<Node, SpecError> {
    // YAML 1.2's booleans alone: a class called `y` or `no` is a name.
    let options = serde_yaml::options! { strict_booleans: true };
    let mut node: Node = serde_yaml::from_str_with_options(text, options).map_err(|e| {
        let (line, column) = e.location().map_or((0, 0), |l| (l.line(), l.column()));
        SpecError::Syntax {
            place: Place {
                source: source.to_string(),
                line,
                column,
            },
            message: reason(&e.to_string()),
        }
    })?;
    node.name_source(source);
    Ok(node)
}

/// Read a YAML file straight into a typed value (a data set card, a baseline).
///
/// # Errors
/// As [`tree`] and [`typed`].
pub fn file<T: DeserializeOwned>(path: &Path) -> Result<T, SpecError> {
    typed(&tree(path)?)
}

/// Turn a tree into a typed value. Types say `#[serde(deny_unknown_fields)]`.
///
/// # Errors
/// [`SpecError::UnknownKey`] with the nearest known key, [`SpecError::Value`] for the rest; both with
/// the place of the offending key or value.
pub fn typed<T: DeserializeOwned>(node: &Node) -> Result<T, SpecError> {
    let json = node.to_json();
    serde_path_to_error::deserialize(json).map_err(|e| {
        let keys: Vec<String> = e.path().iter().map(|s| s.to_string()).collect();
        locate(node, &keys, &e.inner().to_string())
    })
}

fn locate(root: &Node, keys: &[String], message: &str) -> SpecError {
    let mut node = root;
    let mut place = root.place.clone();
    let mut last = String::new();
    for key in keys {
        let key = key.trim_matches(['[', ']']);
        match &node.value {
            Value::Map(entries) => match entries.iter().find(|e| e.key == key) {
                Some(entry) => {
                    node = &entry.node;
                    place = if message.starts_with("unknown field") {
                        entry.place.clone()
                    } else {
                        node.place.clone()
                    };
                }
                None => break,
            },
            Value::Seq(items) => match key.parse::<usize>().ok().and_then(|i| items.get(i)) {
                Some(item) => {
                    node = item;
                    place = node.place.clone();
                }
                None => break,
            },
            _ => break,
        }
        last = key.to_string();
    }
    let dotted = keys
        .iter()
        .map(|k| k.trim_matches(['[', ']']))
        .collect::<Vec<_>>()
        .join(".");
    match unknown_field(message) {
        Some((key, expected)) => {
            // The path may stop at the parent: point at the key itself in either case.
            if last != key
                && let Value::Map(entries) = &node.value
                && let Some(entry) = entries.iter().find(|e| e.key == key)
            {
                place = entry.place.clone();
            }
            SpecError::UnknownKey {
                nearest: nearest(&key, &expected),
                place,
                key,
                expected,
            }
        }
        None => SpecError::Value {
            place,
            key: if dotted.is_empty() {
                WHOLE.into()
            } else {
                dotted
            },
            message: in_words(message),
        },
    }
}

/// Rust's names of number types in a user's words.
fn in_words(message: &str) -> String {
    const WORDS: [(&str, &str); 4] = [
        ("expected usize", "expected a whole number"),
        ("expected u64", "expected a whole number"),
        ("expected f64", "expected a number"),
        ("expected f32", "expected a number"),
    ];
    match WORDS.iter().find(|(rust, _)| message.ends_with(rust)) {
        Some((rust, words)) => message.replace(rust, words),
        None => message.to_string(),
    }
}

/// Takes serde's "unknown field `x`, expected one of `a`, `b`" apart.
fn unknown_field(message: &str) -> Option<(String, Vec<String>)> {
    let rest = message.strip_prefix("unknown field `")?;
    let (key, rest) = rest.split_once('`')?;
    let expected = rest
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_string)
        .collect();
    Some((key.to_string(), expected))
}

/// The candidate closest to `key` by edit distance, if one is close enough to be meant.
pub fn nearest(key: &str, candidates: &[String]) -> Option<String> {
    candidates
        .iter()
        .map(|c| (strsim::damerau_levenshtein(key, c), c))
        .filter(|(d, c)| *d <= c.len().max(key.len()).div_ceil(3))
        .min_by_key(|(d, _)| *d)
        .map(|(_, c)| c.clone())
}

/// The parser's reason alone: its first line without the place, which [`SpecError`] prints itself, and without
/// advice meant for programmers.
fn reason(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let line = match line
        .split_once("column ")
        .and_then(|(_, r)| r.split_once(": "))
    {
        Some((_, reason)) => reason,
        None => line,
    };
    line.split(", set ").next().unwrap_or(line).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    struct Adam {
        #[allow(dead_code)]
        lr: f64,
    }
    #[derive(serde::Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    struct Doc {
        #[allow(dead_code)]
        name: String,
        #[allow(dead_code)]
        adam: Vec<Adam>,
    }

    fn error(text: &str) -> String {
        parse(text, "a.yaml")
            .and_then(|n| typed::<Doc>(&n))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn errors_name_the_place() {
        insta::assert_snapshot!(error("name: x\nadam:\n  - {lr: 2e-4, lrr: 1}\n"), @"a.yaml:3:16: unknown key `lrr` (did you mean `lr`?); expected one of `lr`");
        insta::assert_snapshot!(error("name: x\nadam:\n  - {lr: fast}\n"), @r#"a.yaml:3:10: `adam.0.lr`: invalid type: string "fast", expected a number"#);
        insta::assert_snapshot!(error("name: x\n"), @"a.yaml:1:1: `the document`: missing field `adam`");
        insta::assert_snapshot!(error("name: x\nadam: [\n"), @"a.yaml:2:7: not valid YAML: unclosed bracket '['");
        insta::assert_snapshot!(error("name: x\nname: y\nadam: []"), @"a.yaml:2:1: not valid YAML: duplicate mapping key: name");
    }

    #[test]
    fn numbers_keep_their_kind() {
        let n = parse(
            "{a: 2e-4, b: 3, c: true, d: '3', e: ~, f: 1.0, g: [y, no]}",
            "a",
        )
        .unwrap();
        assert_eq!(
            n.to_json().to_string(),
            r#"{"a":0.0002,"b":3,"c":true,"d":"3","e":null,"f":1.0,"g":["y","no"]}"#
        );
    }
}
