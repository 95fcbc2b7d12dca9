//! The paper's checkable statements, each held to what was measured.
//!
//! `published.yaml` states a [`Claim`] and names its test; a test is a function of the [`Evidence`] (every trial that
//! may decide it) to [`Outcome`]s, one for each experiment and scale that decides: held, or did not hold, with the
//! numbers, seeds and scale behind it. [`decide`] asks them all; a claim without an outcome has not been run.
//!
//! "Did not hold" means that the difference is not beyond its 95% interval, or is the other way; the sentence says which.

mod adam;
mod all;
mod claim;
mod collapse;
mod contrast;
mod decide;
mod evidence;
mod features;
mod memorisation;
mod nearest;
mod outcome;
mod rules;
mod selectivity;
mod table;
mod text;

pub use claim::{Claim, Origin, claims};
pub use decide::{Decided, count, decide};
pub use evidence::{Evidence, scale};
pub use outcome::{ClaimVerdict, Number, Outcome};
pub use table::table;
pub use text::{lines, text};
