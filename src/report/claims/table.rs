use polars::error::PolarsResult;
use polars::prelude::{Column, DataFrame, NamedFrom, Series};

use super::decide::Decided;
use super::outcome::{Number, Outcome, Verdict};
use crate::report::ReportError;
use crate::report::table::{Table, text_frame};

/// The name of its files.
const ID: &str = "claims";

/// Every claim with its verdict: a row for each experiment and scale that decided it, one for a claim not run.
///
/// # Errors
/// [`ReportError::Table`].
pub fn table(decided: &[Decided]) -> Result<Table, ReportError> {
    let rows: Vec<Row> = decided.iter().flat_map(rows).collect();
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
            ],
        })
    };
    build().map_err(|source| ReportError::Table {
        table: ID.to_string(),
        source,
    })
}

struct Row<'a> {
    of: &'a Decided,
    /// `None` for a claim that was not run.
    outcome: Option<&'a Outcome>,
}

fn rows(decided: &Decided) -> Vec<Row<'_>> {
    let row = |outcome| Row {
        of: decided,
        outcome,
    };
    match decided.outcomes.as_slice() {
        [] => vec![row(None)],
        outcomes => outcomes.iter().map(|o| row(Some(o))).collect(),
    }
}

impl Row<'_> {
    fn verdict(&self) -> Verdict {
        self.outcome.map_or(Verdict::NotRun, Outcome::verdict)
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

fn shown(rows: &[Row]) -> PolarsResult<DataFrame> {
    let column = |name: &str, of: &dyn Fn(&Row) -> Option<String>| {
        let cells = rows.iter().map(|r| of(r).unwrap_or("–".to_string()));
        (name.to_string(), cells.collect::<Vec<_>>())
    };
    text_frame(vec![
        column("Statement", &|r| Some(r.of.claim.statement.clone())),
        column("Where", &|r| Some(r.of.claim.section.clone())),
        column("Verdict", &|r| Some(r.verdict().name().to_string())),
        column("Experiment", &|r| Some(r.outcome?.experiment.clone())),
        column("Seeds", &|r| r.seeds()),
        column("What came out", &|r| Some(r.told())),
    ])
}

fn data(rows: &[Row]) -> PolarsResult<DataFrame> {
    let column = |name: &str, of: &dyn Fn(&Row) -> Option<String>| -> Column {
        let cells: Vec<Option<String>> = rows.iter().map(of).collect();
        Series::new(name.into(), cells).into()
    };
    DataFrame::new_infer_height(vec![
        column("claim", &|r| Some(r.of.claim.id.clone())),
        column("statement", &|r| Some(r.of.claim.statement.clone())),
        column("section", &|r| Some(r.of.claim.section.clone())),
        column("source", &|r| Some(r.of.claim.source.name().to_string())),
        column("verdict", &|r| Some(r.verdict().name().to_string())),
        column("experiment", &|r| Some(r.outcome?.experiment.clone())),
        column("seeds", &|r| r.seeds()),
        column("scale", &|r| Some(r.outcome?.scale.clone())),
        column("numbers", &|r| r.numbers()),
        column("finding", &|r| Some(r.outcome?.sentence.clone())),
        column("run", &|r| Some(r.of.claim.run.clone())),
    ])
}
