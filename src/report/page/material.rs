//! What the sections of the page are made of.

use crate::report::chart::canvas::Rendered;
use crate::report::claims::Decided;
use crate::report::collect::Experiment;
use crate::report::findings::Finding;
use crate::report::published::Published;
use crate::report::tables::Table;

/// Everything that a section may draw on.
pub struct Material {
    pub experiment: Experiment,
    pub published: Published,
    pub tables: Vec<Table>,
    pub charts: Vec<Rendered>,
    pub findings: Vec<Finding>,
    /// Every claim, decided by this experiment or not.
    pub claims: Vec<Decided>,
    /// The main finding in plain sentences.
    pub summary: String,
}
