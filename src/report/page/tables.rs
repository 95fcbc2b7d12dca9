use maud::{Markup, html};

use super::material::Material;
use crate::report::ReportError;
use crate::report::table::Table;

/// Every table, the paper's rows above ours.
pub fn body(m: &Material) -> Result<Option<Markup>, ReportError> {
    let mut parts = Vec::new();
    for t in &m.tables {
        parts.push(table(t)?);
    }
    Ok((!parts.is_empty()).then(|| html! { @for part in &parts { (part) } }))
}

fn table(table: &Table) -> Result<Markup, ReportError> {
    let rows = table.rows().map_err(|source| ReportError::Table {
        table: table.id.clone(),
        source,
    })?;
    let heads = table.heads();
    let source = heads.iter().position(|h| h == "Source");
    let class = |head: &str| match (table.notes.contains(&head), table.is_left(head)) {
        (true, _) => "left long",
        (_, true) => "left",
        _ => "",
    };
    let row_class = |i: usize| {
        let ours = source
            .and_then(|s| rows[i].get(s))
            .is_some_and(|s| s == "ours");
        let rule = table.rules.contains(&i);
        [("ours", ours), ("rule", rule)]
            .map(|(name, is)| if is { name } else { "" })
            .join(" ")
    };
    Ok(html! {
        div class="wide" {
            table {
                caption { (table.title) }
                thead { tr { @for head in &heads { th class=(class(head)) scope="col" { (head) } } } }
                tbody {
                    @for (i, row) in rows.iter().enumerate() {
                        tr class=(row_class(i).trim()) {
                            @for (cell, head) in row.iter().zip(&heads) { td class=(class(head)) { (cell) } }
                        }
                    }
                }
            }
        }
        p class="remarks" { @for remark in &table.remarks { (remark) " " } }
    })
}
