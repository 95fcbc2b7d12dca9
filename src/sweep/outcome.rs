//! How a trial ended, and all trials of a sweep.

/// How a trial ended.
#[derive(Debug, Clone, PartialEq)]
pub enum TrialOutcome {
    Finished,
    /// Everything was there already.
    Skipped,
    /// Its training diverged, now or in an earlier session; the reason.
    Failed(String),
    /// The user stopped it; the same command goes on.
    Stopped,
}

/// How each trial of a sweep ended, in order: label, folder name, outcome.
#[derive(Debug, Clone)]
pub struct SweepSummary {
    pub trials: Vec<(String, String, TrialOutcome)>,
}
