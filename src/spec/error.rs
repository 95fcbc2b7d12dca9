//! Errors of YAML files, each with its place.

use std::path::PathBuf;

use super::load::WHOLE;
use super::tree::Place;
use super::visible::visible_key;

/// Why a YAML file could not become an experiment, a data set card or a baseline.
#[derive(Debug, thiserror::Error)]
pub enum SpecError {
    /// The file could not be read at all.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    /// The file is not text as YAML has it.
    #[error(
        "`{}` is not UTF-8 text{}; save it again as UTF-8",
        path.display(),
        at.as_ref().map_or(" (it looks like UTF-16)".to_string(), |(line, column, byte)| format!(
            ": line {line}, column {column} holds the byte 0x{byte:02x}"
        ))
    )]
    Encoding {
        path: PathBuf,
        /// Line and column of the first byte that is wrong, and that byte; `None` where the whole is in UTF-16.
        at: Option<(usize, usize, u8)>,
    },
    /// The text is not YAML.
    #[error("{place}: not valid YAML: {message}")]
    Syntax { place: Place, message: String },
    /// A key that nothing reads.
    #[error(
        "{place}: unknown key `{}`{}; expected {}",
        visible_key(key),
        suggestion(nearest),
        one_of(expected)
    )]
    UnknownKey {
        place: Place,
        key: String,
        nearest: Option<String>,
        expected: Vec<String>,
    },
    /// A value of the wrong type or outside its range.
    #[error("{place}: {}{message}", subject(key))]
    Value {
        place: Place,
        key: String,
        message: String,
    },
}

fn suggestion(nearest: &Option<String>) -> String {
    nearest
        .as_ref()
        .map_or(String::new(), |n| format!(" (did you mean `{n}`?)"))
}

/// What the message is about, up to its verb.
fn subject(key: &str) -> String {
    match key {
        WHOLE => format!("{WHOLE} "),
        key => format!("`{key}`: "),
    }
}

/// `a`, or one of several.
pub(super) fn one_of(names: &[String]) -> String {
    match names {
        [] => "none here".to_string(),
        [one] => format!("`{one}`"),
        [one, other] => format!("`{one}` or `{other}`"),
        several => format!("one of {}", list(several)),
    }
}

/// Names in back-ticks.
pub(super) fn list(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
    quoted.join(", ")
}
