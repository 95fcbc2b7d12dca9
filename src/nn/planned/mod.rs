//! The networks as plain chains of kernels over buffers that are planned once and reused from step to step.
//!
//! The tape of candle's autograd allocates every activation and gradient anew; for a chain of layers that buys nothing
//! and costs the page faults of hundreds of megabytes a step. Here a net owns its activations, walks its layers forwards
//! and backwards by itself, and computes only the gradients that somebody wants. The kernels ([`super::cpu`]) and
//! the parameters are those of [`super::Generator`] and [`super::Discriminator`], so both ways give the same numbers.

mod dense;
mod discriminator;
mod features;
mod generator;
mod gradients;
mod layer;
mod normalise;
mod sampler;

pub use discriminator::PlannedDiscriminator;
pub use features::PlannedFeatures;
pub use generator::PlannedGenerator;
pub use gradients::Gradients;
pub use sampler::PlannedSampler;
