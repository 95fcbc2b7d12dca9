//! Tensors by name from the files that others write: PyTorch's zip archive of today, its older format without one, and
//! safetensors.
//!
//! A file is first described (`container` tells the formats apart; `pickle` reads a pickle without executing anything, and `rebuild` tells
//! what its values stand for), then one net is chosen in it (`choose`), and only that net's numbers are read (`stored`). What is
//! held in memory is bounded by the file's own size or by a stated limit, and nothing recurses deeper than a stated limit.

mod choose;
mod container;
mod contents;
mod element;
mod error;
mod flat;
mod legacy;
mod pickle;
mod python;
mod read;
mod rebuild;
mod storage;
mod stored;
mod zipped;

pub use choose::Wanted;
pub use error::{StateDictError, Trouble};
pub use read::{StateDict, read};

#[cfg(test)]
mod tests;
