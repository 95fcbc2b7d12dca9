//! The run store: what a run is called, what it did, what it measured, and where its files lie.
//!
//! Everything below a run folder is written to a temporary name and renamed ([`atomic`]) by one process at a time
//! ([`lock`]), through the one layer that changes files ([`disk`]); the shapes of
//! the records are versioned in [`mod@format`], measurements over time kept by [`history`], results named by [`metrics`].

pub mod atomic;
pub mod disk;
pub mod figures;
pub mod filters;
pub mod fonts;
pub mod format;
pub mod hash;
pub mod history;
pub mod knn;
pub mod lock;
pub mod memorisation;
pub mod metrics;
pub mod nearest;
pub mod progress;
pub mod protocol;
pub mod provenance;
pub mod quality;
pub mod run;
pub mod selectivity;
pub mod sheet;
mod streams;
pub mod supervised;
pub mod writable;

pub use streams::Streams;
