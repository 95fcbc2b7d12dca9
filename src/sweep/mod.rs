//! Running experiments: every trial of a sweep, stage by stage, skipping what is done.
//!
//! A trial's folder is named by [`trial_id`], a hash of what determines its nets; its probes are kept by what
//! determines them. The same sweep again therefore resumes, skips, or runs only what is new.

mod error;
mod id;
mod knn;
mod nearest;
mod nets;
mod probes;
mod run;
mod selectivity;
mod stages;
mod supervised;
mod trial;
mod watch;

pub use error::SweepError;
pub use id::trial_id;
pub use run::{Report, run};
pub use trial::{Context, Ended};
