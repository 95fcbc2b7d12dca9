//! From text to typed values, with the place of every error.

use std::path::Path;

use serde::de::DeserializeOwned;

use super::tree::{Node, Place};
use super::typed::Typed;
use super::{SpecError, syntax};

/// What an error calls the place where a key of the outermost map is missing.
pub const WHOLE: &str = "the document";

/// Read a YAML file into a tree.
///
/// # Errors
/// [`SpecError::Read`], [`SpecError::Encoding`] and [`SpecError::Syntax`].
pub fn tree(path: &Path) -> Result<Node, SpecError> {
    let bytes = std::fs::read(path).map_err(|source| SpecError::Read {
        path: path.to_path_buf(),
        source,
    })?;
    let text = String::from_utf8(bytes).map_err(|e| SpecError::Encoding {
        path: path.to_path_buf(),
        at: first_wrong_byte(e.as_bytes(), e.utf8_error().valid_up_to()),
    })?;
    parse(&text, &path.display().to_string())
}

/// Line, column and value of the byte that is no UTF-8; `None` where the file begins as UTF-16 does.
fn first_wrong_byte(bytes: &[u8], good: usize) -> Option<(usize, usize, u8)> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return None;
    }
    let before = String::from_utf8_lossy(&bytes[..good]);
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    Some((line, column, bytes.get(good).copied().unwrap_or_default()))
}

/// Parse YAML text; `source` names it in errors.
///
/// # Errors
/// [`SpecError::Syntax`] with line and column.
pub fn parse(text: &str, source: &str) -> Result<Node, SpecError> {
    let mut node = parsed(text).map_err(|(mut place, message)| {
        place.source = source.to_string();
        SpecError::Syntax { place, message }
    })?;
    node.name_source(source);
    Ok(node)
}

/// Parse YAML text of no name, or say where it is wrong and why.
pub(super) fn parsed(text: &str) -> Result<Node, (Place, String)> {
    // YAML 1.2's booleans alone: a class called `y` or `no` is a name.
    let options = serde_yaml::options! { strict_booleans: true };
    serde_yaml::from_str_with_options(text, options).map_err(|e| {
        let (line, column) = e.location().map_or((0, 0), |l| (l.line(), l.column()));
        let place = Place {
            source: String::new(),
            line,
            column,
        };
        (place, syntax::reason(&e))
    })
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
    T::deserialize(Typed(node)).map_err(|e| e.located(&node.place))
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
        insta::assert_snapshot!(error("name: x\nadam:\n  - {lr: 2e-4, lrr: 1}\n"), @"a.yaml:3:16: unknown key `lrr` (did you mean `lr`?); expected `lr`");
        insta::assert_snapshot!(error("name: x\nadam:\n  - {lr: fast}\n"), @"a.yaml:3:10: `adam.0.lr`: is `fast`; expected a number");
        insta::assert_snapshot!(error("name: x\n"), @"a.yaml:1:1: `adam`: is missing, and has no default");
        insta::assert_snapshot!(error("name: x\nadam: [\n"), @"a.yaml:2:7: not valid YAML: a bracket is opened here and never closed");
        insta::assert_snapshot!(error("name: x\nname: y\nadam: []"), @"a.yaml:2:1: not valid YAML: the key `name` stands here a second time; remove one of the two");
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
