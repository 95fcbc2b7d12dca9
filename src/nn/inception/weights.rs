use std::collections::HashMap;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use sha2::{Digest, Sha256};

use super::InceptionError;
use crate::nn::state_dict;

/// The file that the published FIDs of torch-fidelity and pytorch-fid were made with. The first digits of its SHA-256 are
/// in its name.
pub const OFFICIAL_NAME: &str = "weights-inception-2015-12-05-6726825d.pth";
/// SHA-256 of that file, 95,628,359 bytes, as projects that pin it state it.
pub const OFFICIAL_SHA256: &str =
    "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2";

/// Named tensors of a file.
pub struct Weights {
    path: PathBuf,
    sha256: String,
    tensors: HashMap<String, Tensor>,
}

impl Weights {
    /// Read PyTorch's file (either format) or a safetensors file, refusing it where its hash is not `sha256`.
    ///
    /// # Errors
    /// [`InceptionError::Read`], [`InceptionError::Hash`], or why it is not such a file.
    pub fn read(path: &Path, sha256: Option<&str>) -> Result<Weights, InceptionError> {
        let bytes = std::fs::read(path).map_err(|source| InceptionError::Read {
            path: path.to_path_buf(),
            source,
        })?;
        let digest = Sha256::digest(&bytes);
        let found: String = digest.iter().map(|b| format!("{b:02x}")).collect();
        if let Some(expected) = sha256
            && !expected.eq_ignore_ascii_case(&found)
        {
            return Err(InceptionError::Hash {
                path: path.to_path_buf(),
                found,
                expected: expected.to_string(),
            });
        }
        let tensors = match path.extension().is_some_and(|e| e == "safetensors") {
            true => candle_core::safetensors::load_buffer(&bytes, &Device::Cpu).map_err(|e| {
                InceptionError::Safetensors {
                    path: path.to_path_buf(),
                    message: e.to_string(),
                }
            })?,
            false => state_dict::read(path, &bytes)?,
        };
        Ok(Weights {
            path: path.to_path_buf(),
            sha256: found,
            tensors,
        })
    }

    /// Tensors of any other origin; `path` names them in errors.
    pub fn from_tensors(path: &Path, tensors: HashMap<String, Tensor>) -> Weights {
        Weights {
            path: path.to_path_buf(),
            sha256: String::new(),
            tensors,
        }
    }

    /// Of the whole file; empty where there is none.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Whether they are the published ones.
    pub fn official(&self) -> bool {
        self.sha256 == OFFICIAL_SHA256
    }

    /// The values of a tensor, row by row.
    ///
    /// # Errors
    /// [`InceptionError::Missing`] and [`InceptionError::Shape`].
    pub fn take(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, InceptionError> {
        let tensor = self
            .tensors
            .get(name)
            .ok_or_else(|| InceptionError::Missing {
                path: self.path.clone(),
                name: name.to_string(),
                expected: shape.to_vec(),
            })?;
        if tensor.dims() != shape {
            return Err(InceptionError::Shape {
                path: self.path.clone(),
                name: name.to_string(),
                found: tensor.dims().to_vec(),
                expected: shape.to_vec(),
            });
        }
        Ok(tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?)
    }
}
