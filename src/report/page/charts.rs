use maud::{Markup, html};

use super::embed;
use super::material::Material;
use crate::report::ReportError;

/// Every chart with its caption.
pub fn body(m: &Material) -> Result<Option<Markup>, ReportError> {
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
