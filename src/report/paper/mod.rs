//! The whole paper on one page: every part in its order, ours beside it, with scale, seeds and verdicts; what has not
//! been run is named with the command that would.
//!
//! `published.yaml` holds the [`outline`]; `show` finds what the experiments have for each part; `layout` makes the
//! page of it.

mod item;
mod layout;
pub mod outline;
mod pictures;
mod show;
mod write;

pub use write::write;
