//! Running experiments: every trial of a sweep, stage by stage, skipping what is done.
//!
//! A trial's folder is named by [`trial_id`], a hash of what determines its nets; its probes are kept by what
//! determines them. The same sweep again therefore resumes, skips, or runs only what is new.

mod context;
mod error;
mod fingerprints;
mod id;
mod nets;
mod outcome;
mod preflight;
mod progress_label;
mod run;
mod sheets;
mod spaces;
mod stages;
mod trial;
mod trial_context;

pub use context::Context;
pub use error::SweepError;
pub use id::trial_id;
pub use outcome::{SweepSummary, TrialOutcome};
pub use run::{planned, run};
pub use spaces::space;
pub use stages::quality;
