//! The signs that every table uses, and what they mean: declared here and nowhere else.
//!
//! `–` no number; `±` what [`PlusMinus`] says below the table; `†` and `‡` how sure a printed number is; a version in
//! brackets, an earlier one than the newest in the table. Nothing is set in bold: no row is singled out by its number.

use crate::report::published::Source;

/// Stands where there is no number.
pub const ABSENT: &str = "–";
/// Beside numbers that were read in the PDF only.
const UNCHECKED: &str = "†";
/// Beside numbers that later papers quote.
const QUOTED: &str = "‡";

/// Where a number comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// By this program.
    Measured,
    /// Printed by the paper.
    Printed(Source),
}

impl Origin {
    /// The word in the data files.
    pub fn name(self) -> &'static str {
        match self {
            Origin::Measured => "measured",
            Origin::Printed(source) => source.name(),
        }
    }

    /// The sign beside the number; empty for most.
    pub fn sign(self) -> &'static str {
        match self {
            Origin::Measured | Origin::Printed(Source::PaperTextChecked) => "",
            Origin::Printed(Source::Pdf) => UNCHECKED,
            Origin::Printed(Source::LaterPapers) => QUOTED,
        }
    }
}

/// Whose row it is: the column `origin` of the data, `Source` of what people read.
pub fn whose(paper: bool) -> &'static str {
    if paper { "paper" } else { "ours" }
}

/// What a ± in a table means.
#[derive(Debug, Clone, Copy)]
pub enum PlusMinus {
    /// Half of the 95% interval of a mean, over what is said.
    Interval(&'static str),
    /// 1.96 standard deviations over the draws of labelled images.
    Spread,
    /// One standard deviation over what is said.
    Deviation(&'static str),
}

impl PlusMinus {
    /// The sentence below the table.
    pub fn remark(self) -> String {
        match self {
            PlusMinus::Interval(over) => format!("± is the 95% interval of the mean: {over}."),
            PlusMinus::Spread => "± is 1.96 standard deviations over the draws of labelled images, as the authors' code prints it; in a row of means over seeds, the mean of theirs.".to_string(),
            PlusMinus::Deviation(over) => format!("± is one standard deviation over {over}."),
        }
    }
}

/// A number with what follows its ±, each written as `write` does.
pub fn plus_minus(number: f64, spread: Option<f64>, write: impl Fn(f64) -> String) -> String {
    match spread {
        Some(spread) => format!("{} (±{})", write(number), write(spread)),
        None => write(number),
    }
}

/// The text, or the sign for no number.
pub fn or_absent(text: Option<String>) -> String {
    text.unwrap_or_else(|| ABSENT.to_string())
}

/// What the signs beside printed numbers mean, for those of a table.
pub fn remarks(origins: impl Iterator<Item = Origin>) -> Vec<String> {
    let signs: Vec<&str> = origins.map(Origin::sign).collect();
    let meanings = [
        (
            UNCHECKED,
            "read in the paper's PDF, not compared with a second source.",
        ),
        (QUOTED, "as later papers quote it."),
    ];
    meanings
        .iter()
        .filter(|(sign, _)| signs.contains(sign))
        .map(|(sign, meaning)| format!("{sign} {meaning}"))
        .collect()
}
