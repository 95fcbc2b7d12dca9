//! Convolutions with fewer multiplications: Winograd's minimal filtering of 4x4 outputs.
//!
//! A convolution of stride s is a sum over s * s phases: each phase of the large grid, taken by itself, is filtered at
//! stride 1 by its own taps (a 5x5 kernel at stride 2 by 3x3, 3x2, 2x3 and 2x2). Filtering 4 outputs with r taps takes
//! r + 3 products in place of 4 r (Winograd, "Arithmetic Complexity of Computations", 1980; for convolutions Lavin and
//! Gray, CVPR 2016): both signals are evaluated at r + 2 points and at infinity, and the products interpolated. The
//! phases share their points, so their products are summed *before* the interpolation, and one transform back serves
//! all of them. For the 5x5 kernel at stride 2 that makes 121 products for 16 outputs, where the direct sum takes 400.
//!
//! For a tile of 4x4 outputs and one [slot](plan::Plan) (a pair of points), the products over the channels are
//! a matrix product; the three directions of a convolution are three products of the same matrices:
//!
//! | direction | product for each slot |
//! |---|---|
//! | large to small | `[tiles, taps' large c] x [taps' large c, small c]` |
//! | small to large | the adjoint, `[tiles, small c] x [small c, taps' large c]` |
//! | weights' gradient | `[taps' large c, tiles] x [tiles, small c]` |
//!
//! The points are 0, 1, -1, 2, -2 and infinity. In single precision the result is some 5 times less exact than the
//! direct sum's, at about 1e-6 of the largest value.

mod matrices;
mod passes;
mod plan;
mod tiles;
mod weights;

pub use passes::{down, gradient, up};
pub use plan::Plan;
