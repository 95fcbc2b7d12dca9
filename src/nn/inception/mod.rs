//! Inception v3 as FID, KID and the Inception score use it: the network of 2015-12-05 with TensorFlow's ways, forward only.
//!
//! Its weights are the user's file ([`Weights`]), which a card describes ([`NetworkCard`]); the layers and their names are those of `torch-fidelity`'s
//! `FeatureExtractorInceptionV3` (Obukhov and Krasnyanskiy 2020; ported by M. Seitzer from the graph that Heusel et al.
//! 2017 used), which differs from Szegedy et al. 2016 in its pools: averages leave out the padding, and the last block
//! takes a maximum. Maps are channels last and the convolutions are our kernels ([`crate::nn::cpu`]).

mod card;
mod error;
mod layer;
mod network;
mod plan;
mod pool;
mod resize;
mod weights;

pub use card::{NetworkCard, WeightsFile};
pub use error::InceptionError;
pub use network::{CLASSES, FEATURES, Features, Inception};
pub use weights::Weights;
