//! The protocols of tables 1 and 2: C chosen on validation rows of the training set, then a fit, or many, and the test.
//!
//! - [`Labels::All`]: 10,000 training rows (at most a fifth), stratified, are held out while C is chosen; then all
//!   training rows are fitted at that C and the test set is classified once.
//! - [`Labels::PerClass`]: C is the best mean over the first draws, each validated on up to 10,000 training rows outside
//!   of it, or on rows held out once for all draws (table 2); then N independent balanced draws are fitted and each
//!   classifies the test set.
//!
//! Table 2 holds out 10,000 rows, chooses C among seven values on ten draws and tests a hundred (section 5.2 and
//! `svhn/svhn_semisup_analysis.py` of the authors' code). There the hold-out is any 10,000 rows; here each class gives its
//! share.
//!
//! Test rows have no part in any choice. The features are not standardised (see [`super::svm`]); only those of an unusual size are
//! brought to the usual one, all by one factor (`scale.rs`).

use std::time::Instant;

use ndarray::Array2;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::draws::{balanced, by_class};
use super::error::{Class, ProbeError, SvmError};
use super::held_out::HeldOut;
use super::run::{Run, VALIDATION};
use super::scale::Scale;
use super::selection::Choice;
use super::svm::{Solver, View, check_features};
use crate::track::format::{Features, Labels, ProbeRecord};
use crate::track::progress::Progress;
use crate::track::protocol;

/// How a probe is run.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbeSettings {
    pub labels: Labels,
    /// Independent draws (1 or more) where labels are few; ignored where all are used.
    pub draws: usize,
    /// The values of C to choose from; `None` for half-decades from 1e-5, extended while the best is at an end. A single
    /// value is used without validation.
    pub c: Option<Vec<f64>>,
    pub solver: Solver,
    /// Where labels are few: training rows held out once, on which every draw is validated and from which none is made
    /// (table 2). `None`: each draw is validated on up to 10,000 rows outside of it.
    pub validation: Option<usize>,
    /// Where labels are few: draws on which C is chosen; `None` for the first three of those that are tested.
    pub selection_draws: Option<usize>,
}

impl Default for ProbeSettings {
    fn default() -> Self {
        ProbeSettings {
            labels: Labels::All,
            draws: 10,
            c: None,
            solver: Solver::Auto,
            validation: None,
            selection_draws: None,
        }
    }
}

/// Features with their labels.
#[derive(Debug, Clone, Copy)]
pub struct Labelled<'a> {
    /// `[n, d]`, row-major.
    pub features: View<'a>,
    /// Class of each row, below the number of classes.
    pub labels: &'a [u8],
}

impl Labelled<'_> {
    /// The same for a shorter time, which a view's type does not shrink to by itself.
    pub(super) fn reborrow(&self) -> Labelled<'_> {
        Labelled {
            features: self.features.view(),
            labels: self.labels,
        }
    }

    /// With a copy of the features in another size, where there is one.
    fn or_scaled<'s>(&'s self, copy: Option<&'s Array2<f32>>) -> Labelled<'s> {
        Labelled {
            features: copy.map_or(self.features.view(), |copy| copy.view().into()),
            labels: self.labels,
        }
    }
}

/// What a probe found.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbeOutcome {
    pub labels: Labels,
    /// The C used, and every C tried with its validation accuracy in ascending order of C.
    pub choice: Choice,
    /// Test accuracy of each draw, or the one of all labels, 0 to 1.
    pub draws: Vec<f64>,
    /// Length of the feature vector.
    pub dimensions: usize,
    /// Rows of each fit.
    pub train_rows: usize,
    pub test_rows: usize,
    /// `primal` or `linfa`.
    pub solver: &'static str,
    /// Rows held out once for every draw.
    pub held_out: Option<usize>,
    pub seconds: f64,
}

impl ProbeOutcome {
    /// Mean test accuracy.
    pub fn accuracy(&self) -> f64 {
        mean(&self.draws)
    }

    /// 1.96 standard deviations (n - 1) of the draws; `None` for a single one.
    pub fn spread(&self) -> Option<f64> {
        spread(&self.draws)
    }

    /// The run folder's record; the caller knows what was probed.
    pub fn into_record(self, data: &str, features: Features, max_units: usize) -> ProbeRecord {
        let (accuracy, spread) = (self.accuracy(), self.spread());
        ProbeRecord {
            protocol: protocol::PROBE,
            data: data.to_owned(),
            features,
            dimensions: self.dimensions,
            max_units,
            labels: self.labels,
            c: self.choice.c,
            validation: self.choice.tried,
            accuracy,
            interval: spread.map(|s| s / (self.draws.len() as f64).sqrt()),
            draws: self.draws,
            spread,
            train_rows: self.train_rows,
            test_rows: self.test_rows,
            solver: self.solver.to_owned(),
            held_out: self.held_out,
            seconds: self.seconds,
        }
    }
}

