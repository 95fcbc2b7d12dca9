//! What the JSON parser says of a damaged record, in the words of the other errors.

use super::typed::expected_words;

/// Line, column and reason.
pub fn json_reason(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let place = format!(" at line {line} column {column}");
    let reason = in_words(text.strip_suffix(&place).unwrap_or(&text));
    match line {
        // A value without a text, or a file that could not be read.
        0 => reason,
        _ => format!("line {line}, column {column}: {reason}"),
    }
}

fn in_words(text: &str) -> String {
    if let Some(rest) = text.strip_prefix("missing field ") {
        return format!("the key {rest} is missing");
    }
    if let Some(rest) = text.strip_prefix("duplicate field ") {
        return format!("the key {rest} stands twice");
    }
    if let Some(rest) = text.strip_prefix("unknown field ") {
        return format!("unknown key {rest}");
    }
    if text.starts_with("EOF while parsing") {
        return "the text ends too early".into();
    }
    if text.contains("did not match any variant") {
        return "a value has none of the forms that its key takes".into();
    }
    for (prefix, verb) in [
        ("unknown variant ", "found "),
        ("invalid type: ", "found "),
        ("invalid value: ", "found "),
        ("invalid length ", "found so many entries: "),
    ] {
        let parts = text
            .strip_prefix(prefix)
            .and_then(|rest| rest.rsplit_once(", expected "));
        if let Some((found, expected)) = parts {
            return format!(
                "{verb}{}, expected {}",
                kind(found),
                expected_words(expected)
            );
        }
    }
    text.to_string()
}

/// `integer `300`` as `300`, `sequence` as `a list`.
fn kind(found: &str) -> String {
    match found {
        "null" | "unit value" | "Option value" => "nothing".into(),
        "sequence" => "a list".into(),
        "map" => "keys with values".into(),
        found => {
            let kinds = [
                "integer ",
                "floating point ",
                "boolean ",
                "string ",
                "character ",
            ];
            let bare = kinds.iter().find_map(|kind| found.strip_prefix(kind));
            bare.unwrap_or(found).to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Record {
        steps: u8,
        kind: Kind,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        Final,
        Latest,
    }

    #[test]
    fn a_damaged_record_is_told_in_words() {
        let reason = |text: &str| json_reason(&serde_json::from_str::<Record>(text).unwrap_err());
        insta::assert_snapshot!(reason(r#"{"steps": 300}"#), @"line 1, column 13: found `300`, expected a whole number from 0 to 255");
        insta::assert_snapshot!(reason(r#"{"steps": "many"}"#), @r#"line 1, column 16: found "many", expected a whole number from 0 to 255"#);
        insta::assert_snapshot!(reason(r#"{"steps": null}"#), @"line 1, column 14: found nothing, expected a whole number from 0 to 255");
        insta::assert_snapshot!(reason(r#"{"steps": 3}"#), @"line 1, column 12: the key `kind` is missing");
        insta::assert_snapshot!(reason(r#"{"steps": 3, "steps": 4}"#), @"line 1, column 20: the key `steps` stands twice");
        insta::assert_snapshot!(reason(r#"{"step": 3}"#), @"line 1, column 7: unknown key `step`, expected `steps` or `kind`");
        insta::assert_snapshot!(reason(r#"{"steps": 3, "kind": "last"}"#), @"line 1, column 27: found `last`, expected `final` or `latest`");
        insta::assert_snapshot!(reason("[1"), @"line 1, column 2: the text ends too early");
        insta::assert_snapshot!(reason("7"), @"line 1, column 1: found `7`, expected keys with values");
    }
}
