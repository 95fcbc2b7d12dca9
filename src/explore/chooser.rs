//! From a choice of samples, as a spec or the command line has it, to their numbers.

use std::path::Path;

use super::arithmetic::list;
use super::choice::{Choice, Score, Scored};
use super::concept::Probe;
use super::figure::Common;
use super::{ExploreError, Net, Samples, pose};
use crate::data::{Set, Store, Want};
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

    /// The numbers of a choice made for a figure of `net` with these options.
    ///
    /// # Errors
    /// As [`Probe::fit`], for the data or of the net.
    pub fn choose<const TOP: usize>(
        &mut self,
        net: &Net,
        common: &Common,
        choice: &Choice<TOP>,
    ) -> Result<Chosen, ExploreError> {
        match choice {
            Choice::Samples(samples) => Ok(Chosen {
                words: list(samples),
                samples: samples.clone(),
            }),
            Choice::Scored(Scored { by, top, skip, of }) => {
                let ranking = self.rank(net, common, by, 0, *of)?;
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
        common: &Common,
        by: &Score,
        from: usize,
        count: usize,
    ) -> Result<Ranking, ExploreError> {
        let samples = Samples {
            latent: net.architecture.latent,
            seed: common.seed,
        };
        let numbers = Samples::range(from, count)?;
        // The probe comes first: it is what can be wrong.
        let probe = match by {
            Score::Concept { concept, against } => {
                Some(self.probe(net, common, by, concept, against.as_deref())?)
            }
            Score::Pose { .. } => None,
        };
        let z = samples.z("the samples", &numbers)?;
        let images = net.generate(&z, self.progress)?.to_images()?;
        let (scores, words) = match (by, probe) {
            (Score::Pose { looking }, _) => (
                pose::scores(&images, *looking),
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
        common: &Common,
        by: &Score,
        concept: &str,
        against: Option<&str>,
    ) -> Result<Probe, ExploreError> {
        let (name, split) = common.source(net).ok_or(ExploreError::NoData)?;
        let key = (name, split, common.seed, by.clone());
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
        let probe = Probe::fit(net, &data, concept, against, common.seed, self.progress)?;
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
