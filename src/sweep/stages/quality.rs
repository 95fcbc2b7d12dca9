//! G's samples compared with real images: FID and its like, by the spec's `quality` section or `dcgan quality`.

use std::collections::BTreeMap;
use std::path::Path;

use rand::seq::SliceRandom;

use super::stage::{key, path, together};
use super::{Inputs, Stage};
use crate::data::{DataError, Images, ImagesError, Set, Store, Want, to_bytes};
use crate::explore::Net;
use crate::nn::NnError;
use crate::probe::quality::{Settings, measure};
use crate::spec::{QualitySpec, SpaceSpec, Spec};
use crate::sweep::SweepError;
use crate::sweep::fingerprints::{Fingerprints, Source};
use crate::sweep::preflight::{Sets, exists};
use crate::sweep::spaces::space;
use crate::sweep::trial_context::TrialContext;
use crate::track::Streams;
use crate::track::lock::Lock;
use crate::track::progress::{Progress, Unit};
use crate::track::protocol;
use crate::track::quality::QualityRecord;
use crate::track::run::{RunError, RunFolder, read_json, write_json};
use crate::train::FINAL;

/// Images drawn between two looks at whether to stop.
const DRAWN: usize = 250;

pub(super) struct Quality;

impl Stage for Quality {
    const NAME: &'static str = "quality";
    const VERSION: u32 = protocol::QUALITY;
    type Wanted<'s> = &'s QualitySpec;
    type Record = QualityRecord;

    fn wanted(spec: &Spec) -> Result<Vec<&QualitySpec>, SweepError> {
        Ok(spec.quality.iter().collect())
    }

    fn reads<'s>(wanted: &&'s QualitySpec, spec: &'s Spec) -> Inputs<'s> {
        let mut contents = vec![Source::set(named(&wanted.against, &spec.data.train).0)];
        match &wanted.space {
            SpaceSpec::Inception(weights) => {
                contents.push(Source::File(weights.inception.clone()));
            }
            SpaceSpec::Trial(folder) => contents.push(Source::File(folder.join(FINAL))),
            SpaceSpec::Trained | SpaceSpec::Untrained => {}
        }
        Inputs {
            spec: serde_json::json!([wanted, spec.seed]),
            contents,
        }
    }

    /// Refuse images to compare with, and nets to compare by, that are not there.
    fn check(spec: &Spec, sets: &mut Sets) -> Result<(), SweepError> {
        for (i, wanted) in spec.quality.iter().enumerate() {
            let (set, split) = named(&wanted.against, &spec.data.train);
            sets.split(&format!("quality.{i}.against"), set, split)?;
            let key = format!("quality.{i}.space");
            match &wanted.space {
                SpaceSpec::Inception(weights) => exists(&key, &weights.inception)?,
                SpaceSpec::Trial(folder) => exists(&key, folder)?,
                SpaceSpec::Trained | SpaceSpec::Untrained => {}
            }
        }
        Ok(())
    }

    fn find(trial: &mut TrialContext, wanted: &&QualitySpec) -> Result<QualityRecord, SweepError> {
        let (set, split) = named(&wanted.against, &trial.spec.data.train);
        let real = trial.open(set, split)?;
        let net = Net::open(trial.folder.root())?;
        let (store, progress) = (&trial.context.store, trial.context.progress);
        let of = Set::find(set, trial.context.cards)?;
        let name = format!("{set}, {split}");
        let name = told(&name, &of, real.images.c, store, progress)?;
        let against = (name, &real.images);
        compare(&net, wanted, trial.spec.seed, against, progress)
    }

    fn gather(folder: &RunFolder, _: &[QualityRecord]) -> Result<(), SweepError> {
        gather(folder.root())
    }
}

/// Compare the samples of the trial in `root` (or of the authors' released weights there) with a split of the data set
/// that it trained on, and keep the result in its folder. It computes on the CPU.
///
/// # Errors
/// [`SweepError`].
pub fn trial(
    root: &Path,
    wanted: &QualitySpec,
    seed: u64,
    cards: Option<&Path>,
    store: &Store,
    progress: &dyn Progress,
) -> Result<QualityRecord, SweepError> {
    let net = Net::open(root)?;
    let Some(spec) = &net.spec else {
        return Err(QualityStageError::NoData {
            path: root.to_path_buf(),
        }
        .into());
    };
    let image = net.architecture.image;
    let want = Want {
        size: Some(image.height),
        channels: Some(image.channels),
    };
    let spec = Spec {
        seed,
        ..spec.clone()
    };
    let own = &spec.data.train;
    let (set, split) = named(&wanted.against, own);
    // A sweep may be at work on the trial.
    let _alone = Lock::take(root).map_err(RunError::from)?;
    let mut fingerprints = Fingerprints::default();
    let sources = Quality::reads(&wanted, &spec).contents;
    fingerprints.add(&sources, own, cards, store, progress)?;
    let of = Set::find(set, cards)?;
    let real = of.open(split, &want, store, progress)?;
    let name = format!("{set}, {split}");
    let name = told(&name, &of, image.channels, store, progress)?;
    let against = (name, &real.images);
    let found = compare(&net, wanted, seed, against, progress)?;
    let key = key::<Quality>(&wanted, &spec, &fingerprints);
    write_json(&path::<Quality>(root, &key), &found)?;
    gather(root)?;
    Ok(found)
}

