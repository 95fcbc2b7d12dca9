//! The rows of an accuracy table on one data set: the paper's, ours, and our controls.

use std::collections::{BTreeMap, BTreeSet};

use super::marks::Origin;
use crate::report::collect::Experiment;
use crate::report::describe;
use crate::report::groups::{self, Group};
use crate::report::published::PublishedTable;
use crate::report::versions::{Version, Versions};
use crate::report::words;
use crate::track::format::{Features, Labels, ProbeRecord, RunRecord, Status};

/// One model's results on one data set.
#[derive(Debug, Clone, PartialEq)]
pub struct AccuracyRow {
    /// What people read, unique in the table but for the scale.
    pub model: String,
    pub kind: Kind,
    /// Which group of trials it is of, from 0; `None` for the paper's.
    pub group: Option<usize>,
    /// What sets that group apart; empty where there is one group, and for the paper's.
    pub arm: String,
    /// The trial's id, for a row of one trial.
    pub trial: Option<String>,
    /// What made its numbers; `None` for the paper's.
    pub version: Option<Version>,
    /// Trials of different seeds behind the row; 0 for the paper's.
    pub seeds: usize,
    pub cells: BTreeMap<Labels, Cell>,
    /// The paper's "max # of feature units".
    pub max_units: Option<(usize, Origin)>,
    /// Length of the feature vector.
    pub dimensions: Option<usize>,
    /// The first trial's record, for the scale; `None` for the paper's rows.
    pub run: Option<RunRecord>,
    /// The scale in words.
    pub scale: String,
}

/// Whose row it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Paper,
    Trained,
    Untrained,
    Pixels,
    KMeans,
}

/// An accuracy and how it was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Fraction from 0 to 1.
    pub accuracy: f64,
    /// Half-width of the 95% interval, a fraction.
    pub interval: Option<f64>,
    pub origin: Origin,
    /// The C that validation chose; `None` where seeds chose differently, and for the paper's rows.
    pub c: Option<f64>,
    pub draws: usize,
    pub solver: String,
    pub train_rows: usize,
    pub test_rows: usize,
}

/// The paper's rows, then ours group by group: each trial, the mean where there are several, the controls; of ours the probes
/// that `keep` keeps.
pub fn rows(
    experiment: &Experiment,
    data: &str,
    published: Option<&PublishedTable>,
    keep: fn(&ProbeRecord) -> bool,
) -> Vec<AccuracyRow> {
    let mut rows: Vec<AccuracyRow> = published.map(paper_rows).unwrap_or_default();
    let groups = groups::groups(experiment);
    for (i, group) in groups.iter().enumerate() {
        for features in [
            Features::Trained,
            Features::Untrained,
            Features::Pixels,
            Features::KMeans,
        ] {
            for mut row in group_rows(group, features, data, groups.len() > 1, keep) {
                row.group = Some(i);
                if groups.len() > 1 {
                    row.arm = words::short_label(&group.arm);
                }
                // Pixels know nothing of seeds or arms: one row says it.
                let said = row.kind == Kind::Pixels
                    && rows
                        .iter()
                        .any(|r| r.kind == Kind::Pixels && r.cells == row.cells);
                if !said {
                    rows.push(row);
                }
            }
        }
    }
    // The one row of pixels belongs to no arm.
    if let [i] = rows
        .iter()
        .enumerate()
        .filter(|(_, r)| r.kind == Kind::Pixels)
        .map(|(i, _)| i)
        .collect::<Vec<_>>()[..]
        && let Some(run) = &rows[i].run
        && run.status == Status::Finished
    {
        rows[i].model = describe::model(Features::Pixels, run);
        rows[i].arm = String::new();
    }
    let versions = Versions::of(rows.iter().map(|r| r.version));
    for row in &mut rows {
        let sign = versions.sign(row.version);
        row.model += &sign;
        if !row.arm.is_empty() {
            row.arm += &sign;
        }
    }
    rows
}

fn paper_rows(table: &PublishedTable) -> Vec<AccuracyRow> {
    let row = |row: &crate::report::published::PublishedRow| AccuracyRow {
        model: row.model.clone(),
        kind: Kind::Paper,
        group: None,
        arm: String::new(),
        trial: None,
        version: None,
        seeds: 0,
        cells: row
            .cells
            .iter()
            .filter_map(|(column, cell)| {
                let labels = match column.as_str() {
                    "all" => Labels::All,
                    other => Labels::PerClass(other.parse().ok()?),
                };
                Some((
                    labels,
                    Cell {
                        accuracy: cell.value,
                        interval: cell.interval,
                        origin: Origin::Printed(cell.source),
                        c: None,
                        draws: 0,
                        solver: String::new(),
                        train_rows: 0,
                        test_rows: 0,
                    },
                ))
            })
            .collect(),
        max_units: row
            .cells
            .get("units")
            .map(|cell| (cell.value as usize, Origin::Printed(cell.source))),
        dimensions: row.dimensions,
        run: None,
        scale: row.scale.clone().unwrap_or_default(),
    };
    table.rows.iter().map(row).collect()
}

