use maud::{Markup, html};

use super::material::Material;
use crate::report::ReportError;
use crate::report::claims::{Decided, Outcome, Verdict};

/// The paper's statements that this experiment decides.
pub fn body(m: &Material) -> Result<Option<Markup>, ReportError> {
    let decided: Vec<&Decided> = m.claims.iter().filter(|d| !d.outcomes.is_empty()).collect();
    Ok((!decided.is_empty()).then(|| list(&decided, false)))
}

/// Claims as cards, each with its verdict; `commands` adds what to run for one that was not.
pub fn list(decided: &[&Decided], commands: bool) -> Markup {
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
                        @if commands && one.outcomes.is_empty() { p { code { (one.claim.run) } } }
                    }
                }
            }
        }
    }
}

fn badge(verdict: Verdict) -> Markup {
    let class = match verdict {
        Verdict::Held => "verdict held",
        Verdict::DidNotHold => "verdict fell",
        Verdict::NotRun => "verdict",
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
