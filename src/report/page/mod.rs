//! The page `report.html`: one file that needs nothing else and no network.
//!
//! [`layout::SECTIONS`] is its table of contents: adding a section is a function and a line there.

pub(super) mod embed;
pub mod layout;
pub mod material;
mod pictures;
mod provenance;
pub(super) mod results;
mod sheets;
mod trials;

pub use layout::{page, shell};
pub use material::Material;
