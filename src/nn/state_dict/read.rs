use std::collections::HashMap;
use std::path::{Path, PathBuf};

use candle_core::{Tensor, pickle};

use super::legacy;

/// A file is not a state dictionary of PyTorch's.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{}` is not a PyTorch file of named tensors: {message}; expected what `torch.save(net.state_dict(), path)` writes",
    path.display()
)]
pub struct StateDictError {
    pub path: PathBuf,
    pub message: String,
}

/// The tensors of the file at `path`, whose contents are `bytes`.
///
/// # Errors
/// [`StateDictError`].
pub fn read(path: &Path, bytes: &[u8]) -> Result<HashMap<String, Tensor>, StateDictError> {
    let bad = |message: String| StateDictError {
        path: path.to_path_buf(),
        message,
    };
    let tensors = match bytes.starts_with(b"PK") {
        true => {
            let found = pickle::read_all(path).map_err(|e| bad(e.to_string()))?;
            found.into_iter().collect()
        }
        false => legacy::tensors(bytes).map_err(bad)?,
    };
    match tensors.is_empty() {
        true => Err(bad("it holds no tensors".into())),
        false => Ok(tensors),
    }
}
