//! What an experiment is: YAML read with line and column, overridden, expanded and resolved.
//!
//! Text becomes a tree of [`tree::Node`]s that remember where they stand; overrides, profiles and sweep
//! parameters edit the tree ([`Experiment`]); [`load::typed`] turns it into typed values and points at the
//! place of any error; [`resolve`] fills in the defaults. The rest of the program sees only a [`Spec`].

mod argument;
mod arms;
mod error;
mod experiment;
mod held_out;
mod json;
mod kmeans;
mod labels;
pub mod load;
mod memorisation;
mod model;
mod monitor;
mod nearest;
mod quality;
mod raw;
mod resolve;
mod rules;
mod supervised;
mod syntax;
mod torch;
pub mod tree;
mod typed;
mod unread;
mod visible;

pub use error::SpecError;
pub use experiment::{Experiment, ProfileChoice, TrialSpec};
pub use json::json_reason;
pub use kmeans::KMeansSpec;
pub use labels::{Features, Labels};
pub use memorisation::MemorisationSpec;
pub use model::{
    AdamSpec, DataSpec, Latent, LatentDistribution, ModelSpec, Precision, Preset, ProbeSpec,
    Protocol, Schedule, Solver, Spec, TrainSpec,
};
pub use monitor::StopOn;
pub use nearest::NearestSpec;
pub use quality::{InceptionSpec, QUALITY_SAMPLES, QualitySpec, SpaceSpec};
pub use raw::{Goal, Method, Metric, Parameter, Sweep};
pub use resolve::resolve;
pub use rules::{ActivationRule, NormRule, Resampling, Rules};
pub use supervised::SupervisedSpec;
pub use unread::Unread;
pub use visible::{visible, visible_lines};