/// Samples of `net` against real images with their name.
fn compare(
    net: &Net,
    wanted: &QualitySpec,
    seed: u64,
    (against, real): (String, &Images),
    progress: &dyn Progress,
) -> Result<QualityRecord, SweepError> {
    progress.note(&format!(
        "quality: {} samples against {}, space {}",
        wanted.samples, wanted.against, wanted.space
    ));
    let real = some(real, wanted.samples)?;
    let (space, about) = space(&wanted.space, Some(net), &real, progress)?;
    let drawn = draw(net, wanted.samples, seed, progress)?;
    let settings = Settings {
        space: wanted.space.to_string(),
        net: about,
        images: "generator".into(),
        against,
        seed,
    };
    Ok(measure(&space, &drawn, &real, &settings, progress)?)
}

/// Data set and split that `text` names: a split of the set `own`, or `SET/SPLIT`, or `folder:PATH`, which means every
/// image in it.
pub fn named<'a>(text: &'a str, own: &'a str) -> (&'a str, &'a str) {
    match text.rsplit_once('/') {
        _ if text.starts_with("folder:") => (text, "all"),
        Some((set, split)) => (set, split),
        None => (own, text),
    }
}

/// The name of a set that is compared in so many channels; where that drops its colour, the name says so, and a note.
///
/// # Errors
/// Where a folder cannot be read.
pub fn told(
    name: &str,
    set: &Set,
    channels: usize,
    store: &Store,
    progress: &dyn Progress,
) -> Result<String, DataError> {
    if set.channels(store, progress)? <= channels {
        return Ok(name.to_string());
    }
    progress.note(&format!(
        "quality: {name} is in colour, but the net knows grey images alone: its colour is not compared"
    ));
    Ok(format!("{name}, in grey"))
}

/// Up to `most` of the images, the same ones for every trial, in an order of their own.
///
/// # Errors
/// None for images in memory.
pub fn some(images: &Images, most: usize) -> Result<Images, ImagesError> {
    if images.n <= most {
        return Ok(images.clone());
    }
    let mut order: Vec<usize> = (0..images.n).collect();
    order.shuffle(&mut Streams::new(0).stream("quality.reference"));
    order.truncate(most);
    images.subset(&order)
}

/// `n` samples of the generator as bytes, of a conditional one of each class in turn.
fn draw(net: &Net, n: usize, seed: u64, progress: &dyn Progress) -> Result<Images, SweepError> {
    let rng = Streams::new(seed).stream("quality.latent");
    let mut sampler = net.sampler(rng, progress)?;
    let classes = sampler.classes();
    let image = net.architecture.image;
    let mut pixels = vec![0; n * image.len()];
    let mut bar = progress.begin("samples", Some(n as u64), Unit::Images);
    for (i, out) in pixels.chunks_mut(DRAWN * image.len()).enumerate() {
        progress.check()?;
        let count = out.len() / image.len();
        let drawn = match classes {
            0 => sampler.draw(count)?,
            _ => {
                let class = |j: usize| ((i * DRAWN + j) % classes) as u8;
                let labels: Vec<u8> = (0..count).map(class).collect();
                sampler.labelled(&labels)?
            }
        };
        to_bytes(drawn, out);
        bar.advance(count as u64);
    }
    let (c, h, w) = (image.channels, image.height, image.width);
    Ok(Images::new(c, h, w, pixels)?)
}

/// All comparisons of a trial, whoever asked for them, in one file: of those alike the latest, which saw the images as they
/// are now.
fn gather(root: &Path) -> Result<(), SweepError> {
    let folder = root.join(Quality::RESULTS);
    let failed = |source| RunError::Read {
        path: folder.clone(),
        source,
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.path().extension().is_some_and(|e| e == "json") {
            let changed = entry.metadata().and_then(|m| m.modified());
            files.push((changed.map_err(failed)?, entry.path()));
        }
    }
    files.sort();
    let mut all = BTreeMap::new();
    for (_, path) in files {
        // A damaged one that is wanted was set aside before; another is nobody's loss.
        if let Ok(Some(r)) = read_json::<QualityRecord>(&path) {
            let (space, against) = (r.space.clone(), r.against.clone());
            let alike = (space, against, r.samples, r.seed, r.net.clone());
            all.insert(alike, r);
        }
    }
    let all: Vec<QualityRecord> = all.into_values().collect();
    Ok(write_json(&together::<Quality>(root), &all)?)
}

/// Why samples could not be compared with a data set.
#[derive(Debug, thiserror::Error)]
pub enum QualityStageError {
    #[error(
        "`{}` is a folder of released weights and names no data set to compare with; run a spec with `model.released` and name its trial",
        path.display()
    )]
    NoData { path: std::path::PathBuf },
    #[error(
        "the space `trained` is a trial's own discriminator, and no trial is named; name one, or choose `untrained`, a trial's folder or Inception's weights"
    )]
    NoTrial,
    #[error("space `{space}`: {source}; choose a net for images of that size and those colours")]
    Images { space: String, source: NnError },
    #[error(
        "without a trial the space `untrained` exists for images of 28, 32 or 64 px, found {found} px; choose another size or space"
    )]
    Size { found: usize },
}
