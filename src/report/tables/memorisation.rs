//! The table that tells whether the generator copies training images: its samples against held-out images.

use polars::error::PolarsResult;

use super::table::{Columns, Table, failed};
use crate::report::ReportError;
use crate::report::collect::{Experiment, record};
use crate::report::published::Published;
use crate::report::versions::{Version, Versions};
use crate::report::words;
use crate::track::memorisation::{FILE, Memorisation, MemorisationRecord, SpaceRecord};

const ID: &str = "memorisation";

/// A space of an epoch of a trial.
struct SpaceRow {
    trial: String,
    version: Version,
    record: MemorisationRecord,
    space: SpaceRecord,
}

/// One table where a trial ran the stage.
///
/// # Errors
/// [`ReportError::Table`].
pub fn tables(experiment: &Experiment, _: &Published) -> Result<Vec<Table>, ReportError> {
    let mut rows = Vec::new();
    for trial in &experiment.trials {
        let Some(found) = record::<Memorisation>(trial, FILE) else {
            continue;
        };
        for record in found.epochs {
            rows.extend(record.spaces.iter().map(|space| SpaceRow {
                trial: trial.name().to_string(),
                version: Version::of(trial, found.protocol),
                space: space.clone(),
                record: record.clone(),
            }));
        }
    }
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![table(&rows).map_err(failed(ID))?])
}

/// What of a row a column shows.
type Of<T> = fn(&SpaceRow) -> T;

/// A column for people.
const SHOWN: [(&str, Of<String>); 8] = [
    ("Epoch", |r| r.record.epoch.to_string()),
    ("Nearest in", |r| r.space.space.name().to_string()),
    ("Samples", |r| short(r.space.samples.median())),
    ("Held-out", |r| short(r.space.held_out.median())),
    ("Nearer than 1%", |r| {
        range(r.space.nearer, r.space.nearer_interval)
    }),
    ("Nearer than held-out", |r| {
        let s = &r.space;
        range(s.nearer_than_held_out, s.nearer_than_held_out_interval)
    }),
    ("Copies", |r| words::percent(r.space.samples.copies)),
    ("Held-out copies", |r| {
        words::percent(r.space.held_out.copies)
    }),
];

/// A column of numbers for programs.
const NUMBERS: [(&str, Of<f64>); 14] = [
    ("epoch", |r| r.record.epoch as f64),
    ("dimensions", |r| r.space.dimensions as f64),
    ("samples", |r| r.record.samples as f64),
    ("held_out_images", |r| r.record.held_out_images as f64),
    ("training_images", |r| r.record.training_images as f64),
    ("median_samples", |r| r.space.samples.median()),
    ("median_held_out", |r| r.space.held_out.median()),
    ("median_ratio", |r| r.space.median_ratio.unwrap_or(f64::NAN)),
    ("nearer", |r| r.space.nearer),
    ("nearer_than_held_out", |r| r.space.nearer_than_held_out),
    ("copies_samples", |r| r.space.samples.copies),
    ("copies_held_out", |r| r.space.held_out.copies),
    ("relative_samples", |r| r.space.samples.relative),
    ("relative_held_out", |r| r.space.held_out.relative),
];

fn table(rows: &[SpaceRow]) -> PolarsResult<Table> {
    let versions = Versions::of(rows.iter().map(|r| Some(r.version)));
    let name = |r: &SpaceRow| words::short_label(&r.trial) + &versions.sign(Some(r.version));
    let mut shown = Columns::of(rows).with("Trial", name);
    for (head, of) in SHOWN {
        shown = shown.with(head, of);
    }
    let mut data = Columns::of(rows)
        .with("trial", |r| r.trial.clone())
        .with("training_version", |r| r.version.training)
        .with("protocol_version", |r| r.version.protocol)
        .with("space", |r| r.space.space.name());
    for (name, of) in NUMBERS {
        data = data.with(name, of);
    }
    let counts = rows.first().map_or(String::new(), |r| {
        format!(
            "{} samples and {} held-out images (split `{}`) against {} training images. ",
            words::thousands(r.record.samples as u64),
            words::thousands(r.record.held_out_images as u64),
            r.record.held_out,
            words::thousands(r.record.training_images as u64),
        )
    });
    Ok(Table {
        id: ID.to_string(),
        title: "Nearest training images of generated and of held-out images".to_string(),
        data: data.frame()?,
        shown: shown.frame()?,
        left: vec!["Trial", "Nearest in"],
        notes: Vec::new(),
        rules: Vec::new(),
        remarks: vec![
            format!(
                "{counts}Samples, Held-out: median distance to the nearest training image (root mean square of a \
                 pixel, 0 to 255, or of a feature of D)."
            ),
            "Nearer than 1%: samples that lie nearer to a training image than the nearest hundredth of the held-out \
             images; 1% is expected of a generator that copies nothing. Nearer than held-out: the chance that a sample \
             lies nearer than a held-out image; below 50% samples keep further away from the training images than real \
             images do. Ranges are 95% intervals."
                .to_string(),
            "Copies: images whose nearest training image is less than a third as far as the second nearest. Smooth \
             images lie near to everything in pixels; only copies have such a quotient."
                .to_string(),
        ]
        .into_iter()
        .chain(versions.remark())
        .collect(),
    })
}

fn short(distance: f64) -> String {
    match distance {
        1.0.. => format!("{distance:.1}"),
        _ => format!("{distance:.3}"),
    }
}

fn range(share: f64, [low, high]: [f64; 2]) -> String {
    let plain = |p: f64| format!("{:.1}", p * 100.0);
    format!(
        "{} ({} to {})",
        words::percent(share),
        plain(low),
        plain(high)
    )
}
