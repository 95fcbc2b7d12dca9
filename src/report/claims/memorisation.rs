//! Section 4.1: are samples after one epoch copies of training images?

use super::evidence::{self, Asked};
use super::outcome::{Number, Outcome};
use crate::report::ReportError;
use crate::report::groups::{self, Estimate};
use crate::report::words;
use crate::track::memorisation::{FILE, Memorisation};

/// The claim is about the net as it was then.
const EPOCH: usize = 1;

/// Held where in no space more samples than held-out images are copies, beyond the interval of the two shares. That
/// samples lie near to the data is no copying by itself: a dull image is as near to its second neighbour.
pub fn outcomes(asked: &Asked) -> Result<Vec<Outcome>, ReportError> {
    let mut found = Vec::new();
    for (experiment, trial, record) in asked.evidence.records::<Memorisation>(FILE)? {
        let after = record.epochs.iter().filter(|e| e.epoch == EPOCH);
        for epoch in after.filter(|_| evidence::is_over(trial)) {
            let mut numbers = Vec::new();
            let mut copied = Vec::new();
            for space in &epoch.spaces {
                let samples = Share::of(space.samples.copies, epoch.samples);
                let held_out = Share::of(space.held_out.copies, epoch.held_out_images);
                if samples.exceeds(held_out) {
                    copied.push(space.space.name().to_string());
                }
                let name = |what: &str| format!("{what}, {}", space.space.name());
                numbers.push(Number::percent(
                    name("copies among samples"),
                    samples.estimate(),
                ));
                numbers.push(Number::percent(
                    name("among held-out images"),
                    held_out.estimate(),
                ));
                let nearer = Share::of(space.nearer, epoch.samples);
                numbers.push(Number::percent(
                    name("samples nearer than 1% of those"),
                    nearer.estimate(),
                ));
                let [low, high] = space.nearer_than_held_out_interval;
                numbers.push(Number::percent(
                    name("pairs in which the sample is the nearer"),
                    Estimate::normal(space.nearer_than_held_out, Some((high - low) / 2.0)),
                ));
            }
            if epoch.spaces.is_empty() {
                continue;
            }
            let judged = match copied.is_empty() {
                true => "in no space are they more often copies of training images than held-out images are, beyond the 95% interval".to_string(),
                false => format!(
                    "in {} they are more often copies of training images than held-out images are, beyond the 95% interval",
                    words::list(&copied)
                ),
            };
            found.push(Outcome {
                held: copied.is_empty(),
                sentence: format!(
                    "Of {} samples after epoch {EPOCH}, beside {} held-out images: {judged}. A copy lies less than a third as far from the nearest training image as from the second. That samples lie nearer to the training images than held-out ones decides nothing: smooth images lie near to all others.",
                    words::thousands(epoch.samples as u64),
                    words::thousands(epoch.held_out_images as u64),
                ),
                numbers,
                seeds: vec![trial.run.seed],
                scale: evidence::scale(trial),
                training: trial.run.training,
                protocol: Some(record.protocol),
                experiment: experiment.name.clone(),
            });
        }
    }
    Ok(found)
}

/// A share of so many images.
#[derive(Clone, Copy)]
struct Share {
    share: f64,
    n: f64,
}

impl Share {
    fn of(share: f64, n: usize) -> Share {
        Share { share, n: n as f64 }
    }

    fn estimate(self) -> Estimate {
        Estimate::normal(
            self.share,
            groups::share_interval(self.share, self.n as usize),
        )
    }

    /// By more than the interval of Agresti and Caffo (2000), which holds for shares near 0 too.
    fn exceeds(self, other: Share) -> bool {
        let adjusted = |s: Share| ((s.share * s.n + 1.0) / (s.n + 2.0), s.n + 2.0);
        let ((a, n), (b, m)) = (adjusted(self), adjusted(other));
        a - b > 1.96 * (a * (1.0 - a) / n + b * (1.0 - b) / m).sqrt()
    }
}
