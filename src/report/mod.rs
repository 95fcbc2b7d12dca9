//! Turns an experiment's folder into tables, charts and one page, beside the paper's numbers.
//!
//! [`write()`] does it all: [`collect`] reads the trials, [`accuracy`] lines their probes up with the paper's rows
//! ([`published`]), [`table1`] makes polars tables of them that [`export`] writes, [`chart`] draws, [`findings`] says
//! what the numbers show, [`page`] puts everything on one self-contained page. [`check`] holds the metrics to a
//! committed baseline.

pub mod accuracy;
pub mod chart;
pub mod check;
pub mod claims;
pub mod collect;
mod error;
pub mod export;
mod few_labels;
pub mod filters;
pub mod findings;
pub mod groups;
pub mod memorisation;
pub mod oscillation;
pub mod page;
pub mod paper;
pub mod published;
pub mod quality;
pub mod stability;
pub mod table;
pub mod table1;
mod table2;
pub mod table3;
pub mod words;
mod write;

pub use error::ReportError;
pub use write::{Written, write};
