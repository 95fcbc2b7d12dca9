//! What the discriminator has learnt, measured: the L2-SVM and the protocols of tables 1 and 2.

mod error;
pub mod svm;

pub use error::{ProbeError, SvmError};
