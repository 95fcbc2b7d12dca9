//! Tensors by name from the files that others write: PyTorch's zip archive of today (candle reads it), its older format
//! without one, in which Inception's weights are published, and safetensors.

mod legacy;
mod read;

pub use read::{StateDictError, read};
