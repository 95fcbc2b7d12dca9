//! Kernels over plain `f32` slices, channels last; nothing here knows of tensors or tapes.
//!
//! A strided convolution and its transpose are one linear map read in two directions. [`Geometry`] describes
//! the map between a *large* grid (the image side) and a *small* grid (the feature side);
//! [`conv::down`] computes small from large, [`conv::up`] large from small, [`weights::gradient`] the weights'
//! gradient from both. A convolution layer is (`down`, backward `up`), a fractionally-strided layer
//! (`up`, backward `down`), with the same weights `[small channels, large channels, kh, kw]`.
//!
//! Work is cut into tasks by shape alone, never by the number of threads, and every sum is taken in a fixed order,
//! so results have the same bits on one thread and on many.

pub mod activation;
pub mod adam;
pub mod conv;
pub mod dense;
mod geometry;
pub(crate) mod micro;
mod minimal;
pub mod norm;
mod padded;
pub mod pool;
pub(crate) mod simd;
pub(super) mod spare;
pub mod transpose;
pub mod unpool;
pub mod weights;

pub use geometry::Geometry;
pub use minimal::bf16_products;
