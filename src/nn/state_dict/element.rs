//! What a file's numbers are, and how they become single precision.

use half::{bf16, f16};
use safetensors::Dtype;

/// A type of numbers by its width and kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    F64,
    F32,
    F16,
    Bf16,
    I64,
    I32,
    I16,
    I8,
    U64,
    U32,
    U16,
    U8,
    Bool,
    /// Of so many bytes, and nothing that a net's weights are made of.
    Other(u64),
}

use Element::{Bf16, Bool, F16, F32, F64, I8, I16, I32, I64, Other, U8, U16, U32, U64};

/// PyTorch's names of storages and of types.
const NAMES: [(&str, &str, Element); 17] = [
    ("DoubleStorage", "float64", F64),
    ("FloatStorage", "float32", F32),
    ("HalfStorage", "float16", F16),
    ("BFloat16Storage", "bfloat16", Bf16),
    ("LongStorage", "int64", I64),
    ("IntStorage", "int32", I32),
    ("ShortStorage", "int16", I16),
    ("CharStorage", "int8", I8),
    ("ByteStorage", "uint8", U8),
    ("BoolStorage", "bool", Bool),
    // Bytes whose type each tensor says for itself.
    ("UntypedStorage", "", U8),
    ("", "uint16", U16),
    ("", "uint32", U32),
    ("", "uint64", U64),
    ("ComplexFloatStorage", "complex64", Other(8)),
    ("ComplexDoubleStorage", "complex128", Other(16)),
    ("QInt32Storage", "qint32", Other(4)),
];
/// Quantised ones of a byte, and floats of eight bits.
const BYTES: [&str; 5] = [
    "QInt8Storage",
    "QUInt8Storage",
    "QUInt4x2Storage",
    "QUInt2x4Storage",
    "Float8_e4m3fnStorage",
];

impl Element {
    /// Of a storage class by its full name, such as `torch.FloatStorage`.
    pub fn of_storage(class: &str) -> Option<Element> {
        let name = class.rsplit('.').next().unwrap_or(class);
        let known = NAMES.iter().find(|(storage, ..)| *storage == name);
        match known {
            Some((.., element)) => Some(*element),
            None => BYTES.contains(&name).then_some(Other(1)),
        }
    }

    /// Of a type by its full name, such as `torch.float32`.
    pub fn of_type(name: &str) -> Option<Element> {
        let name = name.strip_prefix("torch.")?;
        let known = NAMES.iter().find(|(_, own, _)| *own == name);
        known.map(|(.., element)| *element)
    }

    /// Of a safetensors file; `None` where no whole bytes make one.
    pub fn of_safetensors(dtype: Dtype) -> Option<Element> {
        Some(match dtype {
            Dtype::F64 => F64,
            Dtype::F32 => F32,
            Dtype::F16 => F16,
            Dtype::BF16 => Bf16,
            Dtype::I64 => I64,
            Dtype::I32 => I32,
            Dtype::I16 => I16,
            Dtype::I8 => I8,
            Dtype::U64 => U64,
            Dtype::U32 => U32,
            Dtype::U16 => U16,
            Dtype::U8 => U8,
            Dtype::BOOL => Bool,
            other if other.bitsize().is_multiple_of(8) => Other(other.bitsize() as u64 / 8),
            _ => return None,
        })
    }

    /// Bytes of one number.
    pub fn width(self) -> u64 {
        match self {
            F64 | I64 | U64 => 8,
            F32 | I32 | U32 => 4,
            F16 | Bf16 | I16 | U16 => 2,
            I8 | U8 | Bool => 1,
            Other(width) => width,
        }
    }

    /// One number of that width, little-endian; `None` for a type that weights are not made of.
    pub fn number(self, bytes: &[u8]) -> Option<f32> {
        macro_rules! number {
            ($kind:ty) => {
                <$kind>::from_le_bytes(bytes.try_into().ok()?)
            };
        }
        Some(match self {
            F64 => number!(f64) as f32,
            F32 => number!(f32),
            F16 => number!(f16).to_f32(),
            Bf16 => number!(bf16).to_f32(),
            I64 => number!(i64) as f32,
            I32 => number!(i32) as f32,
            I16 => number!(i16).into(),
            I8 => number!(i8).into(),
            U64 => number!(u64) as f32,
            U32 => number!(u32) as f32,
            U16 => number!(u16).into(),
            U8 => number!(u8).into(),
            Bool => f32::from(u8::from(*bytes.first()? != 0)),
            Other(_) => return None,
        })
    }
}
