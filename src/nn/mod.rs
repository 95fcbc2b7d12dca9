//! The networks: generator, discriminator, their layers, the differentiable operations and their kernels.

pub mod cpu;
pub mod ops;
