//! The page `report.html`: one file that needs nothing else and no network.
//!
//! [`sections::SECTIONS`] is its table of contents: adding a section is a file and a line there.

mod architecture;
mod charts;
pub(super) mod claims;
mod downloads;
pub(super) mod embed;
mod figures;
mod layout;
pub mod material;
mod memorisation;
mod provenance;
mod rerun;
mod scale;
pub mod sections;
mod sheets;
mod summary;
pub(super) mod tables;
mod trials;

pub use layout::{page, shell};
pub use material::Material;
