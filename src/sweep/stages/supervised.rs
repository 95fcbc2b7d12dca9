//! Table 2's supervised net: a random search of its settings on the rows of the probes' first draw, and the best one's test.

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::stage::together;
use super::supervised_search::Search;
use super::{Inputs, Stage, probes};
use crate::probe::{self, HeldOut, ProbeError, ProbeSettings};
use crate::spec::{Spec, SupervisedSpec};
use crate::sweep::SweepError;
use crate::sweep::fingerprints::{Fingerprints, Source};
use crate::sweep::preflight::{Sets, refused};
use crate::sweep::trial_context::TrialContext;
use crate::track::Streams;
use crate::track::format::Labels;
use crate::track::protocol;
use crate::track::run::{self, RunFolder};
use crate::track::supervised::SupervisedRecord;
use crate::train::supervised::{Labelled, Task};

pub(super) struct Supervised;

impl Stage for Supervised {
    const NAME: &'static str = "supervised";
    const VERSION: u32 = protocol::SUPERVISED;
    type Wanted<'s> = &'s SupervisedSpec;
    type Record = SupervisedRecord;

    fn wanted(spec: &Spec) -> Result<Vec<&SupervisedSpec>, SweepError> {
        Ok(spec.supervised.iter().collect())
    }

    fn reads<'s>(wanted: &&'s SupervisedSpec, spec: &'s Spec) -> Inputs<'s> {
        Inputs {
            spec: serde_json::json!([wanted, spec.seed]),
            contents: vec![Source::set(&wanted.data)],
        }
    }

    /// Refuse a data set without labels, and classes too small for the labelled and the held-out images.
    fn check(spec: &Spec, sets: &mut Sets) -> Result<(), SweepError> {
        let Some(wanted) = &spec.supervised else {
            return Ok(());
        };
        let [train, _] = sets.labelled("supervised.data", "supervised.data", &wanted.data)?;
        let settings = ProbeSettings {
            labels: Labels::PerClass(wanted.labels),
            validation: Some(wanted.validation),
            ..ProbeSettings::default()
        };
        let labels = train.labels.as_deref().unwrap_or_default();
        probe::check_rows(labels, train.classes.len(), &settings).map_err(|e| {
            let key = match &e {
                ProbeError::Setting { key, .. } => format!("supervised.{key}"),
                ProbeError::Svm(_) => "supervised.data".into(),
                _ => "supervised.labels".into(),
            };
            refused(&key, e.named(&train.classes))
        })
    }

    /// Every trial of the search, then the test of the best.
    fn find(
        trial: &mut TrialContext,
        wanted: &&SupervisedSpec,
    ) -> Result<SupervisedRecord, SweepError> {
        search(trial, wanted)
    }

    fn gather(folder: &RunFolder, records: &[SupervisedRecord]) -> Result<(), SweepError> {
        Ok(run::write_json(
            &together::<Self>(folder.root()),
            &records.first(),
        )?)
    }
}

/// What determines a trial of the search, whatever their number: more of them go on where fewer ended.
fn search_key(wanted: &SupervisedSpec, spec: &Spec, fingerprints: &Fingerprints) -> String {
    let one = SupervisedSpec {
        trials: 0,
        ..wanted.clone()
    };
    let parts = serde_json::json!([one, spec.seed]);
    let contents = [Source::set(&wanted.data)];
    fingerprints.key("supervised trial", Supervised::VERSION, parts, &contents)
}

fn search(
    trial: &mut TrialContext,
    wanted: &SupervisedSpec,
) -> Result<SupervisedRecord, SweepError> {
    let (spec, nets, context, folder) = (trial.spec, trial.nets, trial.context, trial.folder);
    let key = search_key(wanted, spec, trial.fingerprints);
    let [all, test] = trial.labelled(&wanted.data, "supervised.data")?;
    let (images, classes) = (&all.images, all.classes.len());
    let all = all.labels.as_deref().unwrap_or_default();
    let streams = Streams::new(spec.seed);
    let labels = Labels::PerClass(wanted.labels);
    let rows = streams
        .stream(&probes::stream(&wanted.data, labels))
        .next_u64();
    let rows = HeldOut::draw(
        all,
        classes,
        wanted.labels,
        wanted.validation,
        1,
        &mut ChaCha8Rng::seed_from_u64(rows),
    )?;
    let part = |rows: &[usize]| -> Result<Labelled, SweepError> {
        Ok(Labelled {
            images: images.subset(rows)?,
            labels: rows.iter().filter_map(|i| all.get(*i).copied()).collect(),
        })
    };
    let fit = rows.fits.first().map_or(&[][..], Vec::as_slice);
    let (labelled, validate) = (part(fit)?, part(&rows.validate)?);
    let search = Search {
        wanted,
        key,
        task: Task {
            architecture: &nets.architecture,
            classes,
            train: &labelled,
            validate: &validate,
            epochs: wanted.epochs,
            device: &context.device,
        },
        streams,
        context,
        folder,
    };
    let (trials, chosen) = search.trials()?;
    let (net, accuracy) = search.test(chosen, &test)?;
    Ok(SupervisedRecord {
        protocol: protocol::SUPERVISED,
        data: wanted.data.clone(),
        labels,
        held_out: wanted.validation,
        train_rows: labelled.images.n,
        test_rows: test.images.n,
        epochs: wanted.epochs,
        parameters: net.params().map(|(_, v)| v.elem_count() as u64).sum(),
        validation: trials.get(chosen).map_or(0.0, |t| t.validation),
        chosen,
        accuracy,
        seconds: trials.iter().map(|t| t.seconds).sum(),
        trials,
    })
}
