//! What the networks are made of, as data: presets, layers, shapes, parameters and multiply-adds.
//!
//! Figure 1 and the released weights agree on the rules: strided convolutions in D and fractionally-strided ones in
//! G, batch norm everywhere but at G's output and D's input, no hidden dense layer. G's projection is normalised per
//! unit, as the released gains of 4,096 and 8,192 values show. [`crate::spec::Rules`] can give up each of them, and
//! conditional nets see one-hot labels beside every layer's input.

mod architecture;
mod layer;
mod preset;
mod table;
#[cfg(test)]
mod tests;

pub use architecture::{Architecture, BASE};
pub use layer::{ConvLayer, DenseLayer, Map};
pub(super) use preset::SLOPE;
pub use table::Row;
