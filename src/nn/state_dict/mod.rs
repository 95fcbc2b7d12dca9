//! Tensors from PyTorch's files: the zip archive of today (candle reads it), and the older format without one, in which
//! Inception's weights are published.

mod legacy;
mod read;

pub use read::{StateDictError, read};
