//! The table of quality metrics: a row for each comparison of each trial.

use polars::error::PolarsResult;
use polars::prelude::DataFrame;

use super::marks::{PlusMinus, or_absent, plus_minus};
use super::table::{Columns, Table, failed};
use crate::report::ReportError;
use crate::report::collect::{Experiment, Trial, record};
use crate::report::published::Published;
use crate::report::versions::{Version, Versions};
use crate::report::words;
use crate::track::quality::QualityRecord;

const ID: &str = "quality";

/// A comparison of a trial's samples.
type Compared<'a> = (&'a Trial, QualityRecord);

/// The table, where any trial's samples were compared.
///
/// # Errors
/// [`ReportError::Table`].
pub fn tables(experiment: &Experiment, _: &Published) -> Result<Vec<Table>, ReportError> {
    let mut rows: Vec<Compared> = Vec::new();
    for trial in &experiment.trials {
        let found: Option<Vec<QualityRecord>> = record(trial, "quality.json");
        rows.extend(found.unwrap_or_default().into_iter().map(|r| (trial, r)));
    }
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    // What may be compared stands together.
    rows.sort_by_key(|(_, record)| kind(record));
    Ok(vec![table(&rows).map_err(failed(ID))?])
}

/// Records that agree in this have numbers that may be compared.
fn kind(r: &QualityRecord) -> (String, String, usize, usize, u32) {
    (
        r.net.clone(),
        r.against.clone(),
        r.samples,
        r.reference,
        r.protocol,
    )
}

fn table(rows: &[Compared]) -> PolarsResult<Table> {
    let version = |(t, r): &Compared| Some(Version::of(t, r.protocol));
    let versions = Versions::of(rows.iter().map(version));
    let number = |v: f64| format!("{v:.3}");
    let mut shown = Columns::of(rows)
        .with("Trial", |row| {
            words::short_label(row.0.name()) + &versions.sign(version(row))
        })
        .with("Space", |(_, r)| r.space.clone())
        .with("Fréchet", |(_, r)| number(r.frechet))
        .with("Kernel × 1,000", |(_, r)| {
            let deviation = (r.kernel.subsets > 1).then_some(1e3 * r.kernel.deviation);
            plus_minus(1e3 * r.kernel.mean, deviation, number)
        });
    if rows.iter().any(|(_, r)| r.inception_score.is_some()) {
        let plain = |v: f64| format!("{v:.2}");
        shown = shown.with("Inception score", |(_, r)| {
            let score = r.inception_score;
            or_absent(score.map(|s| plus_minus(s.mean, Some(s.deviation), plain)))
        });
    }
    let shown = shown
        .with("Precision", |(_, r)| number(r.neighbours.precision))
        .with("Recall", |(_, r)| number(r.neighbours.recall))
        .with("Density", |(_, r)| number(r.neighbours.density))
        .with("Coverage", |(_, r)| number(r.neighbours.coverage))
        .with("Comparison", |(_, r)| comparison(r));
    let kinds: Vec<_> = rows.iter().map(|(_, r)| kind(r)).collect();
    Ok(Table {
        id: ID.to_string(),
        title: "Samples against real images".to_string(),
        data: data(rows)?,
        shown: shown.frame()?,
        left: vec!["Trial", "Space", "Comparison"],
        notes: vec!["Comparison"],
        rules: (1..rows.len())
            .filter(|&i| kinds[i] != kinds[i - 1])
            .collect(),
        remarks: remarks(rows).into_iter().chain(versions.remark()).collect(),
    })
}

/// What a row's numbers depend on.
fn comparison(r: &QualityRecord) -> String {
    format!(
        "{} samples against {} images of {}, {} features ({}), k = {} for precision and recall, {} for density and coverage",
        words::thousands(r.samples as u64),
        words::thousands(r.reference as u64),
        r.against,
        words::thousands(r.dimensions as u64),
        r.net,
        r.neighbours.k_precision_recall,
        r.neighbours.k_density_coverage,
    )
}

fn remarks(rows: &[Compared]) -> Vec<String> {
    let mut remarks = vec![
        "Fréchet and kernel distance: lower is nearer to the real images. Only rows between the same two lines compare: the numbers depend on the feature space, on what is compared with and on the number of images, and the Fréchet distance of few images is too large.".to_string(),
    ];
    if rows
        .iter()
        .any(|(_, r)| r.kernel.subsets > 1 || r.inception_score.is_some())
    {
        let over = "the subsets of a kernel distance, or over the stretches of an inception score";
        remarks.push(PlusMinus::Deviation(over).remark());
    }
    if rows.iter().any(|(_, r)| r.standardised) {
        remarks.push("In a discriminator's space the features are each map's mean, scaled to deviation 1 over the real images: these distances are no FID or KID of the literature.".to_string());
    }
    let few = |r: &QualityRecord| r.samples.min(r.reference) <= r.dimensions;
    if rows.iter().any(|(_, r)| few(r)) {
        remarks.push("Where there are no more images than features, the covariances are not of full rank: the Fréchet distance says little.".to_string());
    }
    if rows.iter().any(|(_, r)| r.samples < 10_000) {
        remarks.push("Papers compare 10,000 to 50,000 samples; smaller sets are for trials of one sweep among themselves.".to_string());
    }
    if rows.iter().any(|(_, r)| r.space == "trained") {
        remarks.push("`trained`: each trial in its own discriminator's space, so trials cannot be compared with one another.".to_string());
    }
    remarks
}

fn data(rows: &[Compared]) -> PolarsResult<DataFrame> {
    Columns::of(rows)
        .with("trial", |(t, _)| t.run.trial.clone())
        .with("label", |(t, _)| t.run.label.clone())
        .with("training_version", |(t, _)| t.run.training)
        .with("protocol_version", |(_, r)| r.protocol)
        .with("space", |(_, r)| r.space.clone())
        .with("net", |(_, r)| r.net.clone())
        .with("against", |(_, r)| r.against.clone())
        .with("samples", |(_, r)| r.samples as u64)
        .with("reference", |(_, r)| r.reference as u64)
        .with("dimensions", |(_, r)| r.dimensions as u64)
        .with("seed", |(_, r)| r.seed as f64)
        .with("frechet", |(_, r)| r.frechet)
        .with("kernel", |(_, r)| r.kernel.mean)
        .with("kernel_deviation", |(_, r)| r.kernel.deviation)
        .with("kernel_subsets", |(_, r)| r.kernel.subsets as u64)
        .with("kernel_subset_size", |(_, r)| r.kernel.size as u64)
        .with("inception_score", |(_, r)| Some(r.inception_score?.mean))
        .with("inception_score_deviation", |(_, r)| {
            Some(r.inception_score?.deviation)
        })
        .with("precision", |(_, r)| r.neighbours.precision)
        .with("recall", |(_, r)| r.neighbours.recall)
        .with("density", |(_, r)| r.neighbours.density)
        .with("coverage", |(_, r)| r.neighbours.coverage)
        .frame()
}
