//! What the YAML parser says of text that is no YAML, in words that tell what to change.

use serde_yaml::{Error, UserMessageFormatter};

/// Parts of the parser's messages, and what a message that holds one is told as.
const WORDS: &[(&str, &str)] = &[
    ("tabs disallowed", TAB),
    ("tab cannot be used", TAB),
    ("cannot start with a tab", TAB),
    ("found a tab", TAB),
    ("recursion limit", DEEP),
    ("mapping values are not allowed", COLON),
    ("illegal placement of ':'", COLON),
    ("simple key", NO_KEY),
    ("did not find expected key", NO_KEY),
    ("did not find expected <document start>", NO_KEY),
    (
        "did not find expected '-'",
        "expected another entry of the list, which begins with `-`; check the indentation",
    ),
    ("unknown anchor", ALIAS),
    (
        "unclosed bracket",
        "a bracket is opened here and never closed",
    ),
    (
        "mismatched bracket",
        "a bracket is closed here by one of another kind",
    ),
    ("unclosed quote", "a quote is opened here and never closed"),
    (
        "unexpected document indicator",
        "a quote is opened before and never closed",
    ),
    (
        "unexpected EOF while parsing a flow",
        "a bracket is opened and never closed",
    ),
    ("unexpected eof", "the text ends too early"),
    (
        "did not find expected ',' or '}'",
        "expected `,` or `}` here; put quotes around a value that holds brackets, commas or `: `",
    ),
    (
        "expected ',' or ']'",
        "expected `,` or `]` here; put quotes around a value that holds brackets, commas or `: `",
    ),
    ("unknown escape character", ESCAPE),
    ("expected hexadecimal number", ESCAPE),
    ("surrogate", ESCAPE),
    ("Unicode character escape", ESCAPE),
    (
        "indent",
        "this line is indented unlike those that it belongs to",
    ),
    (
        "trailing content after",
        "text follows a closing quote; put quotes around the whole of it",
    ),
    (
        "expected node content",
        "a value is missing here; put quotes around one that begins with a sign",
    ),
    (
        "unexpected character",
        "a value cannot begin with this sign; put quotes around it",
    ),
    ("scanning an anchor or alias", ALIAS),
    (
        "a tag",
        "`!` begins a tag, which nothing here has; put quotes around a value that begins with it",
    ),
    (
        "handle wasn't declared",
        "`!` begins a tag, which nothing here has; put quotes around a value that begins with it",
    ),
    (
        "document end marker",
        "something stands after the end of the document (`...`); remove it",
    ),
    (
        "BOM",
        "a byte order mark stands inside the text; save the file again without it",
    ),
];

const TAB: &str = "a tab stands where only spaces may; indent with spaces";
const DEEP: &str = "lists or keys are nested too deeply";
const COLON: &str = "a `:` stands where none may; put quotes around a value that holds `: `, and check the indentation of this line and the one above";
const NO_KEY: &str = "expected `key: value` here; check for a missing `: ` and the indentation";
const ALIAS: &str = "`*` repeats what an `&` before it names, and no `&` names this; put quotes around a value that begins with `*` or `&`";
const ESCAPE: &str = "a backslash in double quotes begins an escape, and this is none; use single quotes, in which a backslash is a backslash";
const LARGE: &str =
    "it unfolds to more than a description of an experiment can hold; repeat less by `*`";

/// Why the text is not YAML, without the place, which the caller names.
pub(super) fn reason(error: &Error) -> String {
    match error.without_snippet() {
        Error::MultipleDocuments { .. } => {
            "a second document begins here (`---`), expected one in a file; remove it, or move it to a file of its own".into()
        }
        Error::DuplicateMappingKey { key: Some(key), .. } => {
            format!("the key `{key}` stands here a second time; remove one of the two")
        }
        Error::DuplicateMappingKey { key: None, .. } => "a key stands here a second time; remove one of the two".into(),
        Error::NullIntoString { .. } => "a key is missing before this `:`".into(),
        Error::Budget { breach, .. } => match breach {
            serde_yaml::budget::BudgetBreach::Depth { .. } => DEEP.into(),
            _ => LARGE.into(),
        },
        Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => LARGE.into(),
        Error::AliasError { error, .. } => reason(error),
        Error::UnknownAnchor { .. } => ALIAS.into(),
        Error::UnsupportedTag { tag, .. } => {
            format!("`{tag}` is a tag, which nothing here has; put quotes around a value that begins with `!`")
        }
        Error::SerdeInvalidType { .. } | Error::Unexpected { .. } => {
            "a key is a list or keys itself; expected a name before each `:`".into()
        }
        Error::RecursiveReferencesRequireWeakTypes { .. } => "`*` repeats something that holds it".into(),
        Error::MergeValueNotMapOrSeqOfMaps { .. } | Error::MergeKeyNotAllowed { .. } => {
            "`<<` takes keys with values; expected a `*` before the name of some".into()
        }
        other => parsers(&other.render_with_formatter(&UserMessageFormatter)),
    }
}

/// The parser's own message: its first line, without the place.
fn parsers(text: &str) -> String {
    if let Some((_, words)) = WORDS.iter().find(|(part, _)| text.contains(part)) {
        return words.to_string();
    }
    let line = text.lines().next().unwrap_or_default();
    let reason = line
        .split_once("column ")
        .and_then(|(_, rest)| rest.split_once(": "));
    let reason = reason.map_or(line, |(_, reason)| reason);
    let reason = match reason.strip_prefix("while ") {
        Some(rest) => rest.split_once(", ").map_or(rest, |(_, reason)| reason),
        None => reason,
    };
    reason.to_string()
}
