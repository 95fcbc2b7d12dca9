//! A value typed on the command line, after the `=` of `--set KEY=VALUE`.

use super::load;
use super::tree::{Node, Place, Value};

/// Text and what YAML makes of it: which of the two is meant, the key decides.
///
/// A key that wants text (a path, a name, one of several words) gets it as it was typed, so that `folder:set #2` is no
/// folder `set` with a comment and `1e5` no number. Quotes around the whole are YAML's. A key that wants a number, a list
/// or keys gets YAML.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    text: String,
    yaml: Result<Value, String>,
}

impl Argument {
    /// What was typed; `place` is the argument's.
    pub(super) fn new(text: &str, place: &Place) -> Argument {
        let parsed = load::parsed(text).map(|mut node| {
            // An argument has no lines worth pointing at.
            node.move_to(place);
            node.value
        });
        Argument {
            text: text.to_string(),
            yaml: parsed.map_err(|(_, why)| why),
        }
    }

    /// For a key that wants text; `None` where nothing was typed.
    pub(super) fn text(&self) -> Option<&str> {
        let quoted = |quote: char| {
            let inner = self.text.strip_prefix(quote);
            inner.is_some_and(|rest| rest.ends_with(quote))
        };
        match &self.yaml {
            Ok(Value::Str(inner)) if quoted('"') || quoted('\'') => Some(inner),
            _ if self.text.is_empty() => None,
            _ => Some(&self.text),
        }
    }

    /// For a key that wants anything else.
    pub(super) fn yaml(&self) -> Result<&Value, &str> {
        self.yaml.as_ref().map_err(String::as_str)
    }

    /// YAML's tree, text as a single value where it is none.
    pub(super) fn into_node(self, place: Place) -> Node {
        let value = match self.yaml {
            Ok(value) => value,
            Err(_) => Value::Str(self.text),
        };
        Node { value, place }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_what_was_typed_unless_it_stands_in_quotes() {
        let text = |typed: &str| {
            let argument = Argument::new(typed, &Place::default());
            argument.text().map(str::to_string)
        };
        for plain in [
            "folder:set #2",
            "a, b",
            "a: b",
            "{x}",
            "[x",
            "~home",
            "trailing ",
            " leading",
            "it's",
            "naïvé 猫",
            "1e5",
            "yes",
            "null",
            "~",
            "0x10",
            "*star",
            "&and",
            "!tag",
            "%TAG",
            "@at",
            "`tick`",
            "- item",
            "a\tb",
            "'a' 'b'",
            "\"",
            "'",
            "# all",
            "| block",
            "> block",
            "---",
            "...",
        ] {
            assert_eq!(text(plain).as_deref(), Some(plain));
        }
        assert_eq!(text("").as_deref(), None);
        assert_eq!(text("'it''s'").as_deref(), Some("it's"));
        assert_eq!(text(r#""a # b""#).as_deref(), Some("a # b"));
    }
}
