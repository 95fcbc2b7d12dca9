//! Table 3: nearest neighbours among generated images, beside real ones.

mod real;
mod rows;
mod tables;

pub use rows::{Kind, NearestRow, rows};
pub use tables::{sentences, tables};
