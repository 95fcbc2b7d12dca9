//! The regression check: an experiment's metrics against a committed baseline, within stated tolerances.
//!
//! [`baseline`] is the file `results/baselines/<experiment>.yaml`; [`compare`] and [`accept`] use it.

pub mod baseline;
mod compare;
mod means;

pub use baseline::{Baseline, Direction, Expected};
pub use compare::{CheckVerdict, Comparison, Difference, accept, compare};
