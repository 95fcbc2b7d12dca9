//! Every test of a claim, by its name in `published.yaml`.

use super::evidence::Asked;
use super::outcome::Outcome;
use super::{adam, collapse, features, memorisation, nearest, rules, selectivity};
use crate::report::ReportError;

/// Decides a claim: one outcome for each experiment and scale that can, none where none can.
type Test = fn(&Asked) -> Result<Vec<Outcome>, ReportError>;

/// Every test by the name that `published.yaml` calls it: adding one is a function and a line.
pub const TESTS: &[(&str, Test)] = &[
    ("rule.norm", |asked| rules::outcomes(&rules::NORM, asked)),
    ("rule.resampling", |asked| {
        rules::outcomes(&rules::RESAMPLING, asked)
    }),
    ("rule.activation", |asked| {
        rules::outcomes(&rules::ACTIVATION, asked)
    }),
    ("rule.hidden", |asked| {
        rules::outcomes(&rules::HIDDEN, asked)
    }),
    ("adam.learning-rate", adam::learning_rate),
    ("adam.momentum", adam::momentum),
    ("memorisation", memorisation::outcomes),
    ("features.k-means", features::k_means),
    ("features.supervised", features::supervised),
    ("features.untrained", features::untrained),
    ("selectivity", selectivity::outcomes),
    ("collapse", collapse::outcomes),
    ("nearest.gan", nearest::beats_gan),
    ("nearest.real", nearest::matches_real),
    ("nearest.more", nearest::more_samples),
];
