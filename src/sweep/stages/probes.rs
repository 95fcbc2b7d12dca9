//! The probe stage: every protocol on features of each kind; each result kept by what determines it.

use rand::RngCore;

use super::{Inputs, Stage};
use crate::probe::{self, ProbeError, ProbeSettings, svm};
use crate::spec::{Features, Labels, ProbeSpec, Solver, Spec};
use crate::sweep::SweepError;
use crate::sweep::fingerprints::Source;
use crate::sweep::preflight::{Sets, refused};
use crate::sweep::trial_context::{TrialContext, layer};
use crate::track::Streams;
use crate::track::format::ProbeRecord;
use crate::track::protocol;

pub(super) struct Probes;

impl Stage for Probes {
    const NAME: &'static str = "probe";
    const RESULTS: &'static str = "probes";
    const VERSION: u32 = 1 + protocol::PROBE;
    type Wanted<'s> = (&'s ProbeSpec, Features);
    type Record = ProbeRecord;

    fn wanted(spec: &Spec) -> Result<Vec<Self::Wanted<'_>>, SweepError> {
        Ok(wanted(spec))
    }

    fn reads<'s>(&(probe, kind): &Self::Wanted<'s>, spec: &'s Spec) -> Inputs<'s> {
        // The controls of one probe do not depend on each other, nor on the neighbours' rows.
        let alone = ProbeSpec {
            controls: Vec::new(),
            kmeans: layer(probe, kind),
            knn: None,
            ..probe.clone()
        };
        Inputs {
            spec: serde_json::json!([alone, kind, spec.seed, spec.data.size]),
            contents: vec![Source::set(&probe.data)],
        }
    }

    /// Refuse data sets without labels, and classes too small for what a probe draws.
    fn check(spec: &Spec, sets: &mut Sets) -> Result<(), SweepError> {
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

    fn find(
        trial: &mut TrialContext,
        &(probe, kind): &Self::Wanted<'_>,
    ) -> Result<ProbeRecord, SweepError> {
        let rows = trial.rows(probe, kind)?;
        let max_units = match kind {
            Features::Pixels => trial.dataset.images.c,
            Features::KMeans => probe.kmeans.map_or(0, |layer| layer.units),
            _ => trial.nets.discriminator.max_units(),
        };
        let progress = trial.context.progress;
        progress.note(&format!("probe, {} labels: {}", probe.labels, name(kind)));
        let found = probe::probe(
            rows.train(),
            rows.test(),
            rows.classes(),
            &settings(probe),
            draws(probe, trial.spec),
            progress,
        )
        .map_err(|e| e.named(rows.class_names()))?;
        Ok(found.into_record(&probe.data, kind, max_units))
    }

    fn rank((_, kind): &Self::Wanted<'_>) -> usize {
        rank(*kind)
    }
}

/// Kind by kind, so that each kind's features are made once.
pub(super) fn rank(kind: Features) -> usize {
    match kind {
        Features::Trained => 0,
        Features::Untrained => 1,
        Features::Pixels => 2,
        Features::KMeans => 3,
    }
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
