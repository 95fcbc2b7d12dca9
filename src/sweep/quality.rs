//! The quality stage: G's samples compared with real images; each result kept by what determines it.

use std::collections::BTreeMap;
use std::path::Path;

use rand::seq::SliceRandom;

use super::SweepError;
use super::preflight::{Sets, exists};
use super::prints::{Prints, Read};
use super::spaces::space;
use super::trial::Stage;
use super::work::Work;
use crate::data::{DataError, Images, ImagesError, Set, Store, Want, to_bytes};
use crate::explore::Net;
use crate::nn::NnError;
use crate::probe::quality::{Settings, measure};
use crate::spec::{QualitySpec, SpaceSpec, Spec};
use crate::track::Streams;
use crate::track::atomic::WriteError;
use crate::track::lock::Lock;
use crate::track::progress::{Progress, Unit};
use crate::track::protocol;
use crate::track::quality::QualityRecord;
use crate::track::run::{RunError, RunFolder, read_json, write_json};
use crate::train::FINAL;

/// What results are kept under: raised with the protocol.
const VERSION: u32 = protocol::QUALITY;
/// Images drawn between two looks at whether to stop.
const DRAWN: usize = 250;
/// Where a trial's comparisons lie together.
const TOGETHER: &str = "quality.json";

/// Whether every comparison that the spec asks for has its result.
pub(super) fn done(folder: &RunFolder, spec: &Spec, prints: &Prints) -> Result<bool, SweepError> {
    for wanted in &spec.quality {
        if stored(folder, wanted, spec, prints)?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Refuse images to compare with, and nets to compare by, that are not there.
pub(super) fn check(spec: &Spec, sets: &mut Sets) -> Result<(), SweepError> {
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

/// Compare what is not compared yet; write `quality.json`.
pub(super) fn run(work: &mut Work) -> Result<Stage<()>, SweepError> {
    let (spec, context, folder) = (work.spec, work.context, work.folder);
    for wanted in &spec.quality {
        if stored(folder, wanted, spec, work.prints)?.is_some() {
            continue;
        }
        let found = work.timed("quality", |work| {
            let (set, split) = named(&wanted.against, &spec.data.train);
            let real = work.open(set, split)?;
            let net = Net::open(folder.root())?;
            let key = key(wanted, &spec.data.train, spec.seed, work.prints);
            let of = Set::find(set, context.cards)?;
            let (store, progress) = (&context.store, context.progress);
            let name = told(
                &format!("{set}, {split}"),
                &of,
                real.images.c,
                store,
                progress,
            )?;
            compare(
                &net,
                wanted,
                spec.seed,
                (name, &real.images),
                &key,
                progress,
            )
        });
        if found?.is_none() {
            return Ok(Stage::Stopped);
        }
        folder.write_record(work.record)?;
    }
    Ok(Stage::Done(()))
}

fn stored(
    folder: &RunFolder,
    wanted: &QualitySpec,
    spec: &Spec,
    prints: &Prints,
) -> Result<Option<QualityRecord>, SweepError> {
    let key = key(wanted, &spec.data.train, spec.seed, prints);
    Ok(folder.stored(&path(folder.root(), &key))?)
}

/// Compare the samples of the trial in `root` (or of the authors' released weights there) with a split of the data set
/// that it trained on, and keep the result in its folder; `None` where the user stopped it. It computes on the CPU.
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
) -> Result<Option<QualityRecord>, SweepError> {
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
    let own = &spec.data.train;
    let (set, split) = named(&wanted.against, own);
    // A sweep may be at work on the trial.
    let _alone = Lock::take(root).map_err(RunError::from)?;
    let mut prints = Prints::default();
    prints.look(&reads(wanted, own), own, cards, store, progress)?;
    let of = Set::find(set, cards)?;
    let real = of.open(split, &want, store, progress)?;
    let key = key(wanted, own, seed, &prints);
    let name = told(
        &format!("{set}, {split}"),
        &of,
        image.channels,
        store,
        progress,
    )?;
    let against = (name, &real.images);
    compare(&net, wanted, seed, against, &key, progress)
}

/// Samples of `net` against real images with their name; the result is kept under `key`.
fn compare(
    net: &Net,
    wanted: &QualitySpec,
    seed: u64,
    (against, real): (String, &Images),
    key: &str,
    progress: &dyn Progress,
) -> Result<Option<QualityRecord>, SweepError> {
    progress.note(&format!(
        "quality: {} samples against {}, space {}",
        wanted.samples, wanted.against, wanted.space
    ));
    let real = some(real, wanted.samples)?;
    let Some((space, about)) = space(&wanted.space, Some(net), &real, progress)? else {
        return Ok(None);
    };
    let Some(drawn) = draw(net, wanted.samples, seed, progress)? else {
        return Ok(None);
    };
    let settings = Settings {
        space: wanted.space.to_string(),
        net: about,
        images: "generator".into(),
        against,
        seed,
    };
    let Some(found) = measure(&space, &drawn, &real, &settings, progress)? else {
        return Ok(None);
    };
    let root = &net.identity.folder;
    write_json(&path(root, key), &found)?;
    gather(root)?;
    Ok(Some(found))
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

/// `n` samples of the generator as bytes, of a conditional one of each class in turn; `None` where the user stopped it.
fn draw(
    net: &Net,
    n: usize,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Option<Images>, SweepError> {
    let rng = Streams::new(seed).stream("quality.latent");
    let mut sampler = net.sampler(rng, progress)?;
    let classes = sampler.classes();
    let image = net.architecture.image;
    let mut pixels = vec![0; n * image.len()];
    let mut bar = progress.begin("samples", Some(n as u64), Unit::Images);
    for (i, out) in pixels.chunks_mut(DRAWN * image.len()).enumerate() {
        if progress.stop_requested() {
            return Ok(None);
        }
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
    Ok(Some(Images::new(c, h, w, pixels)?))
}

fn key(wanted: &QualitySpec, own: &str, seed: u64, prints: &Prints) -> String {
    let parts = serde_json::json!([VERSION, wanted, seed]);
    prints.key(parts, &reads(wanted, own))
}

/// What a comparison reads beside the nets of a trial that was trained on `own`.
pub(super) fn reads<'a>(wanted: &'a QualitySpec, own: &'a str) -> Vec<Read<'a>> {
    let mut reads = vec![Read::Set(named(&wanted.against, own).0)];
    match &wanted.space {
        SpaceSpec::Inception(weights) => reads.push(Read::File(weights.inception.clone())),
        SpaceSpec::Trial(folder) => reads.push(Read::File(folder.join(FINAL))),
        SpaceSpec::Trained | SpaceSpec::Untrained => {}
    }
    reads
}

fn path(root: &Path, key: &str) -> std::path::PathBuf {
    root.join("quality").join(format!("{key}.json"))
}

/// All comparisons of a trial, whoever asked for them, in one file: of those alike the latest, which saw the images as they
/// are now.
fn gather(root: &Path) -> Result<(), SweepError> {
    let folder = root.join("quality");
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
    write_json(&root.join(TOGETHER), &all).map_err(WriteError::into)
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
