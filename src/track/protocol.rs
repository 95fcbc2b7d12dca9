//! The versions of training and of every protocol: which numbers may be compared, and averaged, with one another.
//!
//! Raise a number when a change of the program makes what it measures incomparable with what it measured before. Every
//! record carries the number that it was made with, and the report never averages over two. What is kept in a trial's
//! folder under an older number is measured again by the next sweep.

/// Training of the nets: the step, its optimizer, the losses, how batches and latents are drawn. 2: Adam's constants in
/// double precision.
pub const TRAINING: u32 = 2;

/// A linear SVM on features (`probes.json`, tables 1 and 2): `src/probe/protocol.rs`, and what makes its features.
pub const PROBE: u32 = 1;

/// k-nearest neighbours on features (`knn.json`, table 2): `src/probe/knn`.
pub const KNN: u32 = 1;

/// The supervised net and its random search (`supervised.json`, table 2): `src/train/supervised`.
pub const SUPERVISED: u32 = 1;

/// Nearest neighbours among generated images (`nearest.json`, table 3): `src/probe/nearest`.
pub const NEAREST: u32 = 1;

/// Samples and held-out images against their nearest training images (`memorisation.json`): `src/probe/memorisation.rs`.
pub const MEMORISATION: u32 = 1;

/// Samples against real images (`quality.json`): `src/probe/quality`.
pub const QUALITY: u32 = 1;

/// How far a filter's strongest images tell the class (`selectivity.json`): `src/probe/selectivity.rs`.
pub const SELECTIVITY: u32 = 1;

/// Figures 4 to 8 (`figures.json`): `src/explore`.
pub const FIGURE: u32 = 1;

/// How far losses swing about their trend, from a trial's metrics: `src/report/oscillation.rs`.
pub const OSCILLATION: u32 = 1;

/// The version of a record that carries none: it is older than these numbers.
pub fn unnumbered() -> u32 {
    1
}
