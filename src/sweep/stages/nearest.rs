//! The stage of table 3: nearest neighbours among generated images, streamed and never stored, and among real ones.

use std::ops::Range;
use std::rc::Rc;
use std::time::Instant;

use rand::seq::index;

use super::stage::together;
use super::{Inputs, Stage};
use crate::data::{Dataset, to_bytes};
use crate::nn::Generator;
use crate::probe::nearest::{Block, Curve, Nearest, NearestError, curve};
use crate::spec::{Latent, NearestSpec, Spec};
use crate::sweep::SweepError;
use crate::sweep::context::Context;
use crate::sweep::fingerprints::Source;
use crate::sweep::id::short;
use crate::sweep::nets::Nets;
use crate::sweep::preflight::Sets;
use crate::sweep::trial_context::TrialContext;
use crate::track::Streams;
use crate::track::nearest::{GeneratedRow, NearestRecord, RealRow, Subset};
use crate::track::progress::Unit;
use crate::track::protocol;
use crate::track::run::{self, RunFolder};
use crate::train::Sampler;

/// The search half-way, or as far as it came: more samples go on from there.
const STATE: &str = "nearest/search.safetensors";
/// Generated images are drawn from a stream of their own each so many: where a stopped search goes on.
const BLOCK: u64 = 10_000;
/// Images that G draws at once.
const BATCH: usize = 500;
/// Real training images that are scored: sizes of subsets, and how often those at random are drawn.
const SIZES: [usize; 2] = [10_000, 50_000];
const DRAWS: usize = 5;

pub(super) struct NearestNeighbours;

impl Stage for NearestNeighbours {
    const NAME: &'static str = "nearest";
    const VERSION: u32 = protocol::NEAREST;
    type Wanted<'s> = &'s NearestSpec;
    type Record = NearestRecord;

    fn wanted(spec: &Spec) -> Result<Vec<&NearestSpec>, SweepError> {
        Ok(spec.nearest.iter().collect())
    }

    fn reads<'s>(wanted: &&'s NearestSpec, spec: &'s Spec) -> Inputs<'s> {
        Inputs {
            spec: serde_json::json!([wanted, spec.seed, spec.data.size]),
            contents: vec![Source::set(&wanted.data)],
        }
    }

    /// Refuse a data set without labels, or with other classes than the generator's.
    fn check(spec: &Spec, sets: &mut Sets) -> Result<(), SweepError> {
        let Some(nearest) = &spec.nearest else {
            return Ok(());
        };
        let [_, test] = sets.labelled("nearest.data", "nearest.data", &nearest.data)?;
        let trained = sets.split("data", &spec.data.train, &spec.data.split)?;
        match trained.classes.len() == test.classes.len() {
            true => Ok(()),
            false => Err(SweepError::Classes {
                data: nearest.data.clone(),
                expected: test.classes.len(),
                found: trained.classes.len(),
            }),
        }
    }

    fn find(trial: &mut TrialContext, wanted: &&NearestSpec) -> Result<NearestRecord, SweepError> {
        let [train, test] = trial.labelled(&wanted.data, "nearest.data")?;
        let search = Neighbours {
            spec: trial.spec,
            nearest: wanted,
            context: trial.context,
            train,
            test,
        };
        search.found(trial.nets, trial.folder)
    }

    fn gather(folder: &RunFolder, records: &[NearestRecord]) -> Result<(), SweepError> {
        Ok(run::write_json(
            &together::<Self>(folder.root()),
            &records.first(),
        )?)
    }
}

struct Neighbours<'a> {
    spec: &'a Spec,
    nearest: &'a NearestSpec,
    context: &'a Context<'a>,
    train: Rc<Dataset>,
    test: Rc<Dataset>,
}

