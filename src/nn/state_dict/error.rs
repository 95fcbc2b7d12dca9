//! Errors of others' weight files.

use std::path::PathBuf;

/// Why a file's tensors could not be read.
#[derive(Debug, thiserror::Error)]
#[error("`{}` {trouble}", path.display())]
pub struct StateDictError {
    pub path: PathBuf,
    pub trouble: Box<Trouble>,
}

/// What is wrong with the file.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("cannot be read: {0}")]
    Io(#[from] std::io::Error),
    #[error(
        "is not a PyTorch file of named tensors: {0}; expected what `torch.save(net.state_dict(), path)` writes, or safetensors"
    )]
    Format(String),
    #[error("is cut short or damaged: {0}; get the file again")]
    Damaged(String),
    #[error(
        "cannot be read as it is: {message}; in Python, `{python}` writes one that can be read"
    )]
    Again { message: String, python: String },
    #[error("lacks `{anchor}`, which {what} has: it holds {holds}{hint}")]
    Lacks {
        what: &'static str,
        anchor: &'static str,
        holds: String,
        /// Empty, or a Python line with the words around it.
        hint: String,
    },
    #[error(
        "holds more than one net that may be {what}: {found}; in Python, `{python}` writes the first alone"
    )]
    Several {
        what: &'static str,
        found: String,
        python: String,
    },
    #[error(
        "declares {count} numbers for one net, more than a file of {length} bytes can stand for; \
         choose a file whose tensors are stored whole"
    )]
    TooLarge { count: u64, length: u64 },
}
