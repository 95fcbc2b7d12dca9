//! Errors of array files.

use ndarray_npy::ReadNpyError;
use py_literal::Value as Python;

/// Why a file is no array that can be used; the caller adds the path.
#[derive(Debug, thiserror::Error)]
pub enum NpyError {
    #[error("cannot be read: {0}")]
    Io(#[from] std::io::Error),
    #[error(
        "is not a NumPy array file: it does not begin with the NPY magic and a version from 1 to 3; write it with `numpy.save`"
    )]
    Magic,
    #[error(
        "is an archive (`.npz`, as `numpy.savez` writes it), expected one array; write each of its arrays with `numpy.save`"
    )]
    Archive,
    /// Cut, too long, or no description of an array.
    #[error("has a header that {0}; the file is damaged, write it again with `numpy.save`")]
    Header(String),
    #[error("holds {found}, expected {expected}{hint}")]
    Type {
        /// In words, with NumPy's own name.
        found: String,
        expected: &'static str,
        /// What makes it right where one line of NumPy does; else empty.
        hint: &'static str,
    },
    #[error(
        "is truncated or damaged: its values take {found} bytes where its shape and type need {expected}; write or fetch it again"
    )]
    Size { found: u64, expected: String },
}

impl NpyError {
    /// Of values of the type that a header names `descriptor`.
    pub(super) fn wrong_type(descriptor: &Python, expected: &'static str) -> NpyError {
        let Python::String(name) = descriptor else {
            return NpyError::Type {
                found: "records of several fields".into(),
                expected,
                hint: "; write one field, `array[\"NAME\"]`",
            };
        };
        let numbered =
            "; `numpy.unique(array, return_inverse=True)[1]` gives every distinct value a number";
        let (words, hint) = match name.trim_start_matches(['<', '>', '=', '|']).chars().next() {
            Some('U') => ("text", numbered),
            Some('S' | 'a') => ("bytes of text", numbered),
            Some('O') => (
                "Python objects",
                "; where they are numbers, `array.astype(float)`, else `numpy.unique(array, return_inverse=True)[1]`",
            ),
            Some('c') => ("complex numbers", "; `array.real` takes one part"),
            Some('M' | 'm') => ("times", numbered),
            Some('V') => ("raw bytes", ""),
            Some('f') => ("floating-point numbers", "; `array.astype(\"float32\")`"),
            _ => ("numbers", "; `array.astype(\"float32\")`"),
        };
        NpyError::Type {
            found: format!("{words} ({})", name.escape_debug()),
            expected,
            hint,
        }
    }

    pub(super) fn of(e: ReadNpyError, expected: &'static str) -> NpyError {
        match e {
            ReadNpyError::Io(e) => NpyError::Io(e),
            ReadNpyError::WrongDescriptor(found) => NpyError::wrong_type(&found, expected),
            ReadNpyError::ParseData(e) => match e.downcast::<NpyError>() {
                Ok(e) => *e,
                Err(e) => NpyError::Header(format!("does not fit its values ({e})")),
            },
            ReadNpyError::LengthOverflow => NpyError::Size {
                found: 0,
                expected: "more than any file holds".into(),
            },
            e => NpyError::Header(format!("does not describe an array ({e})")),
        }
    }
}
