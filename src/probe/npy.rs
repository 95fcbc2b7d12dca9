//! Features in half precision as NumPy's array files.
//!
//! `ndarray-npy` writes the format but does not know the type: [`Half`] tells it.

use std::io::{Read, Result, Write};

use half::f16;
use ndarray::{Array2, Ix2};
use ndarray_npy::{WritableElement, WriteDataError, WriteNpyExt};
use py_literal::Value;

use crate::data::npy;

/// Little-endian `float16`, as NumPy's headers name it.
const TYPE: &str = "<f2";
/// Values converted at a time.
const CHUNK: usize = 1 << 15;

/// A value of an array file.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(transparent)]
struct Half(f16);

impl WritableElement for Half {
    fn type_descriptor() -> Value {
        Value::String(TYPE.into())
    }

    fn write<W: Write>(&self, mut out: W) -> std::result::Result<(), WriteDataError> {
        Ok(out.write_all(&self.0.to_le_bytes())?)
    }

    fn write_slice<W: Write>(
        values: &[Self],
        mut out: W,
    ) -> std::result::Result<(), WriteDataError> {
        let mut bytes = Vec::with_capacity(2 * CHUNK);
        for values in values.chunks(CHUNK) {
            bytes.clear();
            bytes.extend(values.iter().flat_map(|v| v.0.to_le_bytes()));
            out.write_all(&bytes)?;
        }
        Ok(())
    }
}

/// Write `features`, `[rows, columns]`, and give them back.
pub fn write(features: Array2<f16>, out: impl Write) -> Result<Array2<f16>> {
    let halves = retyped(features, Half);
    halves.write_npy(out).map_err(std::io::Error::other)?;
    Ok(retyped(halves, |v| v.0))
}

/// Read what [`write`] wrote from a stream of `len` bytes; `None` for anything else.
pub fn read(file: impl Read, len: u64) -> Option<Array2<f16>> {
    let array = npy::read_from(file, len).ok()?;
    array.into_dimensionality::<Ix2>().ok()
}

/// An array in row order with another type of the same size, in the same memory: features may fill half of the machine's.
fn retyped<A, B: Clone>(x: Array2<A>, to: impl Fn(A) -> B) -> Array2<B> {
    let shape = x.raw_dim();
    // The standard library collects into the memory that it iterates over where sizes agree.
    let values = x.into_raw_vec_and_offset().0.into_iter().map(to).collect();
    Array2::from_shape_vec(shape, values).expect("as many values as before")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_survives_the_way_there_and_back() {
        let values = (0..CHUNK + 5).map(|i| f16::from_f32(i as f32 / 64.0 - 9.0));
        let features = Array2::from_shape_vec((1, CHUNK + 5), values.collect()).unwrap();
        let mut file = Vec::new();
        assert_eq!(write(features.clone(), &mut file).unwrap(), features);
        assert!(file.starts_with(b"\x93NUMPY") && file.windows(5).any(|w| w == b"'<f2'"));
        let read = |bytes: &[u8]| read(bytes, bytes.len() as u64);
        assert_eq!(read(&file).unwrap(), features);
        assert!(read(&file[..file.len() - 1]).is_none());
        file.push(0);
        assert!(read(&file).is_none());
        let mut single = Vec::new();
        Array2::<f32>::zeros((2, 2)).write_npy(&mut single).unwrap();
        assert!(read(&single).is_none());
    }
}
