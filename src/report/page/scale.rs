use std::collections::BTreeSet;

use maud::{Markup, html};

use super::material::Material;
use crate::report::ReportError;
use crate::report::accuracy::released;
use crate::report::words;

/// Ours and the paper's scale side by side.
pub fn body(m: &Material) -> Result<Option<Markup>, ReportError> {
    let mut ours: Vec<Vec<String>> = Vec::new();
    for trial in &m.experiment.trials {
        let (run, s) = (&trial.run, &trial.run.scale);
        let row = vec![
            run.profile.clone().unwrap_or("as written".to_string()),
            s.net.clone(),
            s.width.to_string(),
            format!("{} px", s.size),
            s.trained_on.clone(),
            match s.images {
                0 => "–".to_string(),
                n => words::thousands(n as u64),
            },
            match released(run) {
                true => "–".to_string(),
                false => words::trimmed(s.epochs),
            },
            words::thousands(s.discriminator_parameters),
            words::thousands(s.generator_parameters),
        ];
        if !ours.contains(&row) {
            ours.push(row);
        }
    }
    let about: BTreeSet<&String> = m
        .experiment
        .trials
        .iter()
        .filter_map(|t| t.run.reproduces.as_ref())
        .collect();
    let paper: Vec<(&String, &str)> = about
        .into_iter()
        .filter_map(|id| {
            let row = m
                .published
                .get(id)?
                .rows
                .iter()
                .find(|r| r.model.starts_with("DCGAN"))?;
            Some((id, row.scale.as_deref()?))
        })
        .collect();
    let heads = [
        "Profile",
        "Net",
        "Width",
        "Image side",
        "Trained on",
        "Images",
        "Epochs",
        "D parameters",
        "G parameters",
    ];
    Ok(Some(html! {
        p {
            "A number of ours stands for its own scale and no other. "
            @for (id, scale) in &paper { "The paper's DCGAN in " (id.replace('-', " ")) ": " (scale) ". " }
        }
        div class="wide" {
            table {
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody { @for row in &ours { tr class="ours" { @for cell in row { td { (cell) } } } } }
            }
        }
    }))
}
