use std::path::PathBuf;

use super::tree::Place;

/// Why a YAML file could not become an experiment, a data set card or a baseline.
#[derive(Debug, thiserror::Error)]
pub enum SpecError {
    /// The file could not be read at all.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    /// The text is not YAML.
    #[error("{place}: not valid YAML: {message}")]
    Syntax { place: Place, message: String },
    /// A key that nothing reads.
    #[error(
        "{place}: unknown key `{key}`{}; expected one of {}",
        suggestion(nearest),
        list(expected)
    )]
    UnknownKey {
        place: Place,
        key: String,
        nearest: Option<String>,
        expected: Vec<String>,
    },
    /// A value of the wrong type or outside its range.
    #[error("{place}: `{key}`: {message}")]
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

fn list(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
    quoted.join(", ")
}
