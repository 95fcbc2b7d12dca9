//! Checkpoints in the layout of PyTorch's DCGAN example (pytorch/examples, `dcgan/main.py`): read as frozen nets, and written
//! from ours.
//!
//! There each net is one `nn.Sequential` called `main`, so that a tensor's name says its place: D's convolutions are
//! `main.0`, `main.2`, `main.5`, ... with batch norm at `main.3`, `main.6`, ..., G's are `main.0`, `main.3`, ... with batch
//! norm at `main.1`, `main.4`, .... Kernels are 4x4 with padding 1. The first layer of G and the last of D are written
//! as convolutions of a single cell, which is our projection and our dense logit. Both differ from ours in two points that
//! change no value: batch norm adds 1e-5 to the variance where ours adds 1e-8, so stored variances are shifted by
//! the difference; and G's first batch norm has one gain a channel where ours has one a unit.

mod about;
mod dict;
mod error;
mod layout;
mod load;
mod module;
mod take;
mod write;

pub use about::Statistics;
pub use error::TorchError;
pub use load::{Torch, load};
pub use write::{Exported, export};
