//! A trial whose nets are ready, as its stages work on it, and what they share: data sets, features, the untrained D.

use std::rc::Rc;
use std::time::Instant;

use super::SweepError;
use super::nets::Nets;
use super::prints::Prints;
use super::trial::{Context, Stage, data_record};
use crate::data::{Dataset, Set, Want};
use crate::nn::Discriminator;
use crate::probe::{self, Labelled, features};
use crate::spec::{Features, KMeansSpec, ProbeSpec, Spec};
use crate::track::Streams;
use crate::track::format::RunRecord;
use crate::track::run::RunFolder;

/// What a stage has before it, and what stages before it made.
pub(super) struct Work<'a> {
    pub spec: &'a Spec,
    pub nets: &'a Nets,
    /// The training images, from which batch-norm statistics come.
    pub dataset: &'a Rc<Dataset>,
    pub context: &'a Context<'a>,
    pub folder: &'a RunFolder,
    pub prints: &'a Prints,
    pub record: &'a mut RunRecord,
    opened: Vec<((String, String), Rc<Dataset>)>,
    untrained: Option<Rc<Discriminator>>,
    /// The features last made and what they are of.
    features: Option<(Of, Rc<features::TrainAndTest>)>,
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

impl<'a> Work<'a> {
    pub fn new(
        spec: &'a Spec,
        nets: &'a Nets,
        dataset: &'a Rc<Dataset>,
        context: &'a Context<'a>,
        folder: &'a RunFolder,
        prints: &'a Prints,
        record: &'a mut RunRecord,
    ) -> Self {
        // What a stage asks for may be what training read.
        let own = (spec.data.train.clone(), spec.data.split.clone());
        Work {
            spec,
            nets,
            dataset,
            context,
            folder,
            prints,
            record,
            opened: vec![(own, dataset.clone())],
            untrained: None,
            features: None,
        }
    }

    /// Do one piece and record how long it took; `None`, from the piece or from here, where the user stopped it.
    pub fn timed<T>(
        &mut self,
        stage: &str,
        piece: impl FnOnce(&mut Self) -> Result<Option<T>, SweepError>,
    ) -> Result<Option<T>, SweepError> {
        let started = Instant::now();
        let found = piece(self);
        let seconds = started.elapsed().as_secs_f64();
        self.record
            .stage(stage, seconds, matches!(found, Ok(Some(_))));
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

    /// The discriminator before its first step, with statistics of its own; `None` where the user stopped it.
    pub fn untrained(&mut self) -> Result<Option<Rc<Discriminator>>, SweepError> {
        if self.untrained.is_none() {
            match self.nets.untrained(self.spec, self.context, self.dataset)? {
                Stage::Done(net) => self.untrained = Some(Rc::new(net)),
                Stage::Stopped => return Ok(None),
            }
        }
        Ok(self.untrained.clone())
    }

    /// A probe's data as features of a kind, with its labels; `None` where the user stopped it.
    pub fn rows(&mut self, probe: &ProbeSpec, kind: Features) -> Result<Option<Rows>, SweepError> {
        let [train, test] = self.labelled(&probe.data, "probe.data")?;
        let of = (probe.data.clone(), kind, layer(probe, kind));
        if self.features.as_ref().is_none_or(|(made, _)| *made != of) {
            // Free the last features before the next are made: together they may not fit.
            self.features = None;
            let Some(made) = self.make(probe, kind, &train, &test)? else {
                return Ok(None);
            };
            self.features = Some((of, Rc::new(made)));
        }
        Ok(self.features.as_ref().map(|(_, features)| Rows {
            train,
            test,
            features: features.clone(),
        }))
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
    ) -> Result<Option<features::TrainAndTest>, SweepError> {
        Ok(match kind {
            Features::Pixels => Some((
                features::pixels(&train.images)?,
                features::pixels(&test.images)?,
            )),
            Features::Trained => self.of_net("trained", &self.nets.discriminator, train, test)?,
            Features::Untrained => match self.untrained()? {
                Some(net) => self.of_net("untrained", &net, train, test)?,
                None => None,
            },
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
        })
    }

    fn of_net(
        &self,
        name: &str,
        net: &Discriminator,
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
}

/// The k-means layer that features of this kind come from.
pub(super) fn layer(probe: &ProbeSpec, kind: Features) -> Option<KMeansSpec> {
    probe.kmeans.filter(|_| kind == Features::KMeans)
}
