//! The memorisation stage: samples of G after named epochs, with their nearest training images.

use super::SweepError;
use super::id::short;
use super::nets::{self, Nets};
use super::preflight::Sets;
use super::prints::Prints;
use super::trial::Stage;
use super::work::Work;
use crate::data::{Images, to_bytes};
use crate::nn::Generator;
use crate::probe::closest::Closest;
use crate::probe::features;
use crate::probe::memorisation::{Pair, compare};
use crate::probe::nearest::Nearest;
use crate::spec::{MemorisationSpec, Spec};
use crate::track::Streams;
use crate::track::memorisation::{FILE, Memorisation, MemorisationRecord, Space};
use crate::track::progress::{Progress, Silent, Unit};
use crate::track::protocol;
use crate::track::run::{self, RunFolder};
use crate::track::sheet::{self, Tiles};
use crate::train::{Sampler, TrainError, kept};

/// What results are kept under: raised with the protocol.
const VERSION: u32 = protocol::MEMORISATION;
/// Training images between two looks at Ctrl-C; their features are in memory at once.
const BLOCK: usize = 1000;
/// Samples that G draws at once.
const DRAWN: usize = 100;
/// Columns of the sheet: this many samples drawn first, and as many that lie relatively nearest.
const SHOWN: usize = 10;

/// Whether the spec asks for nothing more than what is there.
pub(super) fn done(folder: &RunFolder, spec: &Spec, _: &Prints) -> Result<bool, SweepError> {
    match &spec.memorisation {
        None => Ok(true),
        Some(wanted) => {
            let stored: Option<Memorisation> = folder.stored(&folder.path(FILE))?;
            Ok(stored.is_some_and(|s| s.key == key(wanted, spec)))
        }
    }
}

/// Refuse a held-out split that is not there.
pub(super) fn check(spec: &Spec, sets: &mut Sets) -> Result<(), SweepError> {
    match &spec.memorisation {
        None => Ok(()),
        Some(wanted) => sets
            .split("memorisation.held_out", &spec.data.train, &wanted.held_out)
            .map(drop),
    }
}

/// Run it where it is wanted and missing; write `memorisation.json` and a sheet for each epoch.
pub(super) fn run(work: &mut Work) -> Result<Stage<()>, SweepError> {
    let (spec, folder) = (work.spec, work.folder);
    let Some(wanted) = spec.memorisation.as_ref() else {
        return Ok(Stage::Done(()));
    };
    if done(folder, spec, work.prints)? {
        return Ok(Stage::Done(()));
    }
    let epochs = work.timed("memorisation", |work| {
        let held_out = held_out(work, wanted)?;
        let mut records = Vec::new();
        // A training that `train.stop_on` ended has no later epochs.
        let reached = work.record.scale.epochs;
        for &epoch in wanted.epochs.iter().filter(|e| **e as f64 <= reached) {
            match (Comparison { wanted, work }).epoch(epoch, &held_out)? {
                Some(found) => records.push(found),
                None => return Ok(None),
            }
        }
        Ok(Some(records))
    })?;
    let Some(epochs) = epochs else {
        return Ok(Stage::Stopped);
    };
    let key = key(wanted, spec);
    run::write_json(
        &folder.path(FILE),
        &Memorisation {
            protocol: protocol::MEMORISATION,
            key,
            epochs,
        },
    )?;
    folder.write_record(work.record)?;
    Ok(Stage::Done(()))
}

fn key(wanted: &MemorisationSpec, spec: &Spec) -> String {
    let text = serde_json::json!([VERSION, wanted, spec.seed, spec.data.size]).to_string();
    short(text)
}

/// Distances of one set of images in one space, with each image's nearest training image.
struct Near {
    pairs: Vec<Pair>,
    nearest: Vec<usize>,
}

