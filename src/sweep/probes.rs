//! The probe stage: features of each kind, then every protocol on them; each result kept by what determines it.

use std::time::Instant;

use half::f16;
use ndarray::Array2;
use rand::RngCore;

use super::SweepError;
use super::id::short;
use super::nets::Nets;
use super::trial::{Context, Stage, data_record};
use crate::data::{Dataset, Set, Want};
use crate::probe::{self, Labelled, ProbeError, ProbeSettings, features, svm};
use crate::spec::{Features, KMeansSpec, Labels, ProbeSpec, Solver, Spec};
use crate::track::Streams;
use crate::track::format::{ProbeRecord, RunRecord};
use crate::track::run::{self, RunFolder};

/// Raised when the same probe would give other numbers than before.
const VERSION: u32 = 2;

/// Whether every probe that the spec asks for has its result.
pub(super) fn done(folder: &RunFolder, spec: &Spec) -> Result<bool, SweepError> {
    for (probe, kind) in wanted(spec) {
        if stored(folder, &key(probe, kind, spec))?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Run what is missing; write `probes.json`.
pub(super) fn run(
    spec: &Spec,
    nets: &Nets,
    dataset: &Dataset,
    context: &Context,
    folder: &RunFolder,
    record: &mut RunRecord,
) -> Result<Stage<()>, SweepError> {
    let mut work = Work::new(spec, nets, dataset, context, folder);
    for kind in [
        Features::Trained,
        Features::Untrained,
        Features::Pixels,
        Features::KMeans,
    ] {
        for (probe, _) in wanted(spec).into_iter().filter(|(_, k)| *k == kind) {
            let key = key(probe, kind, spec);
            if stored(folder, &key)?.is_some() {
                continue;
            }
            let started = Instant::now();
            let ready = work.prepare(probe, kind, record);
            record.stage(
                "features",
                started.elapsed().as_secs_f64(),
                matches!(ready, Ok(true)),
            );
            if !ready? {
                return Ok(Stage::Stopped);
            }
            let started = Instant::now();
            let result = work.probe(probe, kind);
            record.stage(
                "probe",
                started.elapsed().as_secs_f64(),
                matches!(result, Ok(Some(_))),
            );
            let Some(result) = result? else {
                return Ok(Stage::Stopped);
            };
            run::write_json(&folder.path(&format!("probes/{key}.json")), &result)?;
            folder.write_record(record)?;
        }
    }
    let mut records = Vec::new();
    for (probe, kind) in wanted(spec) {
        records.extend(stored(folder, &key(probe, kind, spec))?);
    }
    folder.write_probes(&records)?;
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

fn key(probe: &ProbeSpec, kind: Features, spec: &Spec) -> String {
    // The controls of one probe do not depend on each other, nor on the neighbours' rows.
    let alone = ProbeSpec {
        controls: Vec::new(),
        kmeans: layer(probe, kind),
        knn: None,
        ..probe.clone()
    };
    // Version 3 tries every value of a given grid.
    let version = VERSION + u32::from(probe.c.as_ref().is_some_and(|c| c.len() > 1));
    let text = serde_json::json!([version, alone, kind, spec.seed, spec.data.size]).to_string();
    short(text)
}

/// The k-means layer that features of this kind come from.
fn layer(probe: &ProbeSpec, kind: Features) -> Option<KMeansSpec> {
    probe.kmeans.filter(|_| kind == Features::KMeans)
}

fn stored(folder: &RunFolder, key: &str) -> Result<Option<ProbeRecord>, SweepError> {
    Ok(run::read_json(&folder.path(&format!("probes/{key}.json")))?)
}

/// What features are of: a data set, a kind, and the size of a k-means layer.
type Of = (String, Features, Option<KMeansSpec>);

/// Data sets and features held between probes that share them.
pub(super) struct Work<'a> {
    spec: &'a Spec,
    nets: &'a Nets,
    /// The training images, from which batch-norm statistics come.
    dataset: &'a Dataset,
    context: &'a Context<'a>,
    folder: &'a RunFolder,
    /// Train and test split of each data set probed.
    sets: Vec<(Dataset, Dataset)>,
    /// The features last made and what they are of.
    features: Option<(Of, features::TrainAndTest)>,
}

/// The features last made with their labels.
pub(super) struct Rows<'a> {
    train: (&'a Array2<f16>, Vec<u8>),
    test: (&'a Array2<f16>, Vec<u8>),
    pub classes: usize,
}

impl Rows<'_> {
    pub fn train(&self) -> Labelled<'_> {
        labelled(&self.train)
    }

    pub fn test(&self) -> Labelled<'_> {
        labelled(&self.test)
    }
}

fn labelled<'a>((features, labels): &'a (&Array2<f16>, Vec<u8>)) -> Labelled<'a> {
    Labelled {
        features: features.view().into(),
        labels,
    }
}

