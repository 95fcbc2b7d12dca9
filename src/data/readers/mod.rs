//! Readers of image files: a trait, and a file for each format.

mod cifar;
mod reader;

pub use reader::{Contents, ReadError, Reader};
