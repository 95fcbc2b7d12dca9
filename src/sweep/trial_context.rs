//! What the stages of a trial share: its nets, its folder and record, data sets, features, the untrained D.

use std::rc::Rc;
use std::time::Instant;

use super::SweepError;
use super::context::Context;
use super::fingerprints::Fingerprints;
use super::nets::Nets;
use crate::data::{Dataset, Set, Want};
use crate::nn::Discriminator;
use crate::probe::{self, Labelled, features};
use crate::spec::{Features, KMeansSpec, ProbeSpec, Spec};
use crate::track::Streams;
use crate::track::format::{DataRecord, RunRecord};
use crate::track::run::RunFolder;

/// A trial whose nets are ready, and what earlier stages made.
pub(super) struct TrialContext<'a> {
    pub spec: &'a Spec,
    pub nets: &'a Nets,
    /// The training images, from which batch-norm statistics come.
    pub dataset: &'a Rc<Dataset>,
    pub context: &'a Context<'a>,
    pub folder: &'a RunFolder,
    pub fingerprints: &'a Fingerprints,
    pub record: &'a mut RunRecord,
    opened: Vec<((String, String), Rc<Dataset>)>,
    untrained: Option<Rc<Discriminator>>,
    /// The features last made and what they are of.
    features: Option<(Of, Rc<features::TrainAndTest>)>,
    /// Seconds of pieces that are recorded apart from the piece around them.
    inner: f64,
}

/// What features are of: a data set, a kind, and the size of a k-means layer.
type Of = (String, Features, Option<KMeansSpec>);

/// Features of both splits of a data set with their labels.
pub(super) struct Rows {
    train: Rc<Dataset>,
    test: Rc<Dataset>,
    features: Rc<features::TrainAndTest>,
}

impl Rows {
    pub fn train(&self) -> Labelled<'_> {
        Labelled {
            features: self.features.0.view().into(),
            labels: self.train.labels.as_deref().unwrap_or_default(),
        }
    }

    pub fn test(&self) -> Labelled<'_> {
        Labelled {
            features: self.features.1.view().into(),
            labels: self.test.labels.as_deref().unwrap_or_default(),
        }
    }

    pub fn classes(&self) -> usize {
        self.train.classes.len()
    }

    /// In the order of the labels.
    pub fn class_names(&self) -> &[String] {
        &self.train.classes
    }
}

impl<'a> TrialContext<'a> {
    pub fn new(
        spec: &'a Spec,
        nets: &'a Nets,
        dataset: &'a Rc<Dataset>,
        context: &'a Context<'a>,
        folder: &'a RunFolder,
        fingerprints: &'a Fingerprints,
        record: &'a mut RunRecord,
    ) -> Self {
        // What a stage asks for may be what training read.
        let own = (spec.data.train.clone(), spec.data.split.clone());
        TrialContext {
            spec,
            nets,
            dataset,
            context,
            folder,
            fingerprints,
            record,
            opened: vec![(own, dataset.clone())],
            untrained: None,
            features: None,
            inner: 0.0,
        }
    }

    /// Do one piece and record how long it took, less the pieces within it that are recorded themselves.
    pub fn timed<T>(
        &mut self,
        name: &str,
        piece: impl FnOnce(&mut Self) -> Result<T, SweepError>,
    ) -> Result<T, SweepError> {
        let around = std::mem::take(&mut self.inner);
        let started = Instant::now();
        let found = piece(self);
        let seconds = started.elapsed().as_secs_f64();
        self.record.stage(name, seconds - self.inner, found.is_ok());
        self.inner = around + seconds;
        found
    }

    /// A split of a data set, in images as the net was trained on; read once.
    pub fn open(&mut self, name: &str, split: &str) -> Result<Rc<Dataset>, SweepError> {
        let key = (name.to_string(), split.to_string());
        if let Some((_, there)) = self.opened.iter().find(|(k, _)| *k == key) {
            return Ok(there.clone());
        }
        let want = Want {
            size: Some(self.spec.data.size),
            channels: Some(self.dataset.images.c),
        };
        let (store, progress) = (&self.context.store, self.context.progress);
        let set = Set::find(name, self.context.cards)?.open(split, &want, store, progress)?;
        self.record.saw(data_record(&set));
        let set = Rc::new(set);
        self.opened.push((key, set.clone()));
        Ok(set)
    }

