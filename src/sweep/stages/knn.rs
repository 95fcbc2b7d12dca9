//! The nearest-neighbour rows of table 2, on the draws of the probe that asks for them.

use super::probes;
use super::{Inputs, Stage};
use crate::probe;
use crate::spec::{Features, ProbeSpec, Spec};
use crate::sweep::SweepError;
use crate::sweep::fingerprints::Source;
use crate::sweep::preflight::{Sets, refused};
use crate::sweep::trial_context::{TrialContext, layer};
use crate::track::knn::KnnRecord;
use crate::track::protocol;

pub(super) struct Knn;

impl Stage for Knn {
    const NAME: &'static str = "knn";
    const VERSION: u32 = protocol::KNN;
    type Wanted<'s> = (&'s ProbeSpec, Features);
    type Record = KnnRecord;

    fn wanted(spec: &Spec) -> Result<Vec<Self::Wanted<'_>>, SweepError> {
        let asked = probes::wanted(spec).into_iter();
        Ok(asked.filter(|(probe, _)| probe.knn.is_some()).collect())
    }

    fn reads<'s>(&(probe, kind): &Self::Wanted<'s>, spec: &'s Spec) -> Inputs<'s> {
        // What the SVM is fitted with changes nothing here.
        Inputs {
            spec: serde_json::json!([
                probe.data,
                probe.labels,
                probe.draws,
                probe.validation,
                probe.selection_draws,
                probe.knn,
                kind,
                layer(probe, kind),
                spec.seed,
                spec.data.size
            ]),
            contents: vec![Source::set(&probe.data)],
        }
    }

    /// Refuse more neighbours than a draw has rows; the rows themselves are the probes'.
    fn check(spec: &Spec, sets: &mut Sets) -> Result<(), SweepError> {
        for (i, probe) in spec.probe.iter().enumerate() {
            let Some(k) = &probe.knn else { continue };
            let train = sets.split(&format!("probe.{i}.data"), &probe.data, "train")?;
            probe::check_neighbours(train.classes.len(), &probes::settings(probe), k)
                .map_err(|e| refused(&format!("probe.{i}.knn"), e))?;
        }
        Ok(())
    }

    fn find(
        trial: &mut TrialContext,
        &(probe, kind): &Self::Wanted<'_>,
    ) -> Result<KnnRecord, SweepError> {
        let rows = trial.rows(probe, kind)?;
        let progress = trial.context.progress;
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
            probe.knn.as_deref().unwrap_or_default(),
            probes::draws(probe, trial.spec),
            progress,
        )
        .map_err(|e| e.named(rows.class_names()))?;
        Ok(found.into_record(&probe.data, kind))
    }

    fn rank((_, kind): &Self::Wanted<'_>) -> usize {
        probes::rank(*kind)
    }
}

#[cfg(test)]
mod tests {
    use super::super::stage::key;
    use super::*;
    use crate::spec::{load, resolve};
    use crate::sweep::fingerprints::Fingerprints;

    fn keys(units: usize) -> [String; 2] {
        let text = format!(
            "name: x\ndata: {{train: cifar10}}\nmodel: {{preset: svhn32}}\nprobe:\n  - {{data: cifar10, labels: 100, draws: 2, validation: 1000, knn: [1], controls: [kmeans], kmeans: {{units: {units}}}}}\n"
        );
        let spec = resolve(&load::parse(&text, "x.yaml").unwrap()).unwrap();
        [Features::Trained, Features::KMeans]
            .map(|kind| key::<Knn>(&(&spec.probe[0], kind), &spec, &Fingerprints::default()))
    }

    #[test]
    fn another_k_means_layer_has_other_neighbours_and_d_the_same() {
        let ([d, few], [same, many]) = (keys(400), keys(800));
        assert_eq!(d, same);
        assert_ne!(few, many);
    }
}
