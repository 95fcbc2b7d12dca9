//! The networks: generator, discriminator, their layers, the differentiable operations and their kernels.
//!
//! [`plan`] says what a preset is made of, [`Generator`] and [`Discriminator`] are built from it, [`ops`] are
//! the operations that they run (differentiable through candle's autograd), [`cpu`] the kernels beneath. Parameters
//! have names in the PyTorch way: `g.0.weight`, `g.0.norm.weight`, `g.0.norm.bias`, `g.0.norm.running_mean`, ...;
//! convolutions are `(out, in, kh, kw)` in D and `(in, out, kh, kw)` in G.

mod activations;
mod classifier;
pub mod cpu;
mod dense;
mod discriminator;
mod error;
pub mod finite;
mod generator;
mod guided;
pub mod inception;
mod input;
mod maps;
mod norm;
mod npy;
pub mod ops;
mod params;
pub mod plan;
pub mod planned;
pub mod released;
pub mod schematic;
pub mod state_dict;
mod statistics;
pub mod torch;

pub use classifier::Classifier;
pub use discriminator::Discriminator;
pub use error::NnError;
pub use generator::Generator;
pub use guided::Unit;
pub use input::{Input, one_hot};
pub use norm::{EPSILON, Norm};
pub use ops::bce_with_logits;
pub use params::Params;
pub use plan::Architecture;
pub use statistics::{Normalised, infer_statistics};