impl<'a> Work<'a> {
    pub fn new(
        spec: &'a Spec,
        nets: &'a Nets,
        dataset: &'a Dataset,
        context: &'a Context<'a>,
        folder: &'a RunFolder,
    ) -> Self {
        Work {
            spec,
            nets,
            dataset,
            context,
            folder,
            sets: Vec::new(),
            features: None,
        }
    }

    fn sets(&self, name: &str) -> Option<&(Dataset, Dataset)> {
        self.sets.iter().find(|(train, _)| train.name == name)
    }

    /// Read the data and make the features; false where the user stopped it.
    pub fn prepare(
        &mut self,
        probe: &ProbeSpec,
        kind: Features,
        record: &mut RunRecord,
    ) -> Result<bool, SweepError> {
        if self.sets(&probe.data).is_none() {
            let set = Set::find(&probe.data, self.context.cards)?;
            // The net takes images as it was trained on.
            let want = Want {
                size: Some(self.spec.data.size),
                channels: Some(self.dataset.images.c),
            };
            let open = |split: &str| -> Result<Dataset, SweepError> {
                let (store, progress) = (&self.context.store, self.context.progress);
                Ok(set.open(split, &want, store, progress)?)
            };
            let pair = (open("train")?, open("test")?);
            for set in [&pair.0, &pair.1] {
                record.saw(data_record(set));
            }
            self.sets.push(pair);
        }
        let wanted = (probe.data.clone(), kind, layer(probe, kind));
        if self.features.as_ref().is_some_and(|(of, _)| *of == wanted) {
            return Ok(true);
        }
        // Free the last features before the next are made: together they may not fit.
        self.features = None;
        let Some((train, test)) = self.sets(&probe.data) else {
            return Ok(false);
        };
        let made = match kind {
            Features::Pixels => Some((
                features::pixels(&train.images)?,
                features::pixels(&test.images)?,
            )),
            Features::Trained => self.of_net("trained", &self.nets.discriminator, train, test)?,
            Features::Untrained => {
                match self.nets.untrained(self.spec, self.context, self.dataset)? {
                    Stage::Done(net) => self.of_net("untrained", &net, train, test)?,
                    Stage::Stopped => None,
                }
            }
            Features::KMeans => match &probe.kmeans {
                Some(layer) => probe::kmeans::cached(
                    &self.folder.path("features"),
                    train,
                    test,
                    layer,
                    Streams::new(self.spec.seed),
                    self.context.progress,
                )?,
                None => None,
            },
        };
        self.features = made.map(|made| (wanted, made));
        Ok(self.features.is_some())
    }

    fn of_net(
        &self,
        name: &str,
        net: &crate::nn::Discriminator,
        train: &Dataset,
        test: &Dataset,
    ) -> Result<Option<features::TrainAndTest>, SweepError> {
        let of = |set: &Dataset| {
            let folder = self.folder.path("features");
            let (device, progress) = (&self.context.device, self.context.progress);
            features::cached(&folder, name, net, set, device, progress)
        };
        match of(train)? {
            Some(train) => Ok(of(test)?.map(|test| (train, test))),
            None => Ok(None),
        }
    }

    /// The features made by [`Work::prepare`] with their labels; `None` before.
    pub fn rows(&self, probe: &ProbeSpec) -> Result<Option<Rows<'_>>, SweepError> {
        let (Some((train, test)), Some((_, (x_train, x_test)))) =
            (self.sets(&probe.data), &self.features)
        else {
            return Ok(None);
        };
        let labels = |set: &'_ Dataset| {
            set.labels.clone().ok_or_else(|| SweepError::NoLabels {
                name: set.name.clone(),
                split: set.split.clone(),
                key: "probe.data",
            })
        };
        Ok(Some(Rows {
            train: (x_train, labels(train)?),
            test: (x_test, labels(test)?),
            classes: train.classes.len(),
        }))
    }

    /// Run one protocol on the features made by [`Work::prepare`]; `None` where the user stopped it.
    fn probe(&self, probe: &ProbeSpec, kind: Features) -> Result<Option<ProbeRecord>, SweepError> {
        let Some(rows) = self.rows(probe)? else {
            return Ok(None);
        };
        let max_units = match kind {
            Features::Pixels => self.dataset.images.c,
            Features::KMeans => probe.kmeans.map_or(0, |layer| layer.units),
            _ => self.nets.discriminator.max_units(),
        };
        self.context
            .progress
            .note(&format!("probe, {} labels: {}", probe.labels, name(kind)));
        let stream = stream(&probe.data, probe.labels);
        let result = probe::probe(
            rows.train(),
            rows.test(),
            rows.classes,
            &settings(probe),
            Streams::new(self.spec.seed).stream(&stream).next_u64(),
            self.context.progress,
        );
        match result {
            Ok(found) => Ok(Some(found.into_record(&probe.data, kind, max_units))),
            Err(ProbeError::Stopped) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }
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
