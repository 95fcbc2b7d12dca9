//! Inception's weights from a file, checked against their card.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use candle_core::Tensor;

use super::{InceptionError, NetworkCard};
use crate::nn::finite;
use crate::nn::state_dict::{self, Wanted};
use crate::track::hash;

/// The network of the card.
const INCEPTION: Wanted = Wanted {
    what: "the FID Inception",
    first: "Conv2d_1a_3x3.conv.weight",
    has: "Mixed_7c.branch_pool.conv.weight",
    lacks: "",
    called: &["inception", "fid", "feature_extractor"],
};

/// Named tensors of a file.
pub struct Weights {
    path: PathBuf,
    card: NetworkCard,
    sha256: String,
    tensors: BTreeMap<String, Tensor>,
}

impl Weights {
    /// Read PyTorch's file (either format) or a safetensors file, refusing it where its hash is not `sha256`.
    ///
    /// # Errors
    /// [`InceptionError::Read`], [`InceptionError::Hash`], or why it is not such a file.
    pub fn read(path: &Path, sha256: Option<&str>) -> Result<Weights, InceptionError> {
        let card = NetworkCard::inception()?;
        let found = match hash::file(path) {
            Ok(found) => found,
            Err(source) => {
                return Err(InceptionError::Read {
                    path: path.to_path_buf(),
                    source,
                    card: Box::new(card),
                });
            }
        };
        if let Some(expected) = sha256
            && !expected.eq_ignore_ascii_case(&found)
        {
            return Err(InceptionError::Hash {
                path: path.to_path_buf(),
                found: found.into(),
                expected: expected.into(),
                published: card.file.sha256.into(),
            });
        }
        let read = state_dict::read(path, &INCEPTION).map_err(|source| InceptionError::Torch {
            source,
            published: card.file.name.as_str().into(),
        })?;
        Ok(Weights {
            path: path.to_path_buf(),
            card,
            sha256: found,
            tensors: read.tensors,
        })
    }

    /// Tensors of any other origin, in single precision; `path` names them in errors.
    ///
    /// # Errors
    /// None for the card inside the program.
    pub fn from_tensors(
        path: &Path,
        tensors: BTreeMap<String, Tensor>,
    ) -> Result<Weights, InceptionError> {
        Ok(Weights {
            path: path.to_path_buf(),
            card: NetworkCard::inception()?,
            sha256: String::new(),
            tensors,
        })
    }

    /// The published weights, with which these may be compared.
    pub fn card(&self) -> &NetworkCard {
        &self.card
    }

    /// Of the whole file; empty where there is none.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Whether they are the published ones.
    pub fn official(&self) -> bool {
        self.sha256 == self.card.file.sha256
    }

    /// The values of a tensor, row by row.
    ///
    /// # Errors
    /// [`InceptionError::Missing`], [`InceptionError::Shape`] and [`InceptionError::NotFinite`].
    pub fn take(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, InceptionError> {
        let tensor = self
            .tensors
            .get(name)
            .ok_or_else(|| InceptionError::Missing {
                path: self.path.clone(),
                name: name.into(),
                expected: shape.into(),
                published: self.card.file.name.as_str().into(),
            })?;
        if tensor.dims() != shape {
            return Err(InceptionError::Shape {
                path: self.path.clone(),
                name: name.into(),
                found: tensor.dims().into(),
                expected: shape.into(),
                published: self.card.file.name.as_str().into(),
            });
        }
        let values = tensor.flatten_all()?.to_vec1()?;
        finite::check_values(&self.path, name, &values)?;
        Ok(values)
    }
}
