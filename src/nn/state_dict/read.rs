use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use candle_core::pickle::PthTensors;
use candle_core::{DType, Device, Tensor};

use super::legacy;

/// A file is no state dict.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{}` is not a PyTorch file of named tensors: {message}; expected what `torch.save(net.state_dict(), path)` writes, or safetensors",
    path.display()
)]
pub struct StateDictError {
    pub path: PathBuf,
    pub message: String,
}

/// Where training scripts put a net's state dict among other things.
pub(super) const WRAPPERS: [&str; 4] = ["state_dict", "model_state_dict", "model", "net"];
/// What `nn.DataParallel` puts before every name.
const PARALLEL: &str = "module.";
/// A count of batches is no part of what a net computes.
const COUNT: &str = "num_batches_tracked";

/// The tensors of the file at `path`, whichever of the usual ways it was written: by name as the plain module has them,
/// in single precision, on the host.
///
/// # Errors
/// [`StateDictError`], also where the file holds no tensor.
pub fn read(path: &Path) -> Result<BTreeMap<String, Tensor>, StateDictError> {
    let bad = |message: String| StateDictError {
        path: path.to_path_buf(),
        message,
    };
    let mut file = File::open(path).map_err(|e| bad(e.to_string()))?;
    let mut magic = Vec::new();
    let begins = file
        .by_ref()
        .take(legacy::MAGIC.len() as u64)
        .read_to_end(&mut magic);
    begins.map_err(|e| bad(e.to_string()))?;
    let found = if magic.starts_with(b"PK\x03\x04") {
        zipped(path).map_err(|e| bad(e.to_string()))?
    } else if magic.starts_with(&legacy::MAGIC[..4]) {
        let bytes = std::fs::read(path).map_err(|e| bad(e.to_string()))?;
        legacy::tensors(&bytes).map_err(bad)?.into_iter().collect()
    } else {
        let found = candle_core::safetensors::load(path, &Device::Cpu);
        let found = found.map_err(|e| {
            bad(format!(
                "it begins as neither of `torch.save`'s formats does, and is not safetensors ({e})"
            ))
        })?;
        found.into_iter().collect()
    };
    let mut tensors = BTreeMap::new();
    for (name, tensor) in found.into_iter().filter(|(name, _)| !name.ends_with(COUNT)) {
        let single = tensor.to_dtype(DType::F32);
        let single = single.map_err(|e| bad(format!("`{name}`: {e}")))?;
        let plain = name.strip_prefix(PARALLEL).unwrap_or(&name).to_string();
        tensors.insert(plain, single);
    }
    match tensors.is_empty() {
        true => Err(bad("it holds no tensors".into())),
        false => Ok(tensors),
    }
}

/// PyTorch's format since version 1.6.
fn zipped(path: &Path) -> candle_core::Result<Vec<(String, Tensor)>> {
    let ways = std::iter::once(None).chain(WRAPPERS.into_iter().map(Some));
    for key in ways {
        // A wrapper that is not there is no error of the file's.
        let file = match (key, PthTensors::new(path, key)) {
            (_, Ok(file)) => file,
            (None, Err(e)) => return Err(e),
            (Some(_), Err(_)) => continue,
        };
        let mut tensors = Vec::new();
        for name in file.tensor_infos().keys() {
            if let Some(tensor) = file.get(name)? {
                tensors.push((name.clone(), tensor));
            }
        }
        if !tensors.is_empty() {
            return Ok(tensors);
        }
    }
    Ok(Vec::new())
}
