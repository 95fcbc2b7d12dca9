//! NumPy's array files, for features, labels and released weights alike.
//!
//! `ndarray-npy` reads the format. Around it stands what a file from anywhere needs: a header is looked at before it is
//! parsed ([`read()`]), memory is asked for only where the file has the bytes, and values of any width and byte order become
//! the type that is wanted ([`Value`]). Arrays in Fortran order come out in row order.

mod error;
mod read;
mod values;

pub use error::NpyError;
pub use read::{read, read_from};
pub use values::{Number, Value};
