//! The neighbours' stage: table 2's KNN rows, on the draws of the probe that asks for them; each result kept as the probes' are.

use super::SweepError;
use super::kept::Kept;
use super::preflight::{Sets, refused};
use super::prints::{Prints, Read};
use super::probes;
use super::trial::Stage;
use super::work::{Rows, Work, layer};
use crate::probe::{self, ProbeError};
use crate::spec::{Features, ProbeSpec, Spec};
use crate::track::knn::KnnRecord;
use crate::track::protocol;
use crate::track::run::{self, RunFolder};

/// What results are kept under: raised with the protocol.
const VERSION: u32 = protocol::KNN;

const KEPT: Kept<KnnRecord> = Kept {
    stage: "knn",
    folder: "knn",
    wanted,
    key,
    find,
};

/// Whether every row that the spec asks for has its result.
pub(super) fn done(folder: &RunFolder, spec: &Spec, prints: &Prints) -> Result<bool, SweepError> {
    KEPT.done(folder, spec, prints)
}

/// Refuse more neighbours than a draw has rows; the rows themselves are the probes'.
pub(super) fn check(spec: &Spec, sets: &mut Sets) -> Result<(), SweepError> {
    for (i, probe) in spec.probe.iter().enumerate() {
        let Some(k) = &probe.knn else { continue };
        let train = sets.split(&format!("probe.{i}.data"), &probe.data, "train")?;
        probe::check_neighbours(train.classes.len(), &probes::settings(probe), k)
            .map_err(|e| refused(&format!("probe.{i}.knn"), e))?;
    }
    Ok(())
}

/// Run what is missing; write `knn.json`.
pub(super) fn run(work: &mut Work) -> Result<Stage<()>, SweepError> {
    if wanted(work.spec).is_empty() {
        return Ok(Stage::Done(()));
    }
    let Some(records) = KEPT.run(work)? else {
        return Ok(Stage::Stopped);
    };
    run::write_json(&work.folder.path("knn.json"), &records)?;
    Ok(Stage::Done(()))
}

/// Every probe with neighbours, with every kind of features that it asks for, in the order of the spec.
fn wanted(spec: &Spec) -> Vec<(&ProbeSpec, Features)> {
    let asked = probes::wanted(spec).into_iter();
    asked.filter(|(probe, _)| probe.knn.is_some()).collect()
}

fn key(probe: &ProbeSpec, kind: Features, spec: &Spec, prints: &Prints) -> String {
    // What the SVM is fitted with changes nothing here.
    let mut parts = serde_json::json!([
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
    if let (Some(layer), Some(parts)) = (layer(probe, kind), parts.as_array_mut()) {
        parts.push(serde_json::json!(layer));
    }
    prints.key(parts, &[Read::Set(&probe.data)])
}

fn find(
    work: &Work,
    rows: &Rows,
    probe: &ProbeSpec,
    kind: Features,
) -> Result<KnnRecord, ProbeError> {
    let (k, progress) = (
        probe.knn.as_deref().unwrap_or_default(),
        work.context.progress,
    );
    progress.note(&format!(
        "neighbours, {} labels: {}",
        probe.labels,
        probes::name(kind)
    ));
    let found = probe::knn(
        rows.train(),
        rows.test(),
        rows.classes(),
        &probes::settings(probe),
        k,
        probes::draws(probe, work.spec),
        progress,
    )?;
    Ok(found.into_record(&probe.data, kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{load, resolve};

    fn keys(units: usize) -> [String; 2] {
        let text = format!(
            "name: x\ndata: {{train: cifar10}}\nmodel: {{preset: svhn32}}\nprobe:\n  - {{data: cifar10, labels: 100, draws: 2, validation: 1000, knn: [1], controls: [kmeans], kmeans: {{units: {units}}}}}\n"
        );
        let spec = resolve(&load::parse(&text, "x.yaml").unwrap()).unwrap();
        [Features::Trained, Features::KMeans]
            .map(|kind| key(&spec.probe[0], kind, &spec, &Prints::default()))
    }

    #[test]
    fn another_k_means_layer_has_other_neighbours_and_d_the_same() {
        let ([d, few], [same, many]) = (keys(400), keys(800));
        assert_eq!(d, same);
        assert_ne!(few, many);
    }
}
