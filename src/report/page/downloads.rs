use maud::{Markup, html};

use super::material::Material;
use crate::report::ReportError;
use crate::report::export::all::FORMATS;

/// Links to the files that lie beside the page.
pub fn body(m: &Material) -> Result<Option<Markup>, ReportError> {
    Ok(Some(html! {
        ul {
            @for table in &m.tables {
                li {
                    (table.id) ": "
                    @for format in FORMATS { a href={ (table.id) "." (format.extension) } { (format.name) } " " }
                }
            }
            @for chart in &m.charts {
                li {
                    (chart.title) ": "
                    a href={ (chart.id) ".svg" } { "SVG" } " "
                    a href={ (chart.id) ".png" } { "PNG" }
                }
            }
        }
    }))
}
