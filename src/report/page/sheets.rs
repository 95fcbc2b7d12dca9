//! Sample sheets over the epochs, beside real images.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::embed;
use super::material::Material;
use crate::report::ReportError;
use crate::report::collect::Trial;
use crate::spec::{Spec, load};

/// Sheets are the page's weight: this many epochs of a trial, this many trials with their epochs.
const EPOCHS: usize = 5;
const TRIALS: usize = 3;

/// Samples over the epochs beside real images; later trials show their last sheet only.
pub fn sheets(m: &Material) -> Result<Option<Markup>, ReportError> {
    let with_pictures: Vec<&Trial> = m
        .experiment
        .trials
        .iter()
        .filter(|t| !t.pictures.epochs.is_empty() || t.pictures.samples.is_some())
        .collect();
    let mut parts = Vec::new();
    for (i, trial) in with_pictures.iter().enumerate() {
        parts.push(of_trial(trial, i < TRIALS, i == 0)?);
    }
    Ok((!parts.is_empty()).then(|| {
        html! {
            p { "Drawn from the same z at every epoch. All sheets of a trial lie in its " code { "figures/" } " folder." }
            @for part in &parts { (part) }
        }
    }))
}

fn of_trial(trial: &Trial, whole: bool, with_data: bool) -> Result<Markup, ReportError> {
    let pictures = &trial.pictures;
    let names = names(trial);
    let mut shown = Vec::new();
    let end = pictures.epochs.last().map_or(0, |(epoch, _)| *epoch);
    let last = pictures.samples.as_ref().map(|path| {
        let caption = match names.get(&(end as usize)) {
            Some(figure) => format!("{}: at the end, after {}", capital(figure), epochs_of(end)),
            None => "At the end".to_string(),
        };
        (caption, path)
    });
    // The last epoch's sheet is the final one where both are there.
    let epochs = match last {
        Some(_) => &pictures.epochs[..pictures.epochs.len().saturating_sub(1)],
        None => &pictures.epochs[..],
    };
    if whole || last.is_none() {
        let most = if whole { EPOCHS } else { 1 };
        let mut indices = spread(epochs.len(), most);
        let named = |i: &usize| names.contains_key(&(epochs[*i].0 as usize));
        indices.extend((0..epochs.len()).filter(|i| whole && named(i)));
        indices.sort_unstable();
        indices.dedup();
        for (epoch, path) in indices.into_iter().map(|i| &epochs[i]) {
            let caption = match names.get(&(*epoch as usize)) {
                Some(figure) => format!("{}: after {}", capital(figure), epochs_of(*epoch)),
                None => format!("After epoch {epoch}"),
            };
            shown.push((caption, path));
        }
    }
    shown.extend(last);
    if let Some(data) = pictures.data.as_ref().filter(|_| with_data) {
        shown.push(("Real training images".to_string(), data));
    }
    let mut figures = Vec::new();
    for (caption, path) in shown {
        let alt = format!("{caption}, {}", trial.name());
        figures.push((embed::picture(path, &alt)?, caption));
    }
    Ok(html! {
        h3 { (trial.name()) }
        div class="sheets" {
            @for (picture, caption) in &figures {
                figure { (picture) figcaption { (caption) } }
            }
        }
    })
}

/// The figures of the paper that the spec lets sheets stand for, by epoch.
fn names(trial: &Trial) -> BTreeMap<usize, String> {
    let text = trial.spec.as_deref().unwrap_or_default();
    let spec = load::parse(text, "spec.yaml").and_then(|tree| load::typed::<Spec>(&tree));
    // A spec of an older program names none.
    spec.map(|s| s.train.sheets).unwrap_or_default()
}

fn epochs_of(n: u32) -> String {
    match n {
        1 => "1 epoch".to_string(),
        n => format!("{n} epochs"),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + chars.as_str()
}

/// At most `most` of `count` indices, evenly spread; both ends, or the last where only one is wanted.
fn spread(count: usize, most: usize) -> Vec<usize> {
    match most.min(count) {
        0 => Vec::new(),
        1 => vec![count - 1],
        n => (0..n).map(|i| i * (count - 1) / (n - 1)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn first_and_last_are_always_shown() {
        assert_eq!(spread(25, 5), [0, 6, 12, 18, 24]);
        assert_eq!(spread(2, 5), [0, 1]);
        assert_eq!(spread(7, 1), [6]);
        assert!(spread(0, 5).is_empty());
    }
}
