//! What a trial does once its nets are trained: figures, probes, searches, comparisons, a file each.
//!
//! A stage implements [`Stage`]: it says which results a spec asks for, what each of them reads, and how one is found.
//! Keeping, skipping, timing and stopping are written once, in `stage.rs`; [`table`] lists the stages in their order.

mod explore;
mod knn;
mod memorisation;
mod nearest;
mod probes;
pub mod quality;
mod selectivity;
mod stage;
mod supervised;
mod supervised_search;
pub(super) mod table;

use stage::{Inputs, Stage};
