use maud::{Markup, html};

use super::material::Material;
use crate::report::ReportError;

/// The main finding, and those of the other arms.
pub fn body(m: &Material) -> Result<Option<Markup>, ReportError> {
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
