//! The claims as a table of the report.

use polars::error::PolarsResult;
use polars::prelude::DataFrame;

use super::decide::Decided;
use super::outcome::{ClaimVerdict, Number, Outcome};
use crate::report::ReportError;
use crate::report::tables::{Columns, Table, failed, or_absent};
use crate::report::words;

/// The name of its files.
const ID: &str = "claims";

/// Every claim with its verdict: a row for each experiment and scale that decided it, one for a claim not run.
///
/// # Errors
/// [`ReportError::Table`].
pub fn table(decided: &[Decided]) -> Result<Table, ReportError> {
    let rows: Vec<ClaimRow> = decided.iter().flat_map(rows).collect();
    let build = || -> PolarsResult<Table> {
        Ok(Table {
            id: ID.to_string(),
            title: "The paper's checkable statements".to_string(),
            data: data(&rows)?,
            shown: shown(&rows)?,
            left: vec!["Statement", "Where", "Verdict", "Experiment", "Seeds", "What came out"],
            notes: vec!["What came out"],
            rules: Vec::new(),
            remarks: vec![
                "Did not hold: the difference is not beyond its 95% interval, or is the other way. A verdict stands for the scale of its experiment and no other.".to_string(),
            ]
            .into_iter()
            .chain(set_aside(decided))
            .collect(),
        })
    };
    build().map_err(failed(ID))
}

/// The claims some of whose outcomes were set aside, in a sentence.
fn set_aside(decided: &[Decided]) -> Option<String> {
    let older = decided.iter().filter(|d| d.older > 0);
    let names: Vec<String> = older
        .map(|d| format!("{} ({})", d.claim.id, d.older))
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "Outcomes of an earlier version of the training or the protocol are set aside: {}.",
            words::list(&names)
        )
    })
}

struct ClaimRow<'a> {
    of: &'a Decided,
    /// `None` for a claim that was not run.
    outcome: Option<&'a Outcome>,
}

fn rows(decided: &Decided) -> Vec<ClaimRow<'_>> {
    let row = |outcome| ClaimRow {
        of: decided,
        outcome,
    };
    match decided.outcomes.as_slice() {
        [] => vec![row(None)],
        outcomes => outcomes.iter().map(|o| row(Some(o))).collect(),
    }
}

impl ClaimRow<'_> {
    fn verdict(&self) -> ClaimVerdict {
        self.outcome.map_or(ClaimVerdict::NotRun, Outcome::verdict)
    }

    fn seeds(&self) -> Option<String> {
        let seeds = self.outcome?.seeds.iter().map(u64::to_string);
        Some(seeds.collect::<Vec<_>>().join(", "))
    }

    fn numbers(&self) -> Option<String> {
        Some(numbers(self.outcome?))
    }

    /// What came out with its numbers and scale, or what to run.
    fn told(&self) -> String {
        match self.outcome {
            Some(o) => format!("{} {}. Scale: {}", o.sentence, numbers(o), o.scale),
            None => format!("Run `{}`", self.of.claim.run),
        }
    }
}

/// `name value; name value`.
pub fn numbers(outcome: &Outcome) -> String {
    let one = |n: &Number| format!("{}: {}", n.name, n.text());
    outcome
        .numbers
        .iter()
        .map(one)
        .collect::<Vec<_>>()
        .join("; ")
}

fn shown(rows: &[ClaimRow]) -> PolarsResult<DataFrame> {
    Columns::of(rows)
        .with("Statement", |r| r.of.claim.statement.clone())
        .with("Where", |r| r.of.claim.section.clone())
        .with("Verdict", |r| r.verdict().name())
        .with("Experiment", |r| {
            or_absent(r.outcome.map(|o| o.experiment.clone()))
        })
        .with("Seeds", |r| or_absent(r.seeds()))
        .with("What came out", |r| r.told())
        .frame()
}

fn data(rows: &[ClaimRow]) -> PolarsResult<DataFrame> {
    Columns::of(rows)
        .with("claim", |r| r.of.claim.id.clone())
        .with("statement", |r| r.of.claim.statement.clone())
        .with("section", |r| r.of.claim.section.clone())
        .with("source", |r| r.of.claim.source.name())
        .with("verdict", |r| r.verdict().name())
        .with("experiment", |r| Some(r.outcome?.experiment.clone()))
        .with("seeds", |r| r.seeds())
        .with("training_version", |r| Some(r.outcome?.training))
        .with("protocol_version", |r| r.outcome?.protocol)
        .with("scale", |r| Some(r.outcome?.scale.clone()))
        .with("numbers", |r| r.numbers())
        .with("finding", |r| Some(r.outcome?.sentence.clone()))
        .with("run", |r| r.of.claim.run.clone())
        .frame()
}
