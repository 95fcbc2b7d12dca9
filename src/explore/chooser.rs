//! From a choice of samples, as a spec or the command line has it, to their numbers.

use std::path::Path;

use super::arithmetic::list;
use super::concept::Probe;
use super::{ExploreError, Net, Samples, looking};
use crate::data::{Set, Store, Want};
use crate::spec::{Choice, ExploreSpec, Score, Scored};
use crate::track::progress::Progress;

/// Makes choices for the figures of one net; a probe that several of them want is fitted once.
pub struct Chooser<'a> {
    pub store: &'a Store,
    /// Folder of data set cards that win over the built-in ones.
    pub cards: Option<&'a Path>,
    pub progress: &'a dyn Progress,
    probes: Vec<(ProbeKey, Probe)>,
}

type ProbeKey = (String, String, u64, Score);

/// Samples chosen, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    pub samples: Vec<usize>,
    /// Such as `3, 17, 21 (smile against neutral)`.
    pub words: String,
}

/// Samples with their scores, the highest first.
pub(super) struct Ranking {
    pub scores: Vec<(usize, f32)>,
    /// What they were scored by, and how well that tells what it should.
    pub words: String,
}

impl<'a> Chooser<'a> {
    pub fn new(store: &'a Store, cards: Option<&'a Path>, progress: &'a dyn Progress) -> Self {
        Chooser {
            store,
            cards,
            progress,
            probes: Vec::new(),
        }
    }

    /// The numbers of a choice made for the figure `spec`.
    ///
    /// # Errors
    /// As [`Probe::fit`], for the data or of the net.
    pub fn choose(
        &mut self,
        net: &Net,
        spec: &ExploreSpec,
        choice: &Choice,
    ) -> Result<Chosen, ExploreError> {
        match choice {
            Choice::Samples(samples) => Ok(Chosen {
                words: list(samples),
                samples: samples.clone(),
            }),
            Choice::Scored(Scored { by, top, skip, of }) => {
                let ranking = self.rank(net, spec, by, 0, *of)?;
                let best = ranking.scores.iter().skip(*skip).take(*top);
                let samples: Vec<usize> = best.map(|(sample, _)| *sample).collect();
                Ok(Chosen {
                    words: format!("{} ({by})", list(&samples)),
                    samples,
                })
            }
        }
    }

    /// The samples `from`, `from + 1`, ..., `count` of them, by their score.
    pub(super) fn rank(
        &mut self,
        net: &Net,
        spec: &ExploreSpec,
        by: &Score,
        from: usize,
        count: usize,
    ) -> Result<Ranking, ExploreError> {
        let samples = Samples {
            latent: net.architecture.latent,
            seed: spec.seed,
        };
        let numbers = Samples::range(from, count)?;
        // The probe comes first: it is what can be wrong.
        let probe = match by {
            Score::Concept { concept, against } => {
                Some(self.probe(net, spec, by, concept, against.as_deref())?)
            }
            Score::Looking { .. } => None,
        };
        let z = samples.z("the samples", &numbers)?;
        let images = net.generate(&z, self.progress)?.to_images()?;
        let (scores, words) = match (by, probe) {
            (Score::Looking { looking }, _) => (
                looking::scores(&images, *looking),
                format!("{by}: how far the edges lie to that side, in widths of the image"),
            ),
            (_, Some(probe)) => (
                probe.scores(&images, self.progress)?,
                format!(
                    "{by}: the margin of a probe that tells {:.1}% of {} images rightly that it was not fitted on",
                    100.0 * probe.accuracy,
                    probe.tested
                ),
            ),
            _ => (Vec::new(), String::new()),
        };
        let mut scores: Vec<(usize, f32)> = numbers.into_iter().zip(scores).collect();
        // Stable: of equal scores the lower number comes first.
        scores.sort_by(|a, b| b.1.total_cmp(&a.1));
        Ok(Ranking { scores, words })
    }

    fn probe(
        &mut self,
        net: &Net,
        spec: &ExploreSpec,
        by: &Score,
        concept: &str,
        against: Option<&str>,
    ) -> Result<Probe, ExploreError> {
        let (name, split) = source(net, spec).ok_or(ExploreError::NoData)?;
        let key = (name, split, spec.seed, by.clone());
        if let Some((_, probe)) = self.probes.iter().find(|(k, _)| *k == key) {
            return Ok(probe.clone());
        }
        let image = net.architecture.image;
        let want = Want {
            size: Some(image.height),
            channels: Some(image.channels),
        };
        let (name, split) = (&key.0, &key.1);
        let data = Set::find(name, self.cards)?.open(split, &want, self.store, self.progress)?;
        let probe = Probe::fit(net, &data, concept, against, spec.seed, self.progress)?;
        self.progress.note(&format!(
            "{by}: {:.1}% of {} images held out are told rightly (C = {:.0e})",
            100.0 * probe.accuracy,
            probe.tested,
            probe.c
        ));
        self.probes.push((key, probe.clone()));
        Ok(probe)
    }
}

/// The data set and split that a figure reads: named, or what the trial was trained on.
pub(super) fn source(net: &Net, spec: &ExploreSpec) -> Option<(String, String)> {
    let own = net.spec.as_ref().map(|s| &s.data);
    let split = |default: &str| spec.split.clone().unwrap_or_else(|| default.to_string());
    match (&spec.data, own) {
        (Some(name), Some(own)) if *name == own.train => Some((name.clone(), split(&own.split))),
        (Some(name), _) => Some((name.clone(), split("train"))),
        (None, Some(own)) => Some((own.train.clone(), split(&own.split))),
        (None, None) => None,
    }
}
