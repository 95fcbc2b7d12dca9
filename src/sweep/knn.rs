//! The neighbours' stage: table 2's KNN rows, on the draws of the probe that asks for them; each result kept as the probes' are.

use std::time::Instant;

use rand::RngCore;

use super::SweepError;
use super::id::short;
use super::nets::Nets;
use super::probes::{self, Work};
use super::trial::{Context, Stage};
use crate::data::Dataset;
use crate::probe::{self, ProbeError};
use crate::spec::{Features, ProbeSpec, Spec};
use crate::track::Streams;
use crate::track::format::RunRecord;
use crate::track::knn::KnnRecord;
use crate::track::run::{self, RunFolder};

/// Raised when the same neighbours would give other numbers than before.
const VERSION: u32 = 1;

/// Whether every row that the spec asks for has its result.
pub(super) fn done(folder: &RunFolder, spec: &Spec) -> Result<bool, SweepError> {
    for (probe, kind) in wanted(spec) {
        if stored(folder, &key(probe, kind, spec))?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Run what is missing; write `knn.json`.
pub(super) fn run(
    spec: &Spec,
    nets: &Nets,
    dataset: &Dataset,
    context: &Context,
    folder: &RunFolder,
    record: &mut RunRecord,
) -> Result<Stage<()>, SweepError> {
    let wanted = wanted(spec);
    if wanted.is_empty() {
        return Ok(Stage::Done(()));
    }
    let mut work = Work::new(spec, nets, dataset, context, folder);
    for kind in [
        Features::Pixels,
        Features::Trained,
        Features::Untrained,
        Features::KMeans,
    ] {
        for (probe, _) in wanted.iter().filter(|(_, k)| *k == kind) {
            let key = key(probe, kind, spec);
            if stored(folder, &key)?.is_some() {
                continue;
            }
            let started = Instant::now();
            let result = classify(&mut work, spec, probe, kind, context, record);
            let done = matches!(result, Ok(Some(_)));
            record.stage("knn", started.elapsed().as_secs_f64(), done);
            let Some(result) = result? else {
                return Ok(Stage::Stopped);
            };
            run::write_json(&folder.path(&format!("knn/{key}.json")), &result)?;
            folder.write_record(record)?;
        }
    }
    let mut records = Vec::new();
    for (probe, kind) in wanted {
        records.extend(stored(folder, &key(probe, kind, spec))?);
    }
    run::write_json(&folder.path("knn.json"), &records)?;
    Ok(Stage::Done(()))
}

/// Every probe with neighbours, with every kind of features that it asks for, in the order of the spec.
fn wanted(spec: &Spec) -> Vec<(&ProbeSpec, Features)> {
    let asked = probes::wanted(spec).into_iter();
    asked.filter(|(probe, _)| probe.knn.is_some()).collect()
}

fn key(probe: &ProbeSpec, kind: Features, spec: &Spec) -> String {
    // What the SVM is fitted with changes nothing here.
    let parts = serde_json::json!([
        VERSION,
        probe.data,
        probe.labels,
        probe.draws,
        probe.validation,
        probe.selection_draws,
        probe.knn,
        kind,
        spec.seed,
        spec.data.size
    ]);
    short(parts.to_string())
}

fn stored(folder: &RunFolder, key: &str) -> Result<Option<KnnRecord>, SweepError> {
    Ok(run::read_json(&folder.path(&format!("knn/{key}.json")))?)
}

/// `None` where the user stopped it.
fn classify(
    work: &mut Work,
    spec: &Spec,
    probe: &ProbeSpec,
    kind: Features,
    context: &Context,
    record: &mut RunRecord,
) -> Result<Option<KnnRecord>, SweepError> {
    if !work.prepare(probe, kind, record)? {
        return Ok(None);
    }
    let Some(rows) = work.rows(probe)? else {
        return Ok(None);
    };
    let k = probe.knn.as_deref().unwrap_or_default();
    let what = format!(
        "neighbours, {} labels: {}",
        probe.labels,
        probes::name(kind)
    );
    context.progress.note(&what);
    let found = probe::knn(
        rows.train(),
        rows.test(),
        rows.classes,
        &probes::settings(probe),
        k,
        Streams::new(spec.seed)
            .stream(&probes::stream(&probe.data, probe.labels))
            .next_u64(),
        context.progress,
    );
    match found {
        Ok(found) => Ok(Some(found.into_record(&probe.data, kind))),
        Err(ProbeError::Stopped) => Ok(None),
        Err(e) => Err(e.into()),
    }
}
