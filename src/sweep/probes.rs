//! The probe stage: every protocol on features of each kind; each result kept by what determines it.

use rand::RngCore;

use super::SweepError;
use super::kept::Kept;
use super::preflight::{Sets, refused};
use super::prints::{Prints, Read};
use super::trial::Stage;
use super::work::{Rows, Work, layer};
use crate::probe::{self, ProbeError, ProbeSettings, svm};
use crate::spec::{Features, Labels, ProbeSpec, Solver, Spec};
use crate::track::Streams;
use crate::track::format::ProbeRecord;
use crate::track::protocol;
use crate::track::run::RunFolder;

/// What results are kept under: raised with the protocol.
const VERSION: u32 = 1 + protocol::PROBE;

const KEPT: Kept<ProbeRecord> = Kept {
    stage: "probe",
    folder: "probes",
    wanted,
    key,
    find,
};

/// Whether every probe that the spec asks for has its result.
pub(super) fn done(folder: &RunFolder, spec: &Spec, prints: &Prints) -> Result<bool, SweepError> {
    KEPT.done(folder, spec, prints)
}

/// Refuse data sets without labels, and classes too small for what a probe draws.
pub(super) fn check(spec: &Spec, sets: &mut Sets) -> Result<(), SweepError> {
    for (i, probe) in spec.probe.iter().enumerate() {
        let key = format!("probe.{i}.data");
        let [train, _] = sets.labelled("probe.data", &key, &probe.data)?;
        let labels = train.labels.as_deref().unwrap_or_default();
        probe::check_rows(labels, train.classes.len(), &settings(probe)).map_err(|e| {
            let key = match &e {
                ProbeError::Setting { key, .. } => format!("probe.{i}.{key}"),
                ProbeError::Svm(_) => key,
                _ => format!("probe.{i}.labels"),
            };
            refused(&key, e.named(&train.classes))
        })?;
    }
    Ok(())
}

/// Run what is missing; write `probes.json`.
pub(super) fn run(work: &mut Work) -> Result<Stage<()>, SweepError> {
    let Some(records) = KEPT.run(work)? else {
        return Ok(Stage::Stopped);
    };
    work.folder.write_probes(&records)?;
    Ok(Stage::Done(()))
}

/// Every probe with every kind of features that it asks for, in the order of the spec.
pub(super) fn wanted(spec: &Spec) -> Vec<(&ProbeSpec, Features)> {
    spec.probe
        .iter()
        .flat_map(|probe| {
            std::iter::once(Features::Trained)
                .chain(probe.controls.iter().copied())
                .map(move |kind| (probe, kind))
        })
        .collect()
}

fn key(probe: &ProbeSpec, kind: Features, spec: &Spec, prints: &Prints) -> String {
    // The controls of one probe do not depend on each other, nor on the neighbours' rows.
    let alone = ProbeSpec {
        controls: Vec::new(),
        kmeans: layer(probe, kind),
        knn: None,
        ..probe.clone()
    };
    // Version 3 tries every value of a given grid.
    let version = VERSION + u32::from(probe.c.as_ref().is_some_and(|c| c.len() > 1));
    let parts = serde_json::json!([version, alone, kind, spec.seed, spec.data.size]);
    prints.key(parts, &[Read::Set(&probe.data)])
}

/// Run one protocol.
fn find(
    work: &Work,
    rows: &Rows,
    probe: &ProbeSpec,
    kind: Features,
) -> Result<ProbeRecord, ProbeError> {
    let max_units = match kind {
        Features::Pixels => work.dataset.images.c,
        Features::KMeans => probe.kmeans.map_or(0, |layer| layer.units),
        _ => work.nets.discriminator.max_units(),
    };
    let progress = work.context.progress;
    progress.note(&format!("probe, {} labels: {}", probe.labels, name(kind)));
    let found = probe::probe(
        rows.train(),
        rows.test(),
        rows.classes(),
        &settings(probe),
        draws(probe, work.spec),
        progress,
    )?;
    Ok(found.into_record(&probe.data, kind, max_units))
}

/// The seed of a probe's hold-out and draws.
pub(super) fn draws(probe: &ProbeSpec, spec: &Spec) -> u64 {
    let stream = stream(&probe.data, probe.labels);
    Streams::new(spec.seed).stream(&stream).next_u64()
}

/// The stream of a probe's hold-out and draws. It does not depend on what is probed: trained, untrained and pixels, SVM,
/// neighbours and a supervised net see the same rows.
pub(super) fn stream(data: &str, labels: Labels) -> String {
    format!("probe.{data}.{labels}")
}

pub(super) fn settings(probe: &ProbeSpec) -> ProbeSettings {
    ProbeSettings {
        labels: probe.labels,
        draws: probe.draws,
        c: probe.c.clone(),
        solver: match probe.solver {
            Solver::Auto => svm::Solver::Auto,
            Solver::Linfa => svm::Solver::Linfa,
            Solver::Primal => svm::Solver::Primal,
        },
        validation: probe.validation,
        selection_draws: probe.selection_draws,
    }
}

pub(super) fn name(kind: Features) -> &'static str {
    match kind {
        Features::Trained => "trained D",
        Features::Untrained => "untrained D",
        Features::Pixels => "raw pixels",
        Features::KMeans => "k-means",
    }
}
