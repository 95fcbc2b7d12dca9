//! Turns an experiment's folder into tables, charts and one page, beside the paper's numbers.
//!
//! [`write()`] does it all: [`collect`] reads the trials, [`groups`] puts those together that differ by their seed alone,
//! [`tables`] lines their numbers up with the paper's rows ([`published`]), [`export`] writes the tables as files,
//! [`chart`] draws, [`findings`] says what the numbers show, [`page`] puts everything on one self-contained page.
//! [`claims`] decides the paper's statements, [`paper`] makes the page of a whole folder of results, and [`check`] holds
//! the metrics to a committed baseline. Numbers of two versions of the program are kept apart: [`versions`].

pub mod chart;
pub mod check;
pub mod claims;
pub mod collect;
mod describe;
mod error;
pub mod export;
pub mod findings;
mod gain;
pub mod groups;
pub mod oscillation;
pub mod page;
pub mod paper;
pub mod published;
pub mod tables;
pub mod versions;
pub mod words;
mod write;

pub use error::ReportError;
pub use write::{Written, write};
