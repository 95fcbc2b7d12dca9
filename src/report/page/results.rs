//! What came out, at the head of the page: the finding in words, the claims, the tables, the charts.

use maud::{Markup, html};

use super::embed;
use super::material::Material;
use crate::report::ReportError;
use crate::report::claims::{ClaimVerdict, Decided, Outcome};
use crate::report::tables::Table;

/// The main finding, and those of the other arms.
pub fn summary(m: &Material) -> Result<Option<Markup>, ReportError> {
    let others: Vec<String> = m
        .findings
        .iter()
        .map(|f| f.sentences())
        .filter(|s| !m.summary.contains(s.as_str()))
        .collect();
    Ok(Some(html! {
        p class="finding" { (m.summary) }
        @if !others.is_empty() {
            details {
                summary { "The other arms of the sweep (" (others.len()) ")" }
                ul { @for text in &others { li { (text) } } }
            }
        }
    }))
}

/// The paper's statements that this experiment decides.
pub fn claims(m: &Material) -> Result<Option<Markup>, ReportError> {
    let decided: Vec<&Decided> = m.claims.iter().filter(|d| !d.outcomes.is_empty()).collect();
    Ok((!decided.is_empty()).then(|| claim_cards(&decided, false)))
}

/// Claims as cards, each with its verdict; `commands` adds what to run for one that was not.
pub fn claim_cards(decided: &[&Decided], commands: bool) -> Markup {
    html! {
        div class="claims" {
            @for one in decided {
                div class="claim" {
                    (badge(one.verdict()))
                    div {
                        p class="statement" {
                            (one.claim.statement) " " span class="where" { "(" (one.claim.section) ")" }
                        }
                        @for outcome in &one.outcomes { (told(outcome, one.outcomes.len() > 1)) }
                        @if let Some(older) = one.set_aside() { p { (older) } }
                        @if commands && one.outcomes.is_empty() { p { code { (one.claim.run) } } }
                    }
                }
            }
        }
    }
}

fn badge(verdict: ClaimVerdict) -> Markup {
    let class = match verdict {
        ClaimVerdict::Held => "verdict held",
        ClaimVerdict::DidNotHold => "verdict fell",
        ClaimVerdict::NotRun => "verdict",
    };
    html! { span class=(class) { (verdict.name()) } }
}

fn told(outcome: &Outcome, several: bool) -> Markup {
    let seeds: Vec<String> = outcome.seeds.iter().map(u64::to_string).collect();
    let plural = if seeds.len() == 1 { "" } else { "s" };
    html! {
        p {
            @if several { b { (outcome.verdict().name()) ": " } }
            (outcome.sentence)
        }
        p class="numbers" {
            @for (i, number) in outcome.numbers.iter().enumerate() {
                @if i > 0 { "; " }
                (number.name) " " b { (number.text()) }
            }
            ". " (outcome.experiment) ", seed" (plural) " " (seeds.join(", ")) "; " (outcome.scale) "."
        }
    }
}

/// Every table, the paper's rows above ours, the scale of each row in a note below.
pub fn tables(m: &Material) -> Result<Option<Markup>, ReportError> {
    let mut parts = Vec::new();
    for t in &m.tables {
        parts.push(table(t)?);
    }
    Ok((!parts.is_empty()).then(|| html! { @for part in &parts { (part) } }))
}

/// One table with its notes and remarks.
///
/// # Errors
/// [`ReportError::Table`].
pub fn table(table: &Table) -> Result<Markup, ReportError> {
    let lettered = table.lettered().map_err(|source| ReportError::Table {
        table: table.id.clone(),
        source,
    })?;
    let heads = &lettered.heads;
    let source = heads.iter().position(|h| h == "Source");
    let side = |head: &str| table.is_left(head).then_some("left");
    let row_class = |i: usize| {
        let ours = source
            .and_then(|s| lettered.rows[i].get(s))
            .is_some_and(|s| s == "ours");
        match (ours, table.rules.contains(&i)) {
            (true, true) => Some("ours rule"),
            (true, false) => Some("ours"),
            (false, true) => Some("rule"),
            (false, false) => None,
        }
    };
    let anchor = |letter: &str| format!("{}-note-{letter}", table.id);
    Ok(html! {
        div class="wide" {
            table {
                caption { (table.title) }
                thead { tr { @for head in heads { th class=[side(head)] scope="col" { (head) } } } }
                tbody {
                    @for (i, (row, letter)) in lettered.rows.iter().zip(&lettered.letters).enumerate() {
                        tr class=[row_class(i)] {
                            @for (j, (cell, head)) in row.iter().zip(heads).enumerate() {
                                td class=[side(head)] {
                                    (cell)
                                    @if j == 0 && !letter.is_empty() {
                                        " " sup { a href={ "#" (anchor(letter)) } { (letter) } }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        div class="remarks" {
            @for (letter, note) in &lettered.notes {
                p id=(anchor(letter)) { sup { (letter) } " " (note) }
            }
            @for remark in &table.remarks { p { (remark) } }
        }
    })
}

/// Every chart with its caption.
pub fn charts(m: &Material) -> Result<Option<Markup>, ReportError> {
    Ok((!m.charts.is_empty()).then(|| {
        html! {
            div class="charts" {
                @for chart in &m.charts {
                    figure class=[(chart.id == "accuracy").then_some("whole")] {
                        div class="wide" { (embed::chart(&chart.svg, &chart.title)) }
                        figcaption { (chart.caption) }
                    }
                }
            }
        }
    }))
}
