//! k-nearest neighbours on the draws of table 2: its first row, and the same on D's features.
//!
//! [`search`] finds the neighbours of every query in every draw at once; [`protocol`] chooses k and tests. Distances are
//! Euclidean and the features as they come, not standardised.

mod protocol;
mod search;

pub use protocol::{KnnOutcome, check_neighbours, knn};
