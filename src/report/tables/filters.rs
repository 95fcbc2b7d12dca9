//! The table of filters that collapsed during training, and when.

use std::collections::BTreeMap;

use polars::error::PolarsResult;

use super::marks::or_absent;
use super::table::{Columns, Table, failed};
use crate::report::ReportError;
use crate::report::collect::{Experiment, Trial};
use crate::report::published::Published;
use crate::report::words;
use crate::track::filters::{Collapse, Look, read};

const ID: &str = "filters";

/// A layer of a trial in which a filter collapsed, or all the layers in which none did.
struct LayerRow {
    trial: String,
    /// The version of its training.
    training: u32,
    layer: String,
    filters: usize,
    /// Filters that counted as collapsed at the last look, and at any.
    last: usize,
    ever: usize,
    /// Step and epoch of the first look at which one counted.
    first: Option<(u64, f64)>,
    kinds: String,
}

/// One table where a trial has looks: a row for each layer with a collapse, one for the other layers of a trial.
///
/// # Errors
/// [`ReportError::History`] for a record that cannot be read, [`ReportError::Table`].
pub fn tables(experiment: &Experiment, _: &Published) -> Result<Vec<Table>, ReportError> {
    let mut rows = Vec::new();
    for trial in &experiment.trials {
        rows.extend(trial_rows(trial, &read(&trial.folder).unwrap_or_default()));
    }
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![table(&rows).map_err(failed(ID))?])
}

fn trial_rows(trial: &Trial, looks: &[Look]) -> Vec<LayerRow> {
    let Some(last) = looks.last() else {
        return Vec::new();
    };
    let name = words::short_label(trial.name());
    let (mut rows, mut sound, mut sound_layers) = (Vec::new(), 0, 0);
    for (i, layer) in last.layers.iter().enumerate() {
        let mut kinds: BTreeMap<usize, Collapse> = BTreeMap::new();
        let mut first = None;
        for look in looks {
            let Some(seen) = look.layers.get(i) else {
                continue;
            };
            let of = |f: &usize| seen.collapsed.iter().find(|(j, _)| j == f);
            let counted = seen.lasting.iter().filter_map(of);
            kinds.extend(counted.copied());
            if first.is_none() && !seen.lasting.is_empty() {
                first = Some((look.step, look.epoch));
            }
        }
        if kinds.is_empty() {
            sound += layer.filters();
            sound_layers += 1;
            continue;
        }
        rows.push(LayerRow {
            trial: name.clone(),
            training: trial.run.training,
            layer: layer.name.clone(),
            filters: layer.filters(),
            last: layer.lasting.len(),
            ever: kinds.len(),
            first,
            kinds: in_words(kinds.into_values()),
        });
    }
    if sound_layers > 0 {
        let all = if rows.is_empty() { "all" } else { "other" };
        rows.push(LayerRow {
            trial: name,
            training: trial.run.training,
            layer: format!("{all} {sound_layers} layers"),
            filters: sound,
            last: 0,
            ever: 0,
            first: None,
            kinds: String::new(),
        });
    }
    rows
}

/// `3 fixed, 1 silent`.
fn in_words(kinds: impl Iterator<Item = Collapse>) -> String {
    let mut counts: BTreeMap<Collapse, usize> = BTreeMap::new();
    kinds.for_each(|kind| *counts.entry(kind).or_default() += 1);
    let text = |(kind, count): (&Collapse, &usize)| {
        let kind = match kind {
            Collapse::Silent => "silent",
            Collapse::Fixed => "fixed",
            Collapse::Mode => "one mode",
            Collapse::Swinging => "swinging",
        };
        format!("{count} {kind}")
    };
    counts.iter().map(text).collect::<Vec<_>>().join(", ")
}

fn table(rows: &[LayerRow]) -> PolarsResult<Table> {
    let kinds = |r: &LayerRow| Some(r.kinds.clone()).filter(|k| !k.is_empty());
    Ok(Table {
        id: ID.to_string(),
        title: "Filters that collapsed during training".to_string(),
        data: Columns::of(rows)
            .with("trial", |r| r.trial.clone())
            .with("training_version", |r| r.training)
            .with("layer", |r| r.layer.clone())
            .with("filters", |r| r.filters as u64)
            .with("collapsed_last", |r| r.last as u64)
            .with("collapsed_ever", |r| r.ever as u64)
            .with("first_step", |r| r.first.map(|f| f.0))
            .with("first_epoch", |r| r.first.map(|f| f.1))
            .with("kinds", |r| r.kinds.clone())
            .frame()?,
        shown: Columns::of(rows)
            .with("Trial", |r| r.trial.clone())
            .with("Layer", |r| r.layer.clone())
            .with("Filters", |r| r.filters.to_string())
            .with("Collapsed at the end", |r| r.last.to_string())
            .with("At any time", |r| r.ever.to_string())
            .with("First at epoch", |r| {
                or_absent(r.first.map(|f| format!("{:.2}", f.1)))
            })
            .with("How", |r| or_absent(kinds(r)))
            .frame()?,
        left: vec!["Trial", "Layer", "How"],
        notes: Vec::new(),
        rules: (1..rows.len())
            .filter(|&i| rows[i].trial != rows[i - 1].trial)
            .collect(),
        remarks: vec![
            "A filter counts as collapsed once three measurements in a row find it so. Fixed: every sample gets the same map. \
             One mode: 80% of the maps' energy is in one fine spatial frequency. Silent: it hardly varies beside the others of \
             its layer. Swinging: its mean goes up and down from one measurement to the next. G is measured on fixed z, D on \
             fixed real images. Layers have the names of their weights: g.1 is the first after G's projection."
                .to_string(),
        ],
    })
}