    /// Train and test split of a data set whose labels the key `key` of the spec needs.
    pub fn labelled(
        &mut self,
        name: &str,
        key: &'static str,
    ) -> Result<[Rc<Dataset>; 2], SweepError> {
        let sets = [self.open(name, "train")?, self.open(name, "test")?];
        match sets.iter().find(|set| set.labels.is_none()) {
            None => Ok(sets),
            Some(set) => Err(SweepError::NoLabels {
                name: set.name.clone(),
                split: set.split.clone(),
                key,
            }),
        }
    }

    /// The discriminator before its first step, with statistics of its own.
    pub fn untrained(&mut self) -> Result<Rc<Discriminator>, SweepError> {
        if let Some(net) = &self.untrained {
            return Ok(net.clone());
        }
        let net = self.nets.untrained(self.spec, self.context, self.dataset)?;
        Ok(self.untrained.insert(Rc::new(net)).clone())
    }

    /// A probe's data as features of a kind, with its labels; its seconds are recorded as those of `features`.
    pub fn rows(&mut self, probe: &ProbeSpec, kind: Features) -> Result<Rows, SweepError> {
        self.timed("features", |trial| trial.rows_of(probe, kind))
    }

    fn rows_of(&mut self, probe: &ProbeSpec, kind: Features) -> Result<Rows, SweepError> {
        let [train, test] = self.labelled(&probe.data, "probe.data")?;
        let of = (probe.data.clone(), kind, layer(probe, kind));
        let features = match &self.features {
            Some((made, features)) if *made == of => features.clone(),
            _ => {
                // Free the last features before the next are made: together they may not fit.
                self.features = None;
                let made = Rc::new(self.make(probe, kind, &train, &test)?);
                self.features = Some((of, made.clone()));
                made
            }
        };
        Ok(Rows {
            train,
            test,
            features,
        })
    }

    /// Forget the features: those of another stage would take memory beside its own.
    pub fn release(&mut self) {
        self.features = None;
    }

    fn make(
        &mut self,
        probe: &ProbeSpec,
        kind: Features,
        train: &Dataset,
        test: &Dataset,
    ) -> Result<features::TrainAndTest, SweepError> {
        match kind {
            Features::Pixels => Ok((
                features::pixels(&train.images)?,
                features::pixels(&test.images)?,
            )),
            Features::Trained => self.of_net("trained", &self.nets.discriminator, train, test),
            Features::Untrained => {
                let net = self.untrained()?;
                self.of_net("untrained", &net, train, test)
            }
            Features::KMeans => {
                let made = probe::kmeans::cached(
                    &self.folder.path("features"),
                    train,
                    test,
                    &probe.kmeans.unwrap_or_default(),
                    Streams::new(self.spec.seed),
                    self.context.progress,
                )?;
                Ok(made)
            }
        }
    }

    fn of_net(
        &self,
        name: &str,
        net: &Discriminator,
        train: &Dataset,
        test: &Dataset,
    ) -> Result<features::TrainAndTest, SweepError> {
        let of = |set: &Dataset| -> Result<_, SweepError> {
            let folder = self.folder.path("features");
            let (device, progress) = (&self.context.device, self.context.progress);
            Ok(features::cached(&folder, name, net, set, device, progress)?)
        };
        Ok((of(train)?, of(test)?))
    }
}

/// The k-means layer that features of this kind come from.
pub(super) fn layer(probe: &ProbeSpec, kind: Features) -> Option<KMeansSpec> {
    probe.kmeans.filter(|_| kind == Features::KMeans)
}

/// What a run says of a data set it read.
pub(super) fn data_record(dataset: &Dataset) -> DataRecord {
    DataRecord {
        name: dataset.name.clone(),
        split: dataset.split.clone(),
        images: dataset.images.n,
        fingerprint: dataset.fingerprint.clone(),
        skipped: dataset.skipped.len(),
    }
}
