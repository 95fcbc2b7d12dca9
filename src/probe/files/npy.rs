//! NumPy's arrays of any width of number.

use std::io::Read;
use std::path::Path;

use half::f16;
use ndarray::ArrayD;
use ndarray_npy::{ReadDataError, ReadNpyError, ReadNpyExt, ReadableElement};
use py_literal::Value;

use super::FileError;

/// Values converted at a time.
const CHUNK: usize = 1 << 15;
pub(super) fn array<T: ReadableElement>(
    path: &Path,
    expected: &'static str,
) -> Result<ArrayD<T>, FileError> {
    let failed = |message: String| FileError::Read {
        path: path.to_path_buf(),
        message,
    };
    let file = std::fs::File::open(path).map_err(|e| failed(e.to_string()))?;
    ArrayD::<T>::read_npy(std::io::BufReader::new(file)).map_err(|e| match e {
        ReadNpyError::WrongDescriptor(found) => FileError::Type {
            path: path.to_path_buf(),
            found: found.to_string(),
            expected,
        },
        e => failed(e.to_string()),
    })
}

/// A floating-point value of any width.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number(pub(super) f32);

impl ReadableElement for Number {
    fn read_to_end_exact_vec<R: Read>(
        file: R,
        found: &Value,
        len: usize,
    ) -> Result<Vec<Self>, ReadDataError> {
        match kind(found) {
            Some("<f2") => values(file, len, |b| Number(f16::from_le_bytes(b).to_f32())),
            Some("<f4") => values(file, len, |b| Number(f32::from_le_bytes(b))),
            Some("<f8") => values(file, len, |b| Number(f64::from_le_bytes(b) as f32)),
            _ => Err(ReadDataError::WrongDescriptor(found.clone())),
        }
    }
}

/// A whole number of any width.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whole(pub(super) i64);

impl ReadableElement for Whole {
    fn read_to_end_exact_vec<R: Read>(
        file: R,
        found: &Value,
        len: usize,
    ) -> Result<Vec<Self>, ReadDataError> {
        match kind(found) {
            Some("|i1") => values(file, len, |b| Whole(i8::from_le_bytes(b).into())),
            Some("|u1") => values(file, len, |b| Whole(u8::from_le_bytes(b).into())),
            Some("<i2") => values(file, len, |b| Whole(i16::from_le_bytes(b).into())),
            Some("<u2") => values(file, len, |b| Whole(u16::from_le_bytes(b).into())),
            Some("<i4") => values(file, len, |b| Whole(i32::from_le_bytes(b).into())),
            Some("<u4") => values(file, len, |b| Whole(u32::from_le_bytes(b).into())),
            Some("<i8") => values(file, len, |b| Whole(i64::from_le_bytes(b))),
            _ => Err(ReadDataError::WrongDescriptor(found.clone())),
        }
    }
}

fn kind(descriptor: &Value) -> Option<&str> {
    match descriptor {
        Value::String(name) => Some(name),
        _ => None,
    }
}

fn values<T, R: Read, const N: usize>(
    mut file: R,
    len: usize,
    value: fn([u8; N]) -> T,
) -> Result<Vec<T>, ReadDataError> {
    // A header may lie about the length: memory grows with what is really there.
    let mut out = Vec::new();
    let mut bytes = vec![0; CHUNK * N];
    while out.len() < len {
        let bytes = &mut bytes[..N * CHUNK.min(len - out.len())];
        file.read_exact(bytes).map_err(|e| match e.kind() {
            std::io::ErrorKind::UnexpectedEof => ReadDataError::MissingData,
            _ => e.into(),
        })?;
        out.extend(bytes.as_chunks::<N>().0.iter().map(|b| value(*b)));
    }
    match file.read(&mut bytes)? {
        0 => Ok(out),
        more => Err(ReadDataError::ExtraBytes(more)),
    }
}
