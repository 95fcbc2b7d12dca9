//! Table 3: nearest neighbours among generated images, beside real ones.

mod real;
mod rows;
mod tables;

pub use rows::{Cell, Kind, Row, rows};
pub use tables::{hundredths, sentences, tables};
