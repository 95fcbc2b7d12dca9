use maud::{Markup, html};

use super::material::Material;
use crate::report::ReportError;
use crate::report::table::Table;

/// Every table, the paper's rows above ours, the scale of each row in a note below.
pub fn body(m: &Material) -> Result<Option<Markup>, ReportError> {
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
