//! What the nets have learnt, measured: the L2-SVM and the protocols of tables 1 and 2, and table 3's nearest neighbours.
//!
//! [`svm`] is the classifier, which knows nothing of images; [`probe`] runs a table's protocol on two sets of features:
//! it chooses C on validation rows of the training set, draws, fits and tests. [`nearest`] is a classifier of its own.

pub mod closest;
mod draws;
mod error;
mod feature_error;
pub mod features;
pub mod files;
mod held_out;
pub mod kmeans;
mod knn;
pub mod memorisation;
pub mod nearest;
mod npy;
mod protocol;
pub mod quality;
mod run;
mod scale;
mod selection;
pub mod selectivity;
pub mod svm;

pub use draws::{Split, balanced, by_class, hold_out};
pub use error::{Class, ProbeError, SvmError};
pub use feature_error::FeatureError;
pub use held_out::HeldOut;
pub use knn::{KnnOutcome, check_neighbours, knn};
pub use protocol::{Labelled, ProbeOutcome, ProbeSettings, check_rows, probe};
pub use selection::Choice;
