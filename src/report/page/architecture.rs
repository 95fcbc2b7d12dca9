use maud::{Markup, html};

use super::embed;
use super::material::Material;
use crate::report::ReportError;

/// Figure 1's schematic of the first trial that has it.
pub fn body(m: &Material) -> Result<Option<Markup>, ReportError> {
    let found = m
        .experiment
        .trials
        .iter()
        .find_map(|t| Some((t, t.pictures.architecture.as_ref()?)));
    let Some((trial, path)) = found else {
        return Ok(None);
    };
    let picture = embed::drawing(path, "Schematic of the networks, as figure 1 of the paper")?;
    let scale = &trial.run.scale;
    Ok(Some(html! {
        figure {
            (picture)
            figcaption { (scale.net) ", width " (scale.width) ", " (scale.size) " px" }
        }
    }))
}
