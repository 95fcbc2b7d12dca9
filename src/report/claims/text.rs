//! The claims as lines for a terminal.

use super::decide::Decided;
use super::outcome::{ClaimVerdict, Outcome};
use super::table::numbers;
use crate::report::export::wrapped;

/// Room for a verdict before its claim.
const INDENT: usize = 14;

/// The claims for a terminal: verdict and statement, below them what came out or what to run.
pub fn text(decided: &[Decided]) -> String {
    let mut lines = Vec::new();
    for one in decided {
        let claim = &one.claim;
        let statement = format!(
            "{:<INDENT$}{} ({}) [{}]",
            one.verdict().name(),
            claim.statement,
            claim.section,
            claim.id
        );
        lines.extend(wrapped(&statement, INDENT));
        let mut below = |text: String| {
            lines.extend(wrapped(&format!("{}{text}", " ".repeat(INDENT)), INDENT));
        };
        for outcome in &one.outcomes {
            below(format!("{} {}", head(outcome), outcome.sentence));
            below(format!("{}. {}", numbers(outcome), outcome.scale));
        }
        if let Some(older) = one.set_aside() {
            below(older);
        }
        if one.verdict() == ClaimVerdict::NotRun {
            below(format!("run: {}", claim.run));
        }
    }
    lines.join("\n") + "\n"
}

/// One line for each claim that was decided.
pub fn lines(decided: &[Decided]) -> Vec<String> {
    let ran = decided
        .iter()
        .filter(|d| d.verdict() != ClaimVerdict::NotRun);
    ran.map(|d| format!("{:<INDENT$}{}", d.verdict().name(), d.claim.statement))
        .collect()
}

fn head(outcome: &Outcome) -> String {
    let seeds: Vec<String> = outcome.seeds.iter().map(u64::to_string).collect();
    let plural = if seeds.len() == 1 { "" } else { "s" };
    format!(
        "{}, seed{plural} {}, {}:",
        outcome.experiment,
        seeds.join(", "),
        outcome.verdict().name()
    )
}
