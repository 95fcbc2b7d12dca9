//! The rows of an accuracy table on one data set: the paper's, ours, and our controls.

use std::collections::BTreeMap;

use super::collect::Experiment;
use super::groups::{self, Group};
use super::published::{PublishedTable, Source};
use super::words;
use crate::track::format::{Features, Labels, ProbeRecord, RunRecord, Status};

/// One model's results on one data set.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What people read, unique in the table but for the scale.
    pub model: String,
    pub kind: Kind,
    /// Which group of trials it is of, from 0; `None` for the paper's.
    pub group: Option<usize>,
    /// What sets that group apart; empty where there is one group, and for the paper's.
    pub arm: String,
    /// The trial's id, for a row of one trial.
    pub trial: Option<String>,
    /// Trials of different seeds behind the row; 0 for the paper's.
    pub seeds: usize,
    pub cells: BTreeMap<Labels, Cell>,
    /// The paper's "max # of feature units".
    pub max_units: Option<(usize, &'static str)>,
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
    /// `measured`, or the source of a published number.
    pub source: &'static str,
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
) -> Vec<Row> {
    let mut rows: Vec<Row> = published.map(paper_rows).unwrap_or_default();
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
        rows[i].model = name(Features::Pixels, run);
        rows[i].arm = String::new();
    }
    rows
}

fn paper_rows(table: &PublishedTable) -> Vec<Row> {
    let row = |row: &super::published::PublishedRow| Row {
        model: row.model.clone(),
        kind: Kind::Paper,
        group: None,
        arm: String::new(),
        trial: None,
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
                        source: cell.source.name(),
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
            .map(|cell| (cell.value as usize, Source::name(cell.source))),
        dimensions: row.dimensions,
        run: None,
        scale: row.scale.clone().unwrap_or_default(),
    };
    table.rows.iter().map(row).collect()
}

fn group_rows(
    group: &Group,
    features: Features,
    data: &str,
    several_groups: bool,
    keep: fn(&ProbeRecord) -> bool,
) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for trial in &group.trials {
        let mut probes: BTreeMap<Labels, &ProbeRecord> = BTreeMap::new();
        for probe in trial
            .probes
            .iter()
            .filter(|p| p.data == data && p.features == features && keep(p))
        {
            probes.insert(probe.labels, probe);
        }
        let Some(first) = probes.values().next() else {
            continue;
        };
        let mut model = name(features, &trial.run);
        if several_groups || group.trials.len() > 1 {
            model = format!("{model}, {}", words::short_label(trial.name()));
        }
        if trial.run.status != Status::Finished {
            model = format!("{model} [{}]", words::status(trial.run.status));
        }
        rows.push(Row {
            model,
            kind: kind(features),
            group: None,
            arm: String::new(),
            trial: Some(trial.run.trial.clone()),
            seeds: 1,
            max_units: (features != Features::Pixels).then_some((first.max_units, "measured")),
            dimensions: Some(first.dimensions),
            scale: scale(features, &trial.run),
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
            first.model = with_arm(name(features, &group.trials[0].run), group, several_groups);
            vec![first]
        }
        Some(first) if rows.len() > 1 => {
            rows.push(mean_row(first, group, features, data, several_groups));
            rows
        }
        _ => rows,
    }
}

fn mean_row(first: Row, group: &Group, features: Features, data: &str, several: bool) -> Row {
    let mut cells = BTreeMap::new();
    let mut seeds = 0;
    for (labels, pattern) in &first.cells {
        let probes = group.probes(features, data, *labels);
        if let Some(estimate) = groups::over_seeds(&probes) {
            seeds = seeds.max(probes.len());
            let mut cell = pattern.clone();
            cell.accuracy = estimate.mean;
            cell.interval = estimate.interval;
            cell.c = cell.c.filter(|c| probes.iter().all(|p| p.c == *c));
            cells.insert(*labels, cell);
        }
    }
    let base = name(features, &group.trials[0].run);
    Row {
        model: format!("{}, mean of {seeds} seeds", with_arm(base, group, several)),
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
        source: "measured",
        c: Some(probe.c),
        draws: probe.draws.len(),
        solver: probe.solver.clone(),
        train_rows: probe.train_rows,
        test_rows: probe.test_rows,
    }
}

/// Whether the weights are the authors' and not trained here.
pub fn released(run: &RunRecord) -> bool {
    run.scale.net.starts_with("released")
}

/// Whether the weights came in a PyTorch checkpoint.
fn from_pytorch(run: &RunRecord) -> bool {
    run.scale.net.starts_with("PyTorch")
}

/// A row of ours in words.
pub fn name(features: Features, run: &RunRecord) -> String {
    match features {
        Features::Trained if released(run) => "DCGAN + L2-SVM, released weights (ours)",
        Features::Trained if from_pytorch(run) => "PyTorch checkpoint + L2-SVM (ours)",
        Features::Trained => "DCGAN + L2-SVM (ours)",
        Features::Untrained => "same D, untrained (ours)",
        Features::Pixels => "raw pixels + L2-SVM (ours)",
        Features::KMeans => "1 layer k-means (ours)",
    }
    .to_string()
}

/// The scale of a row of ours in words.
pub fn scale(features: Features, run: &RunRecord) -> String {
    let s = &run.scale;
    let profile = match &run.profile {
        Some(profile) => format!("{profile} profile: "),
        None => String::new(),
    };
    let net = format!("{}, width {}, {} px", s.net, s.width, s.size);
    match features {
        Features::Trained if released(run) || from_pytorch(run) => {
            format!("{profile}{net}; weights from {}", s.trained_on)
        }
        Features::Trained => format!(
            "{profile}{net}; {} on {} ({} images)",
            words::count(s.epochs, "epoch"),
            s.trained_on,
            words::thousands(s.images as u64)
        ),
        Features::Untrained => format!("{profile}{net}; before its first step"),
        Features::Pixels => format!("{profile}no net, {} px", s.size),
        Features::KMeans => format!("{profile}no net, 6x6 patches, {} px", s.size),
    }
}
