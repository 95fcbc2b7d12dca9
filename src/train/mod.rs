//! Adversarial training (section 4): the step, Adam, checkpoints and the loop around them.
//!
//! [`Trainer`] owns both nets, their optimisers and every random stream; [`run`] drives it through the epochs.
//! What [`Trainer::save`] writes is enough to go on to the same bits.

mod adam;
mod checkpoint;
mod device;
mod error;
pub mod labels;
pub mod latent;
pub mod monitor;
mod planned;
mod run;
mod sampler;
mod statistics;
pub mod supervised;
mod tape;
mod trainer;
mod watch;

pub use adam::Adam;
pub use checkpoint::{FINAL, State, from_tensors, load, save};
pub use device::{Choice, cpu_name, open};
pub use error::TrainError;
pub use run::{LATEST, Outcome, kept, run};
pub use sampler::Sampler;
pub use statistics::infer;
pub use trainer::{SHEET, StepReport, Trainer, to_images, to_tensor, untrained};
