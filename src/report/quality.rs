//! The table of quality metrics: a row for each comparison of each trial.

use polars::error::PolarsResult;
use polars::prelude::{Column, DataFrame, NamedFrom, Series};

use super::ReportError;
use super::collect::{Experiment, Trial, record};
use super::published::Published;
use super::table::{Table, text_frame};
use super::words;
use crate::track::quality::QualityRecord;

const ID: &str = "quality";

type Row<'a> = (&'a Trial, QualityRecord);

/// The table, where any trial's samples were compared.
///
/// # Errors
/// [`ReportError::Table`].
pub fn tables(experiment: &Experiment, _: &Published) -> Result<Vec<Table>, ReportError> {
    let mut rows: Vec<Row> = Vec::new();
    for trial in &experiment.trials {
        let found: Option<Vec<QualityRecord>> = record(trial, "quality.json");
        rows.extend(found.unwrap_or_default().into_iter().map(|r| (trial, r)));
    }
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    // What may be compared stands together.
    rows.sort_by_key(|(_, record)| kind(record));
    let table = table(&rows).map_err(|source| ReportError::Table {
        table: ID.to_string(),
        source,
    })?;
    Ok(vec![table])
}

/// Records that agree in this have numbers that may be compared.
fn kind(r: &QualityRecord) -> (String, String, usize, usize) {
    (r.net.clone(), r.against.clone(), r.samples, r.reference)
}

fn table(rows: &[Row]) -> PolarsResult<Table> {
    let texts = |of: &dyn Fn(&QualityRecord) -> String| -> Vec<String> {
        rows.iter().map(|(_, r)| of(r)).collect()
    };
    let number = |v: f64| format!("{v:.3}");
    let mut columns = vec![
        (
            "Trial".to_string(),
            rows.iter()
                .map(|(t, _)| words::short_label(t.name()))
                .collect(),
        ),
        ("Space".to_string(), texts(&|r| r.space.clone())),
        ("Fréchet".to_string(), texts(&|r| number(r.frechet))),
        (
            "Kernel × 1,000".to_string(),
            texts(&|r| {
                let (mean, off) = (1e3 * r.kernel.mean, 1e3 * r.kernel.deviation);
                match r.kernel.subsets {
                    1 => number(mean),
                    _ => format!("{mean:.3} (±{off:.3})"),
                }
            }),
        ),
    ];
    if rows.iter().any(|(_, r)| r.inception_score.is_some()) {
        let score = |r: &QualityRecord| match r.inception_score {
            Some(s) => format!("{:.2} (±{:.2})", s.mean, s.deviation),
            None => "–".to_string(),
        };
        columns.push(("Inception score".to_string(), texts(&score)));
    }
    columns.extend([
        (
            "Precision".to_string(),
            texts(&|r| number(r.neighbours.precision)),
        ),
        (
            "Recall".to_string(),
            texts(&|r| number(r.neighbours.recall)),
        ),
        (
            "Density".to_string(),
            texts(&|r| number(r.neighbours.density)),
        ),
        (
            "Coverage".to_string(),
            texts(&|r| number(r.neighbours.coverage)),
        ),
        ("Comparison".to_string(), texts(&comparison)),
    ]);
    let kinds: Vec<_> = rows.iter().map(|(_, r)| kind(r)).collect();
    Ok(Table {
        id: ID.to_string(),
        title: "Samples against real images".to_string(),
        data: data(rows)?,
        shown: text_frame(columns)?,
        left: vec!["Trial", "Space", "Comparison"],
        notes: vec!["Comparison"],
        rules: (1..rows.len())
            .filter(|&i| kinds[i] != kinds[i - 1])
            .collect(),
        remarks: remarks(rows),
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

fn remarks(rows: &[Row]) -> Vec<String> {
    let mut remarks = vec![
        "Fréchet and kernel distance: less is nearer. Compare rows between two rules only: the numbers depend on the space, on what is compared with and on the number of images, and the Fréchet distance of few images is too large.".to_string(),
    ];
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

fn data(rows: &[Row]) -> PolarsResult<DataFrame> {
    let text = |name: &str, of: &dyn Fn(&Row) -> String| -> Column {
        let cells: Vec<String> = rows.iter().map(of).collect();
        Series::new(name.into(), cells).into()
    };
    let number = |name: &str, of: &dyn Fn(&QualityRecord) -> Option<f64>| -> Column {
        let cells: Vec<Option<f64>> = rows.iter().map(|(_, r)| of(r)).collect();
        Series::new(name.into(), cells).into()
    };
    let count = |name: &str, of: &dyn Fn(&QualityRecord) -> usize| -> Column {
        let cells: Vec<u64> = rows.iter().map(|(_, r)| of(r) as u64).collect();
        Series::new(name.into(), cells).into()
    };
    DataFrame::new_infer_height(vec![
        text("trial", &|(t, _)| t.run.trial.clone()),
        text("label", &|(t, _)| t.run.label.clone()),
        text("space", &|(_, r)| r.space.clone()),
        text("net", &|(_, r)| r.net.clone()),
        text("against", &|(_, r)| r.against.clone()),
        count("samples", &|r| r.samples),
        count("reference", &|r| r.reference),
        count("dimensions", &|r| r.dimensions),
        number("seed", &|r| Some(r.seed as f64)),
        number("frechet", &|r| Some(r.frechet)),
        number("kernel", &|r| Some(r.kernel.mean)),
        number("kernel_deviation", &|r| Some(r.kernel.deviation)),
        count("kernel_subsets", &|r| r.kernel.subsets),
        count("kernel_subset_size", &|r| r.kernel.size),
        number("inception_score", &|r| Some(r.inception_score?.mean)),
        number("inception_score_deviation", &|r| {
            Some(r.inception_score?.deviation)
        }),
        number("precision", &|r| Some(r.neighbours.precision)),
        number("recall", &|r| Some(r.neighbours.recall)),
        number("density", &|r| Some(r.neighbours.density)),
        number("coverage", &|r| Some(r.neighbours.coverage)),
    ])
}
