//! A state dict from a file, whichever of the usual ways it was written.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::pickle::PthTensors;
use candle_core::{DType, Device, Tensor};

use super::TorchError;
use crate::nn::state_dict;

/// Where training scripts put a net's state dict among other things.
const WRAPPERS: [&str; 4] = ["state_dict", "model_state_dict", "model", "net"];
/// What `nn.DataParallel` puts before every name.
const PARALLEL: &str = "module.";
/// A count of batches is no part of what a net computes.
const COUNT: &str = "num_batches_tracked";

/// Tensors by name, single precision, on the host; names as the plain module has them.
pub fn read(path: &Path) -> Result<BTreeMap<String, Tensor>, TorchError> {
    let failed = |message: String| TorchError::Read {
        path: path.to_path_buf(),
        message,
    };
    let mut magic = [0; 4];
    let mut file = std::fs::File::open(path).map_err(|e| failed(e.to_string()))?;
    std::io::Read::read_exact(&mut file, &mut magic).map_err(|e| failed(e.to_string()))?;
    let found = match &magic {
        b"PK\x03\x04" => pickled(path).map_err(|e| failed(e.to_string()))?,
        // Before version 1.6 a checkpoint was a bare pickle.
        b"\x80\x02\x8a\x0a" => {
            let bytes = std::fs::read(path).map_err(|e| failed(e.to_string()))?;
            let found = state_dict::read(path, &bytes).map_err(|e| failed(e.message))?;
            let part_of_net = |(name, _): &(String, Tensor)| !name.ends_with(COUNT);
            found.into_iter().filter(part_of_net).collect()
        }
        _ => candle_core::safetensors::load(path, &Device::Cpu)
            .map_err(|e| {
                failed(format!(
                    "neither a zip archive of `torch.save` nor safetensors ({e})"
                ))
            })?
            .into_iter()
            .collect(),
    };
    if found.is_empty() {
        return Err(TorchError::NoTensors {
            path: path.to_path_buf(),
        });
    }
    let single = |(name, t): (String, Tensor)| {
        let name = name
            .strip_prefix(PARALLEL)
            .map_or(name.clone(), str::to_string);
        let t = t
            .to_dtype(DType::F32)
            .map_err(|e| failed(format!("`{name}`: {e}")))?;
        Ok((name, t))
    };
    found.into_iter().map(single).collect()
}

fn pickled(path: &Path) -> candle_core::Result<Vec<(String, Tensor)>> {
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
            if !name.ends_with(COUNT)
                && let Some(tensor) = file.get(name)?
            {
                tensors.push((name.clone(), tensor));
            }
        }
        if !tensors.is_empty() {
            return Ok(tensors);
        }
    }
    Ok(Vec::new())
}
