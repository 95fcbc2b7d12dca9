//! Which of our tensors lies where in `main`.

use crate::nn::EPSILON;

/// What PyTorch's batch norm adds to a variance unless told otherwise.
pub const THEIR_EPSILON: f64 = 1e-5;
/// Side of the map that z is projected to and that D's last convolution covers.
pub const SIDE: usize = 4;
/// Side of every kernel in PyTorch's example.
pub const KERNEL: usize = 4;
/// Parts of a batch norm under both names.
pub const NORM: [&str; 4] = ["weight", "bias", "running_mean", "running_var"];

/// Added to a stored variance of theirs, it gives the same deviation here.
pub fn variance_shift() -> f64 {
    THEIR_EPSILON - EPSILON
}

/// Place of D's convolution `i`; one past the last it is the logit's.
pub fn d_conv(i: usize) -> usize {
    (3 * i).saturating_sub(1)
}

/// Place of the batch norm after D's convolution `i`, which is not the first.
pub fn d_norm(i: usize) -> usize {
    3 * i
}

/// Place of G's convolution `i`; 0 is the projection.
pub fn g_conv(i: usize) -> usize {
    3 * i
}

/// Place of the batch norm after G's convolution `i`, which is not the last.
pub fn g_norm(i: usize) -> usize {
    3 * i + 1
}

/// A tensor of the layer at a place.
pub fn key(place: usize, part: &str) -> String {
    format!("main.{place}.{part}")
}
