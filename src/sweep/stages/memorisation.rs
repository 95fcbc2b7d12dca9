//! The memorisation stage: samples of G after named epochs, with their nearest training images.

use super::stage::together;
use super::{Inputs, Stage};
use crate::data::{Images, to_bytes};
use crate::nn::Generator;
use crate::probe::closest::Closest;
use crate::probe::features;
use crate::probe::memorisation::{Pair, compare};
use crate::probe::nearest::Nearest;
use crate::spec::{MemorisationSpec, Spec};
use crate::sweep::SweepError;
use crate::sweep::nets::{self, Nets};
use crate::sweep::preflight::Sets;
use crate::sweep::trial_context::TrialContext;
use crate::track::Streams;
use crate::track::memorisation::{Memorisation, MemorisationRecord, Space};
use crate::track::progress::{Progress, Silent, Unit};
use crate::track::protocol;
use crate::track::run::{self, RunFolder};
use crate::track::sheet::{self, Tiles};
use crate::train::{Sampler, TrainError, kept};

/// Training images between two looks at Ctrl-C; their features are in memory at once.
const BLOCK: usize = 1000;
/// Samples that G draws at once.
const DRAWN: usize = 100;
/// Columns of the sheet: this many samples drawn first, and as many that lie relatively nearest.
const SHOWN: usize = 10;

pub(super) struct Memorised;

impl Stage for Memorised {
    const NAME: &'static str = "memorisation";
    const VERSION: u32 = protocol::MEMORISATION;
    type Wanted<'s> = &'s MemorisationSpec;
    type Record = Memorisation;

    fn wanted(spec: &Spec) -> Result<Vec<&MemorisationSpec>, SweepError> {
        Ok(spec.memorisation.iter().collect())
    }

    fn reads<'s>(wanted: &&'s MemorisationSpec, spec: &'s Spec) -> Inputs<'s> {
        Inputs {
            spec: serde_json::json!([wanted, spec.seed, spec.data.size]),
            contents: Vec::new(),
        }
    }

    /// Refuse a held-out split that is not there.
    fn check(spec: &Spec, sets: &mut Sets) -> Result<(), SweepError> {
        match &spec.memorisation {
            None => Ok(()),
            Some(wanted) => sets
                .split("memorisation.held_out", &spec.data.train, &wanted.held_out)
                .map(drop),
        }
    }

    /// Compares every epoch, and draws a sheet for each.
    fn find(
        trial: &mut TrialContext,
        wanted: &&MemorisationSpec,
    ) -> Result<Memorisation, SweepError> {
        let held_out = held_out(trial, wanted)?;
        // A training that `train.stop_on` ended has no later epochs.
        let reached = trial.record.scale.epochs;
        let epochs = wanted.epochs.iter().filter(|e| **e as f64 <= reached);
        let comparison = Comparison { wanted, trial };
        let epochs = epochs
            .map(|&epoch| comparison.epoch(epoch, &held_out))
            .collect::<Result<_, _>>()?;
        Ok(Memorisation {
            protocol: protocol::MEMORISATION,
            epochs,
        })
    }

    fn gather(folder: &RunFolder, records: &[Memorisation]) -> Result<(), SweepError> {
        Ok(run::write_json(
            &together::<Self>(folder.root()),
            &records.first(),
        )?)
    }
}

/// Distances of one set of images in one space, with each image's nearest training image.
struct Near {
    pairs: Vec<Pair>,
    nearest: Vec<usize>,
}

/// Images that training did not see, drawn from their split.
fn held_out(trial: &mut TrialContext, wanted: &MemorisationSpec) -> Result<Images, SweepError> {
    let split = trial.open(&trial.spec.data.train, &wanted.held_out)?;
    let mut rng = Streams::new(trial.spec.seed).stream("memorisation.held_out");
    let n = split.images.n;
    let rows = rand::seq::index::sample(&mut rng, n, wanted.samples.min(n));
    Ok(split.images.subset(&rows.into_vec())?)
}

struct Comparison<'a> {
    wanted: &'a MemorisationSpec,
    trial: &'a TrialContext<'a>,
}

