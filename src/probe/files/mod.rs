//! Features of any frozen network from NumPy's array files, with their labels, ready for [`super::probe`].

mod error;
mod open;
#[cfg(test)]
mod tests;

pub use error::FileError;
pub use open::{Rows, Sets, open};
