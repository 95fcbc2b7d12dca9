//! The pieces of work that the benches time, described once: `speed` times them alone, `peers` beside PyTorch and scikit-learn.
//!
//! A [`Work`] is one iteration of something the project does, behind its public interface; the [`Catalogue`] makes one by name.
//! The names are those that `benches/peers/*.py` know.

mod adam;
mod catalogue;
mod features;
mod inception;
mod kernels;
mod nearest;
mod ops;
mod piece;
mod pixels;
mod sample;
mod step;
mod svm;

pub use catalogue::{Catalogue, ENTRIES};
pub use piece::{Unit, Work};
