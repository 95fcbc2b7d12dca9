//! Which filters collapsed, and when: the table of the filter monitor.

use std::collections::BTreeMap;

use polars::error::PolarsResult;
use polars::prelude::{Column, DataFrame};

use super::ReportError;
use super::collect::{Experiment, Trial};
use super::published::Published;
use super::table::{Table, text_frame};
use super::words;
use crate::track::filters::{Collapse, Look, read};

const ID: &str = "filters";

/// A layer of a trial in which a filter collapsed, or all the layers in which none did.
struct Row {
    trial: String,
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
    let table = table(&rows).map_err(|source| ReportError::Table {
        table: ID.to_string(),
        source,
    })?;
    Ok(vec![table])
}

fn trial_rows(trial: &Trial, looks: &[Look]) -> Vec<Row> {
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
        rows.push(Row {
            trial: name.clone(),
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
        rows.push(Row {
            trial: name,
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

fn table(rows: &[Row]) -> PolarsResult<Table> {
    fn cells<T>(rows: &[Row], of: impl Fn(&Row) -> T) -> Vec<T> {
        rows.iter().map(of).collect()
    }
    let none = || "–".to_string();
    let shown = vec![
        ("Trial", cells(rows, |r| r.trial.clone())),
        ("Layer", cells(rows, |r| r.layer.clone())),
        ("Filters", cells(rows, |r| r.filters.to_string())),
        ("Collapsed at the end", cells(rows, |r| r.last.to_string())),
        ("At any time", cells(rows, |r| r.ever.to_string())),
        (
            "First at epoch",
            cells(rows, |r| {
                r.first.map_or_else(none, |f| format!("{:.2}", f.1))
            }),
        ),
        (
            "How",
            cells(rows, |r| match r.kinds.is_empty() {
                true => none(),
                false => r.kinds.clone(),
            }),
        ),
    ];
    let shown = shown
        .into_iter()
        .map(|(head, cells)| (head.to_string(), cells));
    Ok(Table {
        id: ID.to_string(),
        title: "Filters that collapsed during training".to_string(),
        data: DataFrame::new_infer_height(vec![
            Column::new("trial".into(), cells(rows, |r| r.trial.clone())),
            Column::new("layer".into(), cells(rows, |r| r.layer.clone())),
            Column::new("filters".into(), cells(rows, |r| r.filters as u64)),
            Column::new("collapsed_last".into(), cells(rows, |r| r.last as u64)),
            Column::new("collapsed_ever".into(), cells(rows, |r| r.ever as u64)),
            Column::new("first_step".into(), cells(rows, |r| r.first.map(|f| f.0))),
            Column::new("first_epoch".into(), cells(rows, |r| r.first.map(|f| f.1))),
            Column::new("kinds".into(), cells(rows, |r| r.kinds.clone())),
        ])?,
        shown: text_frame(shown.collect())?,
        left: vec!["Trial", "Layer", "How"],
        notes: Vec::new(),
        rules: (1..rows.len())
            .filter(|&i| rows[i].trial != rows[i - 1].trial)
            .collect(),
        remarks: vec![
            "A filter counts after three looks in a row. Fixed: every sample gets the same map. One mode: 80% of the \
             maps' energy is in one fine spatial frequency. Silent: it hardly varies beside the others of its layer. \
             Swinging: its mean goes up and down at every look. G is shown fixed z, D fixed real images; layers are \
             called as their weights are, g.1 the first after G's projection."
                .to_string(),
        ],
    })
}
