use maud::{Markup, html};

use super::embed;
use super::material::Material;
use crate::report::ReportError;
use crate::report::collect::record;
use crate::track::memorisation::{FILE, Memorisation};

/// Trials whose sheets are shown: sheets are the page's weight.
const TRIALS: usize = 2;

/// Samples above their nearest training images, after each epoch looked at.
pub fn body(m: &Material) -> Result<Option<Markup>, ReportError> {
    let mut figures = Vec::new();
    let mut trials = 0;
    for trial in &m.experiment.trials {
        let Some(found) = record::<Memorisation>(trial, FILE) else {
            continue;
        };
        trials += 1;
        if trials > TRIALS {
            break;
        }
        for record in found.epochs {
            let name = format!("figures/memorisation-epoch-{:04}.png", record.epoch);
            let path = trial.folder.join(name);
            if path.is_file() {
                let caption = format!("After epoch {}, {}", record.epoch, trial.name());
                figures.push((embed::picture(&path, &caption)?, caption));
            }
        }
    }
    Ok((!figures.is_empty()).then(|| {
        html! {
            p {
                "First row: samples. Second row: the nearest training image of each in pixels. Third row: the nearest in "
                "D's features. The left half are the first samples drawn, the right half those whose nearest training "
                "image is nearest when compared with the second nearest: copies would stand there."
            }
            @for (picture, caption) in &figures {
                figure { div class="wide" { (picture) } figcaption { (caption) } }
            }
        }
    }))
}
