//! Running experiments: every trial of a sweep, stage by stage, skipping what is done.
//!
//! A trial's folder is named by [`trial_id`], a hash of what determines its nets; its probes are kept by what
//! determines them. The same sweep again therefore resumes, skips, or runs only what is new.

mod error;
mod explore;
mod id;
mod kept;
mod knn;
mod memorisation;
mod nearest;
mod nets;
mod prints;
mod probes;
pub mod quality;
mod random_search;
mod run;
mod selectivity;
mod sheets;
mod spaces;
mod stages;
mod supervised;
mod trial;
mod watch;
mod work;

pub use error::SweepError;
pub use id::trial_id;
pub use run::{Report, planned, run};
pub use spaces::space;
pub use trial::{Context, Ended};
