//! The supervised net of table 2: D's architecture under a softmax, trained on the labelled images alone, its settings found
//! by random search.
//!
//! The paper says of its own search that it ran 64 trials (section 5.2) and not over what; [`Settings::draw`] documents ours.
//! A trial is a function of the seed and its number: it is the same whatever the number of trials, and whether the search was
//! interrupted before it or not.

mod settings;
mod trial;

pub use settings::Settings;
pub use trial::{Found, Labelled, Task, accuracy, train};
