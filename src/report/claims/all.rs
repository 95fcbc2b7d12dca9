use super::evidence::Evidence;
use super::outcome::Outcome;
use super::{adam, features, rules, selectivity};
use crate::report::ReportError;
use crate::report::published::Published;

/// What a test is asked about.
pub struct Asked<'a> {
    pub evidence: Evidence<'a>,
    pub published: &'a Published,
}

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
    ("features.untrained", features::untrained),
    ("selectivity", selectivity::outcomes),
];