impl Neighbours<'_> {
    /// Everything that is asked for.
    fn found(&self, nets: &Nets, folder: &RunFolder) -> Result<NearestRecord, SweepError> {
        let truth = self.test.labels.as_deref().unwrap_or_default();
        let started = Instant::now();
        let generated = self.generated(nets, folder, truth)?;
        let seconds = started.elapsed().as_secs_f64();
        let real = match self.nearest.real {
            true => self.real_once(truth, folder)?,
            false => Vec::new(),
        };
        Ok(NearestRecord {
            protocol: protocol::NEAREST,
            data: self.nearest.data.clone(),
            queries: truth.len(),
            generated,
            real,
            seconds,
        })
    }

    fn search(&self) -> Result<Nearest, NearestError> {
        let images = &self.test.images;
        Nearest::new(&images.pixels, images.stride(), 1)
    }

    fn generated(
        &self,
        nets: &Nets,
        folder: &RunFolder,
        truth: &[u8],
    ) -> Result<Vec<GeneratedRow>, SweepError> {
        let classes = self.test.classes.len();
        let generator = match &nets.generator {
            Some(generator) if generator.classes() == classes => generator,
            other => {
                return Err(SweepError::Classes {
                    data: self.nearest.data.clone(),
                    expected: classes,
                    found: other.as_ref().map_or(0, Generator::classes),
                });
            }
        };
        let path = folder.path(STATE);
        // The folder is the net's own; the rest of the stream and the queries hang on these.
        let version = NearestNeighbours::VERSION;
        let state_key = format!("{version} {} {}", self.spec.seed, self.test.fingerprint);
        let stream = Stream {
            generator,
            latent: nets.architecture.latent,
            streams: Streams::new(self.spec.seed),
            classes: classes as u64,
        };
        let plan = Curve {
            labels: truth,
            samples: &self.nearest.samples,
            block: BLOCK,
            state: Some((&path, &state_key)),
            title: "nearest generated images",
            progress: self.context.progress,
        };
        let points = curve(&mut self.search()?, &plan, |range| stream.block(range))?;
        let row = |p: &crate::probe::nearest::Point| GeneratedRow {
            samples: p.references,
            errors: p.errors,
        };
        Ok(points.iter().map(row).collect())
    }

    /// The real images' part hangs on no net and no number of samples: once is enough.
    fn real_once(&self, truth: &[u8], folder: &RunFolder) -> Result<Vec<RealRow>, SweepError> {
        let spec = self.spec;
        let of = [&self.train.fingerprint, &self.test.fingerprint];
        let parts = serde_json::json!([NearestNeighbours::VERSION, spec.seed, spec.data.size, of]);
        let key = short(parts.to_string());
        let path = folder.path(&format!("nearest/real-{key}.json"));
        if let Some(rows) = folder.stored(&path)? {
            return Ok(rows);
        }
        let rows = self.real(truth)?;
        run::write_json(&path, &rows)?;
        Ok(rows)
    }

    /// Subsets among which the paper's may be: it does not say which real images it used.
    fn real(&self, truth: &[u8]) -> Result<Vec<RealRow>, SweepError> {
        let n = self.train.images.n;
        let mut subsets: Vec<(Subset, usize, Vec<Vec<usize>>)> =
            vec![(Subset::All, n, vec![(0..n).collect()])];
        for size in SIZES.into_iter().filter(|size| *size < n) {
            subsets.push((Subset::First, size, vec![(0..size).collect()]));
            subsets.push((Subset::Last, size, vec![(n - size..n).collect()]));
            let mut rng = Streams::new(self.spec.seed).stream(&format!("nearest.real.{size}"));
            let draws = (0..DRAWS).map(|_| {
                let mut rows = index::sample(&mut rng, n, size).into_vec();
                rows.sort_unstable();
                rows
            });
            subsets.push((Subset::Random, size, draws.collect()));
        }
        let total: usize = subsets.iter().map(|(_, size, d)| size * d.len()).sum();
        let mut bar =
            self.context
                .progress
                .begin("nearest real images", Some(total as u64), Unit::Images);
        let mut found = Vec::new();
        for (subset, images, draws) in subsets {
            let mut errors = Vec::new();
            for rows in draws {
                self.context.progress.check()?;
                let part = self.train.subset(&rows)?;
                let mut search = self.search()?;
                search.add(
                    &part.images.pixels,
                    part.labels.as_deref().unwrap_or_default(),
                )?;
                errors.push(search.errors(truth)?);
                bar.advance(images as u64);
            }
            found.push(RealRow {
                subset,
                images,
                errors,
            });
        }
        Ok(found)
    }
}

/// Generated images in blocks, each from a stream of its own: the same image at the same place wherever a search begins.
struct Stream<'a> {
    generator: &'a Generator,
    latent: Latent,
    streams: Streams,
    classes: u64,
}

impl Stream<'_> {
    /// The images of a range within a block. Labels follow one another, so that each class has its share at any number.
    fn block(&self, range: Range<u64>) -> Result<Block, SweepError> {
        let first = range.start / BLOCK * BLOCK;
        let rng = self
            .streams
            .stream(&format!("nearest.{}", range.start / BLOCK));
        let mut sampler = Sampler::new(self.generator, self.latent, rng)?;
        let all: Vec<u8> = (first..range.end)
            .map(|i| (i % self.classes) as u8)
            .collect();
        let mut pixels = Vec::new();
        for labels in all.chunks(BATCH) {
            let images = sampler.labelled(labels)?;
            let start = pixels.len();
            pixels.resize(start + images.len(), 0);
            to_bytes(images, &mut pixels[start..]);
        }
        // What lies before the range in its block was drawn only to come to its place in the stream.
        let before = (range.start - first) as usize;
        let one = pixels.len() / all.len().max(1);
        pixels.drain(..before * one);
        Ok(Block {
            pixels,
            labels: all[before..].to_vec(),
        })
    }
}
