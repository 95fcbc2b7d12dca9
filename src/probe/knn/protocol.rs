//! k chosen on the rows held out, then every draw tested.

use std::time::Instant;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::search::{Draws, right};
use crate::probe::error::ProbeError;
use crate::probe::held_out::HeldOut;
use crate::probe::protocol::{Labelled, ProbeSettings, check, mean, spread};
use crate::track::format::{Features, Labels};
use crate::track::knn::KnnRecord;
use crate::track::progress::Progress;
use crate::track::protocol;

/// What k-nearest neighbours found.
#[derive(Debug, Clone, PartialEq)]
pub struct KnnOutcome {
    pub labels: Labels,
    /// The k that validation chose, and every k tried with its validation accuracy, ascending.
    pub k: usize,
    pub tried: Vec<(usize, f64)>,
    /// Test accuracy of each draw, 0 to 1.
    pub draws: Vec<f64>,
    /// Rows held out once.
    pub held_out: usize,
    /// Length of the feature vector.
    pub dimensions: usize,
    /// Rows of each draw.
    pub train_rows: usize,
    pub test_rows: usize,
    pub seconds: f64,
}

/// k-nearest neighbours by table 2's protocol: `settings` names the labels per class, the draws and what is held out;
/// its C and solver have no part. With the same seed it sees the rows that [`crate::probe::probe`] sees.
///
/// # Errors
/// As [`crate::probe::probe`]; [`ProbeError::Setting`] without `validation` or with a `k` (ascending, from 1) above the rows of
/// a draw.
pub fn knn(
    train: Labelled,
    test: Labelled,
    classes: usize,
    settings: &ProbeSettings,
    k: &[usize],
    seed: u64,
    progress: &dyn Progress,
) -> Result<KnnOutcome, ProbeError> {
    let start = Instant::now();
    let (train, test) = (train.reborrow(), test.reborrow());
    check(train, test, classes, settings)?;
    let (per_class, validation) = check_neighbours(classes, settings, k)?;
    let rows = per_class * classes;
    let choosing = settings.selection_draws.unwrap_or(settings.draws.min(3));
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let count = settings.draws.max(choosing);
    let drawn = HeldOut::draw(
        train.labels,
        classes,
        per_class,
        validation,
        count,
        &mut rng,
    )?;
    let draws = |sets| Draws {
        features: train.features.view(),
        labels: train.labels,
        sets,
        classes,
    };

    let validated = right(
        &draws(&drawn.fits[..choosing]),
        train.features.view(),
        &drawn.validate,
        train.labels,
        k,
        "choosing k",
        progress,
    )?;
    let share = |right: usize, of: usize| right as f64 / of.max(1) as f64;
    let tried: Vec<(usize, f64)> = k
        .iter()
        .enumerate()
        .map(|(i, &k)| {
            let right = validated.iter().filter_map(|draw| draw.get(i)).sum();
            (k, share(right, choosing * drawn.validate.len()))
        })
        .collect();
    let mut best = (1, f64::NEG_INFINITY);
    for &(k, accuracy) in &tried {
        if accuracy > best.1 {
            best = (k, accuracy);
        }
    }

    let everything: Vec<usize> = (0..test.labels.len()).collect();
    let tested = right(
        &draws(&drawn.fits[..settings.draws]),
        test.features.view(),
        &everything,
        test.labels,
        &[best.0],
        "neighbours of the test images",
        progress,
    )?;
    Ok(KnnOutcome {
        labels: settings.labels,
        k: best.0,
        tried,
        draws: tested
            .iter()
            .flatten()
            .map(|right| share(*right, test.labels.len()))
            .collect(),
        held_out: drawn.validate.len(),
        dimensions: train.features.ncols(),
        train_rows: rows,
        test_rows: test.labels.len(),
        seconds: start.elapsed().as_secs_f64(),
    })
}

/// Refuse a `k` that [`knn`] cannot try; else the labels per class and the rows that it is chosen on.
///
/// # Errors
/// [`ProbeError::Setting`].
pub fn check_neighbours(
    classes: usize,
    settings: &ProbeSettings,
    k: &[usize],
) -> Result<(usize, usize), ProbeError> {
    let (Labels::PerClass(per_class), Some(validation)) = (settings.labels, settings.validation)
    else {
        return Err(ProbeError::Setting {
            key: "validation",
            found: "missing".into(),
            expected: "rows to choose k on, for a number of labels per class",
        });
    };
    let rows = per_class * classes;
    if k.is_empty() || k.contains(&0) || !k.is_sorted_by(|a, b| a < b) || k.last() > Some(&rows) {
        return Err(ProbeError::Setting {
            key: "knn",
            found: format!("{k:?}, and a draw has {rows} labels"),
            expected: "ascending numbers from 1 to the labels of a draw",
        });
    }
    Ok((per_class, validation))
}

impl KnnOutcome {
    /// The run folder's record; the caller knows what was classified.
    pub fn into_record(self, data: &str, features: Features) -> KnnRecord {
        KnnRecord {
            protocol: protocol::KNN,
            data: data.to_owned(),
            features,
            labels: self.labels,
            k: self.k,
            validation: self.tried,
            accuracy: mean(&self.draws),
            spread: spread(&self.draws),
            draws: self.draws,
            held_out: self.held_out,
            dimensions: self.dimensions,
            train_rows: self.train_rows,
            test_rows: self.test_rows,
            seconds: self.seconds,
        }
    }
}
