//! The filter monitor: are filters collapsing to a single oscillating mode?
//!
//! The paper's conclusion reports that "a subset of filters" does so after long training, and defines nothing. Here a
//! filter has collapsed when its answer to a fixed batch, of z for G and of real images for D, has one of these marks:
//!
//! - `silent`: it hardly varies at all beside the other filters of its layer;
//! - `fixed`: every sample gets the same map. The measure is the share of the variance that is between samples at one
//!   position; the rest lies in the mean map. (The variance of the maps' means would not do: a filter that draws fine
//!   structure in other places for each z has the same mean for every z.)
//! - `mode`: nearly all energy of its maps, their means taken away, is in one fine spatial frequency, of a wave of
//!   fewer than four cells, such as a checkerboard. Coarse frequencies do not count: a healthy filter's map may be one light and
//!   one dark half;
//! - `swinging`: its mean goes up and down in turn at every look, by as much as it varies.
//!
//! It counts once it has looked so [`LASTING`] times in a row. Training with `train.stop_on: filter_collapse` ends when
//! a subset of a layer's filters counts: an eighth, and two at least.
//!
//! A look draws from streams of its own and normalises by its own batch as training does, so training goes on to the
//! same bits with and without it. What the monitor remembers is what it wrote: a resumed run reads it back.

mod collapse;
mod spectrum;
mod statistics;
mod watch;

pub use collapse::LASTING;
pub use watch::{Monitor, SAMPLES, reason};