impl Comparison<'_> {
    fn epoch(&self, epoch: usize, held_out: &Images) -> Result<MemorisationRecord, SweepError> {
        let path = self.trial.folder.path(&kept(epoch));
        if !path.exists() {
            return Err(SweepError::NotKept { epoch, path });
        }
        let then = nets::load(
            &path,
            self.trial.nets.architecture.clone(),
            self.trial.context,
        )?;
        let streams = Streams::new(self.trial.spec.seed);
        nets::infer(&then, streams, self.trial.context, self.trial.dataset)?;
        let Some(generator) = &then.generator else {
            return Err(SweepError::NotKept { epoch, path });
        };
        let samples = self.draw(generator, streams)?;
        let queries = Images {
            n: samples.n + held_out.n,
            pixels: [&samples.pixels[..], &held_out.pixels].concat(),
            ..samples
        };
        let what = format!("memorisation, epoch {epoch}");
        let pixels = self.in_pixels(&queries, &format!("{what}, pixels"))?;
        let what = format!("{what}, features");
        let features = self.in_features(&then, &queries, &what)?;
        self.sheet(epoch, &samples, [&pixels, &features])?;
        let dimensions = [queries.stride(), then.discriminator.feature_len()];
        let spaces = [Space::Pixels, Space::Features];
        let found = spaces.iter().zip(dimensions).zip([&pixels, &features]);
        Ok(MemorisationRecord {
            epoch,
            samples: samples.n,
            held_out: self.wanted.held_out.clone(),
            held_out_images: held_out.n,
            training_images: self.trial.dataset.images.n,
            spaces: found
                .filter_map(|((space, d), near)| {
                    let (ours, others) = near.pairs.split_at(samples.n);
                    compare(*space, d, ours, others)
                })
                .collect(),
        })
    }

    fn draw(&self, generator: &Generator, streams: Streams) -> Result<Images, SweepError> {
        let latent = self.trial.nets.architecture.latent;
        let mut sampler = Sampler::new(generator, latent, streams.stream("memorisation.latent"))?;
        let (all, like) = (self.wanted.samples, &self.trial.dataset.images);
        let mut pixels = vec![0; all * like.stride()];
        let progress = self.trial.context.progress;
        let mut bar = progress.begin("samples", Some(all as u64), Unit::Images);
        for piece in pixels.chunks_mut(DRAWN * like.stride()) {
            progress.check()?;
            let count = piece.len() / like.stride();
            to_bytes(sampler.draw(count)?, piece);
            bar.advance(count as u64);
        }
        Ok(Images::new(like.c, like.h, like.w, pixels)?)
    }

    fn in_pixels(&self, queries: &Images, what: &str) -> Result<Near, SweepError> {
        let mut search = Nearest::new(&queries.pixels, queries.stride(), 2)?;
        let images = &self.trial.dataset.images;
        self.blocks(what, |from, to| {
            let stride = images.stride();
            let labels = vec![0; to - from];
            search.add(&images.pixels[from * stride..to * stride], &labels)?;
            Ok(())
        })?;
        let found = (0..queries.n).map(|q| {
            let two = search.neighbours(q);
            let distance = |i: usize| two.get(i).map_or(f64::NAN, |n| f64::from(n.distance));
            let nearest = two.first().map_or(0, |n| n.reference as usize);
            ([distance(0), distance(1)], nearest)
        });
        Ok(near(found, queries.stride()))
    }

    fn in_features(&self, nets: &Nets, queries: &Images, what: &str) -> Result<Near, SweepError> {
        let (d, device) = (&nets.discriminator, &self.trial.context.device);
        let of = |images: &Images, progress: &dyn Progress| -> Result<_, SweepError> {
            Ok(features::extract(d, images, device, what, progress)?)
        };
        let queried = of(queries, self.trial.context.progress)?;
        let search = Closest::new(&queried, device);
        let mut search = search.map_err(TrainError::from)?;
        let images = &self.trial.dataset.images;
        self.blocks(what, |from, to| {
            let rows: Vec<usize> = (from..to).collect();
            // A block is quick, and the bar is that of all blocks.
            let block = of(&images.subset(&rows)?, &Silent)?;
            Ok(search.add(&block).map_err(TrainError::from)?)
        })?;
        let found = (0..queries.n).map(|q| {
            let two = search.of(q);
            let distance = |i: usize| two[i].map_or(f64::NAN, |n| n.distance);
            (
                [distance(0), distance(1)],
                two[0].map_or(0, |n| n.reference),
            )
        });
        Ok(near(found, d.feature_len()))
    }

    /// Every training image, block by block.
    fn blocks(
        &self,
        what: &str,
        mut each: impl FnMut(usize, usize) -> Result<(), SweepError>,
    ) -> Result<(), SweepError> {
        let n = self.trial.dataset.images.n;
        let mut bar = self
            .trial
            .context
            .progress
            .begin(what, Some(n as u64), Unit::Images);
        for from in (0..n).step_by(BLOCK) {
            self.trial.context.progress.check()?;
            let to = (from + BLOCK).min(n);
            each(from, to)?;
            bar.advance((to - from) as u64);
        }
        Ok(())
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
            pixels.extend(self.trial.dataset.images.subset(&rows)?.pixels);
        }
        let tiles = Tiles {
            pixels: &pixels,
            ..samples.tiles()
        };
        let path = format!("figures/memorisation-epoch-{epoch:04}.png");
        Ok(sheet::write(
            &self.trial.folder.path(&path),
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
