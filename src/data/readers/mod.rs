//! Readers of image files: a trait, and a file for each format.

mod cifar;
mod idx;
mod mat;
mod reader;
mod svhn;

pub use reader::{Contents, ReadError, Reader};