/// Run a protocol: choose C on training rows, fit, test.
///
/// `seed` determines the hold-out and the draws; the result has the same bits for any number of threads.
///
/// # Errors
/// [`ProbeError`]: inputs that do not fit together, too few rows of a class, a feature that is not finite, a solver
/// that does not converge, or the user's wish to stop.
pub fn probe(
    train: Labelled,
    test: Labelled,
    classes: usize,
    settings: &ProbeSettings,
    seed: u64,
    progress: &dyn Progress,
) -> Result<ProbeOutcome, ProbeError> {
    let start = Instant::now();
    let (train, test) = (train.reborrow(), test.reborrow());
    check(train, test, classes, settings)?;
    let scale = Scale::of(train.features.view(), progress);
    let settings = &scale.settings(settings)?;
    let copies = (
        scale.features(train.features.view())?,
        scale.features(test.features.view())?,
    );
    let run = Run {
        train: train.or_scaled(copies.0.as_ref()),
        test: test.or_scaled(copies.1.as_ref()),
        classes,
        settings,
        progress,
    };
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let found = match settings.labels {
        Labels::All => run.all(&mut rng),
        Labels::PerClass(k) => run.few(k, &mut rng),
    };
    let (choice, draws, train_rows, solver) = found.map_err(|e| scale.error(e))?;
    Ok(ProbeOutcome {
        labels: settings.labels,
        choice: scale.choice(choice),
        draws,
        dimensions: train.features.ncols(),
        train_rows,
        test_rows: test.labels.len(),
        solver,
        held_out: match settings.labels {
            Labels::All => None,
            Labels::PerClass(_) => settings.validation,
        },
        seconds: start.elapsed().as_secs_f64(),
    })
}

/// Refuse what [`probe`] would refuse of its rows, from their labels alone: a class without rows, or too few for a draw.
///
/// # Errors
/// [`ProbeError`] as [`probe`].
pub fn check_rows(
    labels: &[u8],
    classes: usize,
    settings: &ProbeSettings,
) -> Result<(), ProbeError> {
    let sizes = by_class(labels, classes);
    if classes < 2 {
        return Err(SvmError::TooFewClasses(classes).into());
    }
    if let Some(class) = sizes.iter().position(Vec::is_empty) {
        let class = Class::Number(class);
        let rows = labels.len();
        return Err(SvmError::MissingClass {
            class,
            classes,
            rows,
        }
        .into());
    }
    // Which rows are drawn hangs on the seed, whether there are enough does not.
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    match (settings.labels, settings.validation) {
        (Labels::All, _) => Ok(()),
        (Labels::PerClass(k), Some(validation)) => {
            HeldOut::draw(labels, classes, k, validation, 1, &mut rng).map(drop)
        }
        (Labels::PerClass(k), None) => balanced(labels, classes, k, VALIDATION, &mut rng).map(drop),
    }
}

pub(super) fn mean(draws: &[f64]) -> f64 {
    draws.iter().sum::<f64>() / draws.len().max(1) as f64
}

/// 1.96 standard deviations (n - 1); `None` for a single draw.
pub(super) fn spread(draws: &[f64]) -> Option<f64> {
    let n = draws.len();
    let mean = mean(draws);
    let squares: f64 = draws.iter().map(|d| (d - mean).powi(2)).sum();
    (n > 1).then(|| 1.96 * (squares / (n as f64 - 1.0)).sqrt())
}

pub(super) fn check<'a>(
    train: Labelled<'a>,
    test: Labelled<'a>,
    classes: usize,
    settings: &ProbeSettings,
) -> Result<(), ProbeError> {
    for (split, set) in [("training", train), ("test", test)] {
        let (rows, labels) = (set.features.nrows(), set.labels.len());
        if rows != labels {
            return Err(ProbeError::Lengths {
                split,
                rows,
                labels,
            });
        }
        if rows == 0 || set.features.ncols() == 0 {
            return Err(ProbeError::Empty(split));
        }
        if let Some((row, label)) = set
            .labels
            .iter()
            .enumerate()
            .find(|(_, l)| usize::from(**l) >= classes)
        {
            return Err(SvmError::LabelOutOfRange {
                row,
                label: usize::from(*label),
                classes,
            }
            .into());
        }
        check_features(set.features)?;
    }
    let (train, test) = (train.features.ncols(), test.features.ncols());
    if train != test {
        return Err(ProbeError::Columns { train, test });
    }
    let setting = |key, found: String, expected| {
        Err(ProbeError::Setting {
            key,
            found,
            expected,
        })
    };
    match settings.labels {
        Labels::PerClass(0) => {
            return setting("labels", "0".into(), "`all` or a number of 1 or more");
        }
        Labels::PerClass(_) if settings.draws == 0 => {
            return setting("draws", "0".into(), "a number of 1 or more");
        }
        Labels::PerClass(_) if settings.selection_draws == Some(0) => {
            return setting("selection_draws", "0".into(), "a number of 1 or more");
        }
        _ => {}
    }
    match &settings.c {
        Some(grid) if grid.is_empty() => setting("c", "empty".into(), "at least one value"),
        Some(grid) => match grid.iter().find(|c| !(**c > 0.0 && c.is_finite())) {
            Some(bad) => Err(SvmError::InvalidC(*bad).into()),
            None => Ok(()),
        },
        None => Ok(()),
    }
}
