//! The differentiable operations of a DCGAN, as candle tensors.
//!
//! The functions here take and return candle's `(N, C, H, W)` and work on every device and float type. Where the tensor is `f32`
//! on the CPU they run our kernels ([`crate::nn::cpu`]) through candle's custom ops; elsewhere they are plain candle
//! operations. Both carry gradients through candle's autograd, and an operation computes no gradient for an
//! argument that is neither a variable nor derived from one.
//!
//! [`native`] holds the same operations on feature maps in the device's own memory order, channels last for our
//! kernels: a network converts its images once, and nothing is copied or permuted in between, neither forward
//! nor in candle's backward pass (which would materialise each permuted gradient).

mod activation;
mod adam;
mod conv;
mod loss;
pub mod native;
mod norm;
mod plain;
mod pool;
mod public;
mod storage;
mod unpool;

pub use adam::adam_update;
pub(crate) use adam::adam_update_from;
pub use conv::{Conv2d, ConvTranspose2d};
pub use loss::bce_with_logits;
pub use norm::{Activation, BatchMoments, Normalisation};
pub use public::{
    batch_norm_act, conv_transpose2d, conv2d, leaky_relu, max_pool_to_grid, sigmoid, tanh, unpool,
};
pub(crate) use storage::read;