/// Images that training did not see, drawn from their split.
fn held_out(work: &mut Work, wanted: &MemorisationSpec) -> Result<Images, SweepError> {
    let split = work.open(&work.spec.data.train, &wanted.held_out)?;
    let mut rng = Streams::new(work.spec.seed).stream("memorisation.held_out");
    let n = split.images.n;
    let rows = rand::seq::index::sample(&mut rng, n, wanted.samples.min(n));
    Ok(split.images.subset(&rows.into_vec())?)
}

struct Comparison<'a> {
    wanted: &'a MemorisationSpec,
    work: &'a Work<'a>,
}

impl Comparison<'_> {
    /// `None` where the user stopped it.
    fn epoch(
        &self,
        epoch: usize,
        held_out: &Images,
    ) -> Result<Option<MemorisationRecord>, SweepError> {
        let path = self.work.folder.path(&kept(epoch));
        if !path.exists() {
            return Err(SweepError::NotKept { epoch, path });
        }
        let then = nets::load(
            &path,
            self.work.nets.architecture.clone(),
            self.work.context,
        )?;
        let streams = Streams::new(self.work.spec.seed);
        if !nets::infer(&then, streams, self.work.context, self.work.dataset)? {
            return Ok(None);
        }
        let Some(generator) = &then.generator else {
            return Err(SweepError::NotKept { epoch, path });
        };
        let Some(samples) = self.draw(generator, streams)? else {
            return Ok(None);
        };
        let queries = Images {
            n: samples.n + held_out.n,
            pixels: [&samples.pixels[..], &held_out.pixels].concat(),
            ..samples
        };
        let what = format!("memorisation, epoch {epoch}");
        let Some(pixels) = self.in_pixels(&queries, &format!("{what}, pixels"))? else {
            return Ok(None);
        };
        let what = format!("{what}, features");
        let Some(features) = self.in_features(&then, &queries, &what)? else {
            return Ok(None);
        };
        self.sheet(epoch, &samples, [&pixels, &features])?;
        let dimensions = [queries.stride(), then.discriminator.feature_len()];
        let spaces = [Space::Pixels, Space::Features];
        let found = spaces.iter().zip(dimensions).zip([&pixels, &features]);
        Ok(Some(MemorisationRecord {
            epoch,
            samples: samples.n,
            held_out: self.wanted.held_out.clone(),
            held_out_images: held_out.n,
            training_images: self.work.dataset.images.n,
            spaces: found
                .filter_map(|((space, d), near)| {
                    let (ours, others) = near.pairs.split_at(samples.n);
                    compare(*space, d, ours, others)
                })
                .collect(),
        }))
    }

    fn draw(&self, generator: &Generator, streams: Streams) -> Result<Option<Images>, SweepError> {
        let latent = self.work.nets.architecture.latent;
        let mut sampler = Sampler::new(generator, latent, streams.stream("memorisation.latent"))?;
        let (all, like) = (self.wanted.samples, &self.work.dataset.images);
        let mut pixels = vec![0; all * like.stride()];
        let progress = self.work.context.progress;
        let mut bar = progress.begin("samples", Some(all as u64), Unit::Images);
        for piece in pixels.chunks_mut(DRAWN * like.stride()) {
            if progress.stop_requested() {
                return Ok(None);
            }
            let count = piece.len() / like.stride();
            to_bytes(sampler.draw(count)?, piece);
            bar.advance(count as u64);
        }
        Ok(Some(Images::new(like.c, like.h, like.w, pixels)?))
    }

    fn in_pixels(&self, queries: &Images, what: &str) -> Result<Option<Near>, SweepError> {
        let mut search = Nearest::new(&queries.pixels, queries.stride(), 2)?;
        let images = &self.work.dataset.images;
        let seen = self.blocks(what, |from, to| {
            let stride = images.stride();
            let labels = vec![0; to - from];
            search.add(&images.pixels[from * stride..to * stride], &labels)?;
            Ok(())
        })?;
        Ok(seen.then(|| {
            let found = (0..queries.n).map(|q| {
                let two = search.neighbours(q);
                let distance = |i: usize| two.get(i).map_or(f64::NAN, |n| f64::from(n.distance));
                let nearest = two.first().map_or(0, |n| n.reference as usize);
                ([distance(0), distance(1)], nearest)
            });
            near(found, queries.stride())
        }))
    }

    fn in_features(
        &self,
        nets: &Nets,
        queries: &Images,
        what: &str,
    ) -> Result<Option<Near>, SweepError> {
        let (d, device) = (&nets.discriminator, &self.work.context.device);
        let of = |images: &Images, progress: &dyn Progress| -> Result<_, SweepError> {
            Ok(features::extract(d, images, device, what, progress)?)
        };
        let Some(queried) = of(queries, self.work.context.progress)? else {
            return Ok(None);
        };
        let search = Closest::new(&queried, device);
        let mut search = search.map_err(TrainError::from)?;
        let images = &self.work.dataset.images;
        let seen = self.blocks(what, |from, to| {
            let rows: Vec<usize> = (from..to).collect();
            // A block is quick, and the bar is that of all blocks.
            let block = of(&images.subset(&rows)?, &Silent)?.unwrap_or_default();
            Ok(search.add(&block).map_err(TrainError::from)?)
        })?;
        Ok(seen.then(|| {
            let found = (0..queries.n).map(|q| {
                let two = search.of(q);
                let distance = |i: usize| two[i].map_or(f64::NAN, |n| n.distance);
                (
                    [distance(0), distance(1)],
                    two[0].map_or(0, |n| n.reference),
                )
            });
            near(found, d.feature_len())
        }))
    }

    /// Every training image, block by block; false where the user stopped it.
    fn blocks(
        &self,
        what: &str,
        mut each: impl FnMut(usize, usize) -> Result<(), SweepError>,
    ) -> Result<bool, SweepError> {
        let n = self.work.dataset.images.n;
        let mut bar = self
            .work
            .context
            .progress
            .begin(what, Some(n as u64), Unit::Images);
        for from in (0..n).step_by(BLOCK) {
            if self.work.context.progress.stop_requested() {
                return Ok(false);
            }
            let to = (from + BLOCK).min(n);
            each(from, to)?;
            bar.advance((to - from) as u64);
        }
        Ok(true)
    }

    /// Samples above their nearest training images in pixels and in features: the first samples, then those that lie
    /// nearest by either distance when compared with the second nearest.
    fn sheet(&self, epoch: usize, samples: &Images, spaces: [&Near; 2]) -> Result<(), SweepError> {
        let suspicion = |i: &usize| {
            let quotients = spaces.map(|s| s.pairs[*i][0] / s.pairs[*i][1]);
            quotients.into_iter().fold(f64::INFINITY, f64::min)
        };
        let first = SHOWN.min(samples.n);
        let mut others: Vec<usize> = (first..samples.n).collect();
        others.sort_by(|a, b| suspicion(a).total_cmp(&suspicion(b)));
        let shown: Vec<usize> = (0..first).chain(others.into_iter().take(SHOWN)).collect();
        let mut pixels = samples.subset(&shown)?.pixels;
        for space in spaces {
            let rows: Vec<usize> = shown.iter().map(|&i| space.nearest[i]).collect();
            pixels.extend(self.work.dataset.images.subset(&rows)?.pixels);
        }
        let tiles = Tiles {
            pixels: &pixels,
            ..samples.tiles()
        };
        let path = format!("figures/memorisation-epoch-{epoch:04}.png");
        Ok(sheet::write(
            &self.work.folder.path(&path),
            &tiles,
            shown.len(),
            2,
        )?)
    }
}

/// Squared distances as root mean squares of a dimension.
fn near(found: impl Iterator<Item = (Pair, usize)>, dimensions: usize) -> Near {
    let (pairs, nearest) = found
        .map(|(pair, nearest)| (pair.map(|d| (d / dimensions as f64).sqrt()), nearest))
        .unzip();
    Near { pairs, nearest }
}
