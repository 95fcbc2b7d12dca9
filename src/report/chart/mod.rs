//! Charts, drawn by plotters into SVG and PNG alike.
//!
//! [`all::charts`] names them: adding one is a file and a line there. [`canvas`] holds what they share: the two
//! backends, the font, the colours.

pub mod accuracy;
pub mod all;
pub mod canvas;
mod curves;
mod filters;
mod kinds;
mod nearest;
mod raster;
mod series;
