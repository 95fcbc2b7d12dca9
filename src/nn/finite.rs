//! Weights that are no numbers are refused by name, wherever a net is read.

use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};

/// A tensor of a file holds NaN or infinity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{name}` in `{}` holds {found} {} NaN or infinite, of {count}: the training that made it diverged; choose an earlier checkpoint or another net",
    path.display(),
    if *found == 1 { "value that is" } else { "values that are" }
)]
pub struct NotFinite {
    /// The file.
    pub path: PathBuf,
    /// The tensor.
    pub name: String,
    /// Values that are not finite.
    pub found: usize,
    /// Values in all.
    pub count: usize,
}

/// Refuse values of the tensor `name` of the file `path` that are not finite.
///
/// # Errors
/// [`NotFinite`].
pub fn check_values(path: &Path, name: &str, values: &[f32]) -> Result<(), NotFinite> {
    match values.iter().filter(|v| !v.is_finite()).count() {
        0 => Ok(()),
        found => Err(NotFinite {
            path: path.to_path_buf(),
            name: name.to_string(),
            found,
            count: values.len(),
        }),
    }
}

/// The same for a tensor; whole numbers are always finite.
///
/// # Errors
/// [`NotFinite`], or candle's own.
pub fn check<E: From<NotFinite> + From<candle_core::Error>>(
    path: &Path,
    name: &str,
    tensor: &Tensor,
) -> Result<(), E> {
    if !tensor.dtype().is_float() {
        return Ok(());
    }
    let host = tensor.to_device(&Device::Cpu)?.flatten_all()?;
    let values: Vec<f32> = host.to_dtype(DType::F32)?.to_vec1()?;
    Ok(check_values(path, name, &values)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_finite_is_counted_and_named() {
        let check = |values: &[f32]| check_values(Path::new("d.pth"), "main.0.weight", values);
        assert_eq!(check(&[0.0, f32::MAX, f32::MIN_POSITIVE]), Ok(()));
        let e = check(&[f32::NAN, 1.0, f32::NEG_INFINITY]).unwrap_err();
        assert_eq!((e.found, e.count), (2, 3));
        let text = e.to_string();
        for part in ["`main.0.weight`", "`d.pth`", "2 values", "of 3", "diverged"] {
            assert!(text.contains(part), "{text}");
        }
    }
}
