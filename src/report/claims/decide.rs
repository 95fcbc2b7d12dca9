//! Decides every claim by its test.

use super::all::TESTS;
use super::claim::{Claim, claims};
use super::evidence::{Asked, Evidence};
use super::outcome::{ClaimVerdict, Outcome};
use crate::report::ReportError;
use crate::report::collect::Experiment;
use crate::report::published::Published;
use crate::report::words;

/// A claim with what was found on it.
#[derive(Debug, Clone)]
pub struct Decided {
    pub claim: Claim,
    /// One for each experiment and scale; empty where none has been run.
    pub outcomes: Vec<Outcome>,
    /// Outcomes that decide nothing, because a newer version of the training or protocol gave one in their place.
    pub older: usize,
}

impl Decided {
    /// That some outcomes were set aside, in a sentence.
    pub fn set_aside(&self) -> Option<String> {
        (self.older > 0).then(|| {
            format!(
                "{} of an earlier version of the training or the protocol {} set aside.",
                words::count(self.older as f64, "outcome"),
                if self.older == 1 { "is" } else { "are" }
            )
        })
    }

    /// Held where every outcome did.
    pub fn verdict(&self) -> ClaimVerdict {
        let each = self.outcomes.iter().map(Outcome::verdict);
        each.max().unwrap_or(ClaimVerdict::NotRun)
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
        let (older, outcomes): (Vec<Outcome>, _) = outcomes
            .iter()
            .cloned()
            .partition(|o| o.is_older(&outcomes));
        decided.push(Decided {
            claim,
            outcomes,
            older: older.len(),
        });
    }
    Ok(decided)
}

/// `4 held, 1 did not hold, 10 not run`.
pub fn count(decided: &[Decided]) -> String {
    let of = |verdict: ClaimVerdict| {
        let n = decided.iter().filter(|d| d.verdict() == verdict).count();
        format!("{n} {}", verdict.name())
    };
    [
        ClaimVerdict::Held,
        ClaimVerdict::DidNotHold,
        ClaimVerdict::NotRun,
    ]
    .map(of)
    .join(", ")
}
