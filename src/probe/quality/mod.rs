//! How near one set of images is to another: Fréchet distance (FID), kernel distance (KID), Inception score, precision and
//! recall, density and coverage, in any feature space ([`Space`]).
//!
//! The numbers are those of torch-fidelity 0.4 and prdc 0.2 on the same features (`tests/quality.rs`). They depend on
//! the space, on the number of images and on what they are compared with, so a record names all three
//! ([`crate::track::quality`]) and only numbers alike in all three may be compared.

mod error;
mod frechet;
mod kernel;
mod measure;
mod neighbours;
mod product;
mod score;
mod space;

pub use error::QualityError;
pub use frechet::frechet;
pub use kernel::{Kernel, kernel, mmd};
pub use measure::{FEWEST, Settings, measure};
pub use neighbours::{Neighbours, neighbours};
pub use score::{inception_score, spread};
pub use space::{Extracted, Space};
