//! From numbers as a file stores them to the type that is wanted.

use std::io::Read;

use half::f16;
use ndarray_npy::ReadDataError;
use py_literal::Value as Python;

/// Values converted at a time.
const CHUNK: usize = 1 << 15;

/// What a file's numbers become.
pub trait Value: Copy {
    /// The types that are taken, in words for an error.
    const EXPECTED: &'static str;

    /// Whether numbers stored so are taken.
    fn takes(stored: Stored) -> bool;
    /// From a stored whole number or truth value.
    fn whole(value: i128) -> Self;
    /// From a stored floating-point number of any width.
    fn real(value: f64) -> Self;
    /// From a stored half-precision number.
    fn half(value: f16) -> Self {
        Self::real(value.to_f64())
    }
    /// From a stored single-precision number.
    fn single(value: f32) -> Self {
        Self::real(f64::from(value))
    }
}

/// Features and weights: any number, rounded to single precision.
impl Value for f32 {
    const EXPECTED: &'static str = "numbers (float16, float32, float64, whole or bool)";

    fn takes(_: Stored) -> bool {
        true
    }
    fn whole(value: i128) -> f32 {
        value as f32
    }
    fn real(value: f64) -> f32 {
        value as f32
    }
    fn single(value: f32) -> f32 {
        value
    }
}

/// Features as this program keeps them; nothing else is one of its own files.
impl Value for f16 {
    const EXPECTED: &'static str = "half-precision numbers (float16)";

    fn takes(stored: Stored) -> bool {
        stored.kind == Kind::F16
    }
    fn whole(value: i128) -> f16 {
        f16::from_f32(value as f32)
    }
    fn real(value: f64) -> f16 {
        f16::from_f64(value)
    }
    fn half(value: f16) -> f16 {
        value
    }
}

/// A number of any width, none of its digits lost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    Whole(i128),
    Real(f64),
}

impl Value for Number {
    const EXPECTED: &'static str =
        "whole numbers (bool, int8 to int64, uint8 to uint64, or floating point without fractions)";

    fn takes(_: Stored) -> bool {
        true
    }
    fn whole(value: i128) -> Number {
        Number::Whole(value)
    }
    fn real(value: f64) -> Number {
        Number::Real(value)
    }
}

/// How a number lies in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    kind: Kind,
    big_endian: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    F16,
    F32,
    F64,
}

impl Stored {
    /// What NumPy calls `descriptor`; `None` for what is no number of these.
    pub(super) fn of(descriptor: &Python) -> Option<Stored> {
        let Python::String(name) = descriptor else {
            return None;
        };
        let (big_endian, name) = match name.strip_prefix('>') {
            Some(name) => (true, name),
            None => (false, name.strip_prefix(['<', '=', '|']).unwrap_or(name)),
        };
        let kind = match name {
            "b1" | "?" => Kind::Bool,
            "i1" => Kind::I8,
            "u1" => Kind::U8,
            "i2" => Kind::I16,
            "u2" => Kind::U16,
            "i4" => Kind::I32,
            "u4" => Kind::U32,
            "i8" => Kind::I64,
            "u8" => Kind::U64,
            "f2" => Kind::F16,
            "f4" => Kind::F32,
            "f8" => Kind::F64,
            _ => return None,
        };
        Some(Stored { kind, big_endian })
    }

    /// Bytes of a value.
    pub(super) fn bytes(self) -> usize {
        match self.kind {
            Kind::Bool | Kind::I8 | Kind::U8 => 1,
            Kind::I16 | Kind::U16 | Kind::F16 => 2,
            Kind::I32 | Kind::U32 | Kind::F32 => 4,
            Kind::I64 | Kind::U64 | Kind::F64 => 8,
        }
    }
}

/// Hand the `len` values of `file` to `put`, in their order.
pub(super) fn decode<T: Value>(
    file: impl Read,
    stored: Stored,
    len: usize,
    put: impl FnMut(T),
) -> Result<(), ReadDataError> {
    macro_rules! each {
        ($type:ty, $value:expr) => {
            match stored.big_endian {
                true => chunks(file, len, |b| $value(<$type>::from_be_bytes(b)), put),
                false => chunks(file, len, |b| $value(<$type>::from_le_bytes(b)), put),
            }
        };
    }
    match stored.kind {
        Kind::Bool => chunks(file, len, |[b]: [u8; 1]| T::whole((b != 0).into()), put),
        Kind::I8 => each!(i8, |v: i8| T::whole(v.into())),
        Kind::U8 => each!(u8, |v: u8| T::whole(v.into())),
        Kind::I16 => each!(i16, |v: i16| T::whole(v.into())),
        Kind::U16 => each!(u16, |v: u16| T::whole(v.into())),
        Kind::I32 => each!(i32, |v: i32| T::whole(v.into())),
        Kind::U32 => each!(u32, |v: u32| T::whole(v.into())),
        Kind::I64 => each!(i64, |v: i64| T::whole(v.into())),
        Kind::U64 => each!(u64, |v: u64| T::whole(v.into())),
        Kind::F16 => each!(f16, T::half),
        Kind::F32 => each!(f32, T::single),
        Kind::F64 => each!(f64, T::real),
    }
}

fn chunks<T, const N: usize>(
    mut file: impl Read,
    len: usize,
    value: impl Fn([u8; N]) -> T,
    mut put: impl FnMut(T),
) -> Result<(), ReadDataError> {
    let mut bytes = vec![0; N * CHUNK.min(len)];
    let mut left = len;
    while left > 0 {
        let count = CHUNK.min(left);
        let bytes = &mut bytes[..N * count];
        file.read_exact(bytes).map_err(|e| match e.kind() {
            std::io::ErrorKind::UnexpectedEof => ReadDataError::MissingData,
            _ => e.into(),
        })?;
        bytes.as_chunks::<N>().0.iter().for_each(|b| put(value(*b)));
        left -= count;
    }
    Ok(())
}
