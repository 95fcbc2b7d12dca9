//! Exact nearest neighbours among images that stream past: table 3's classifier, and table 2's KNN.
//!
//! [`Nearest`] holds the queries and the best neighbours so far; references come in any number of pieces and are not kept, so
//! that ten million generated images take no more memory than ten. [`curve`] runs such a stream to its end, notes the error on
//! the way, and goes on where it was stopped.
//!
//! # Exactness
//!
//! Images are bytes, as they are stored; generated ones are rounded to the nearest byte, as if written to a file first. Squared
//! Euclidean distances between bytes are integers and are computed as integers: no rounding, so the answer is the nearest
//! reference, and of equally near ones the earliest in the stream. It depends neither on how the stream is cut nor on the
//! number of threads.
//!
//! # How
//!
//! |q - r|^2 = |q|^2 + |r|^2 - 2 q.r, so the work is a matrix product of bytes with sums of 32 bits. Queries lie in panels of
//! `PANEL`, four columns of a query to a word, as the processor's dot products of bytes (VNNI) take them; groups of
//! four columns in which a whole panel is black are left out. References are read where they are.

mod curve;
mod error;
mod kernel;
mod panel;
mod search;
mod state;

pub use curve::{Block, Curve, Point, curve};
pub use error::NearestError;
pub use panel::Neighbour;
pub use search::{MAX_COLUMNS, Nearest};
