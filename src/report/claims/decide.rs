use super::all::{Asked, TESTS};
use super::claim::{Claim, claims};
use super::evidence::Evidence;
use super::outcome::{Outcome, Verdict};
use crate::report::ReportError;
use crate::report::collect::Experiment;
use crate::report::published::Published;

/// A claim with what was found on it.
#[derive(Debug, Clone)]
pub struct Decided {
    pub claim: Claim,
    /// One for each experiment and scale; empty where none has been run.
    pub outcomes: Vec<Outcome>,
}

impl Decided {
    /// Held where every outcome did.
    pub fn verdict(&self) -> Verdict {
        let each = self.outcomes.iter().map(Outcome::verdict);
        each.max().unwrap_or(Verdict::NotRun)
    }
}

/// Every claim of the paper against these experiments, in the paper's order.
///
/// # Errors
/// [`ReportError::Run`] and [`ReportError::Yaml`] for records that are damaged.
pub fn decide(
    experiments: &[Experiment],
    published: &Published,
) -> Result<Vec<Decided>, ReportError> {
    let mut decided = Vec::new();
    for claim in claims()? {
        let asked = Asked {
            evidence: Evidence::new(experiments, claim.reproduces.as_deref()),
            published,
        };
        let test = TESTS.iter().find(|t| t.0 == claim.test);
        let outcomes = test.map_or(Ok(Vec::new()), |(_, test)| test(&asked))?;
        decided.push(Decided { claim, outcomes });
    }
    Ok(decided)
}

/// `4 held, 1 did not hold, 10 not run`.
pub fn count(decided: &[Decided]) -> String {
    let of = |verdict: Verdict| {
        let n = decided.iter().filter(|d| d.verdict() == verdict).count();
        format!("{n} {}", verdict.name())
    };
    [Verdict::Held, Verdict::DidNotHold, Verdict::NotRun]
        .map(of)
        .join(", ")
}
