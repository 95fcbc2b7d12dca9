//! What an experiment is: YAML read with line and column, overridden, expanded and resolved.
//!
//! Text becomes a tree of [`tree::Node`]s that remember where they stand; overrides, profiles and sweep
//! parameters edit the tree; [`load::typed`] turns it into typed values and points at the place of any error.

mod error;
pub mod load;
mod model;
pub mod tree;

pub use error::SpecError;
pub use model::{Latent, LatentDistribution, Preset};
