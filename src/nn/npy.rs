//! Arrays of released weights, in single precision.

use std::path::Path;

use crate::data::npy;
pub use crate::data::npy::NpyError;

/// An array in row order.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    pub shape: Vec<usize>,
    pub data: Vec<f32>,
}

/// Read one array.
///
/// # Errors
/// [`NpyError`], which names what was found and expected but not the file.
pub fn read(path: &Path) -> Result<Array, NpyError> {
    let array = npy::read::<f32>(path)?;
    Ok(Array {
        shape: array.shape().to_vec(),
        data: array.into_raw_vec_and_offset().0,
    })
}