/// The rows of a group for each version of the protocol that its trials were probed by.
fn group_rows(
    group: &Group,
    features: Features,
    data: &str,
    several_groups: bool,
    keep: fn(&ProbeRecord) -> bool,
) -> Vec<AccuracyRow> {
    let is = |p: &&ProbeRecord| p.data == data && p.features == features && keep(p);
    let probes = group.trials.iter().flat_map(|t| &t.probes).filter(is);
    let protocols: BTreeSet<u32> = probes.map(|p| p.protocol).collect();
    let of = |protocol: u32| {
        let kept = |p: &&ProbeRecord| is(p) && p.protocol == protocol;
        protocol_rows(group, features, protocol, several_groups, &kept)
    };
    protocols.into_iter().flat_map(of).collect()
}

/// The rows of a group's trials, then their mean, of the probes that `kept` keeps, all of one protocol.
fn protocol_rows(
    group: &Group,
    features: Features,
    protocol: u32,
    several_groups: bool,
    kept: &dyn Fn(&&ProbeRecord) -> bool,
) -> Vec<AccuracyRow> {
    let mut rows: Vec<AccuracyRow> = Vec::new();
    for trial in &group.trials {
        let mut probes: BTreeMap<Labels, &ProbeRecord> = BTreeMap::new();
        for probe in trial.probes.iter().filter(kept) {
            probes.insert(probe.labels, probe);
        }
        let Some(first) = probes.values().next() else {
            continue;
        };
        let mut model = describe::model(features, &trial.run);
        if several_groups || group.trials.len() > 1 {
            model = format!("{model}, {}", words::short_label(trial.name()));
        }
        if trial.run.status != Status::Finished {
            model = format!("{model} [{}]", words::status(trial.run.status));
        }
        rows.push(AccuracyRow {
            model,
            kind: kind(features),
            group: None,
            arm: String::new(),
            trial: Some(trial.run.trial.clone()),
            version: Some(Version::of_features(trial, features, protocol)),
            seeds: 1,
            max_units: (features != Features::Pixels)
                .then_some((first.max_units, Origin::Measured)),
            dimensions: Some(first.dimensions),
            scale: describe::scale(features, &trial.run),
            run: Some(trial.run.clone()),
            cells: probes
                .iter()
                .map(|(labels, p)| (*labels, cell(p)))
                .collect(),
        });
    }
    let alike = rows.windows(2).all(|pair| pair[0].cells == pair[1].cells);
    match rows.first().cloned() {
        // Nothing varies with the seed: one row stands for all.
        Some(mut first) if alike && rows.len() > 1 && features == Features::Pixels => {
            first.model = with_arm(
                describe::model(features, &group.trials[0].run),
                group,
                several_groups,
            );
            vec![first]
        }
        Some(_) if rows.len() > 1 => {
            let base = describe::model(features, &group.trials[0].run);
            let base = with_arm(base, group, several_groups);
            rows.push(mean_row(base, &rows));
            rows
        }
        _ => rows,
    }
}

/// The mean of the rows of two trials or more; of each number of labels over those that have it.
fn mean_row(model: String, rows: &[AccuracyRow]) -> AccuracyRow {
    let first = rows[0].clone();
    let mut cells = BTreeMap::new();
    let mut seeds = 0;
    for (labels, pattern) in &first.cells {
        let found: Vec<&Cell> = rows.iter().filter_map(|r| r.cells.get(labels)).collect();
        let accuracies: Vec<f64> = found.iter().map(|c| c.accuracy).collect();
        if let Some(estimate) = groups::mean_of(&accuracies) {
            seeds = seeds.max(found.len());
            let mut cell = pattern.clone();
            cell.accuracy = estimate.mean;
            cell.interval = estimate.interval;
            cell.c = cell.c.filter(|c| found.iter().all(|f| f.c == Some(*c)));
            cells.insert(*labels, cell);
        }
    }
    AccuracyRow {
        model: format!("{model}, mean of {seeds} seeds"),
        trial: None,
        seeds,
        cells,
        ..first
    }
}

fn with_arm(model: String, group: &Group, several_groups: bool) -> String {
    if several_groups && !group.arm.is_empty() {
        format!("{model}, {}", words::short_label(&group.arm))
    } else {
        model
    }
}

fn kind(features: Features) -> Kind {
    match features {
        Features::Trained => Kind::Trained,
        Features::Untrained => Kind::Untrained,
        Features::Pixels => Kind::Pixels,
        Features::KMeans => Kind::KMeans,
    }
}

fn cell(probe: &ProbeRecord) -> Cell {
    Cell {
        accuracy: probe.accuracy,
        interval: probe.interval,
        origin: Origin::Measured,
        c: Some(probe.c),
        draws: probe.draws.len(),
        solver: probe.solver.clone(),
        train_rows: probe.train_rows,
        test_rows: probe.test_rows,
    }
}
