//! The protocols of tables 1 and 2: C chosen on validation rows of the training set, then a fit, or many, and the test.
//!
//! - [`Labels::All`]: 10,000 training rows (at most a fifth), stratified, are held out while C is chosen; then all
//!   training rows are fitted at that C and the test set is classified once.
//! - [`Labels::PerClass`]: C is the best mean over the first draws, each validated on up to 10,000 training rows outside
//!   of it; then N independent balanced draws are fitted and each classifies the test set.
//!
//! Test rows have no part in any choice. The features are not standardised (see [`super::svm`]).

use std::ops::ControlFlow;
use std::time::Instant;

use ndarray::{ArrayView2, Axis};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::draws::{self, Split};
use super::error::{ProbeError, SvmError};
use super::selection::{Choice, choose};
use super::svm::{Bias, Fitter, Solver, Step, Targets, Weights, check_features, largest};
use crate::track::format::{Features, Labels, ProbeRecord};
use crate::track::progress::{Progress, Unit};

/// Most rows that C is validated on; table 2's protocol holds out as many.
const VALIDATION: usize = 10_000;
/// Relative duality gap while C is chosen: a thousandth of the objective moves no accuracy.
const CHOOSING: f64 = 1e-3;
/// Relative duality gap of the fits that are reported.
const FINAL: f64 = 1e-4;
/// Draws that C is chosen on, at most.
const CHOOSING_DRAWS: usize = 3;

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
}

impl Default for ProbeSettings {
    fn default() -> Self {
        ProbeSettings {
            labels: Labels::All,
            draws: 10,
            c: None,
            solver: Solver::Auto,
        }
    }
}

/// Features with their labels.
#[derive(Debug, Clone, Copy)]
pub struct Labelled<'a> {
    /// `[n, d]`, row-major.
    pub features: ArrayView2<'a, f32>,
    /// Class of each row, below the number of classes.
    pub labels: &'a [u8],
}

impl Labelled<'_> {
    /// The same for a shorter time, which a view's type does not shrink to by itself.
    fn reborrow(&self) -> Labelled<'_> {
        Labelled {
            features: self.features.view(),
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
    pub seconds: f64,
}

impl ProbeOutcome {
    /// Mean test accuracy.
    pub fn accuracy(&self) -> f64 {
        self.draws.iter().sum::<f64>() / self.draws.len().max(1) as f64
    }

    /// 1.96 standard deviations (n - 1) of the draws; `None` for a single one.
    pub fn spread(&self) -> Option<f64> {
        let n = self.draws.len();
        let mean = self.accuracy();
        let squares: f64 = self.draws.iter().map(|d| (d - mean).powi(2)).sum();
        (n > 1).then(|| 1.96 * (squares / (n as f64 - 1.0)).sqrt())
    }

    /// The run folder's record; the caller knows what was probed.
    pub fn into_record(self, data: &str, features: Features, max_units: usize) -> ProbeRecord {
        let (accuracy, spread) = (self.accuracy(), self.spread());
        ProbeRecord {
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
    let run = Run {
        train,
        test,
        classes,
        settings,
        progress,
    };
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (choice, draws, train_rows, solver) = match settings.labels {
        Labels::All => run.all(&mut rng)?,
        Labels::PerClass(k) => run.few(k, &mut rng)?,
    };
    Ok(ProbeOutcome {
        labels: settings.labels,
        choice,
        draws,
        dimensions: train.features.ncols(),
        train_rows,
        test_rows: test.labels.len(),
        solver,
        seconds: start.elapsed().as_secs_f64(),
    })
}

fn check<'a>(
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

type Found = (Choice, Vec<f64>, usize, &'static str);

struct Run<'a> {
    train: Labelled<'a>,
    test: Labelled<'a>,
    classes: usize,
    settings: &'a ProbeSettings,
    progress: &'a dyn Progress,
}

impl Run<'_> {
    fn targets(&self, labels: impl Iterator<Item = u8>, counts: Vec<bool>) -> Targets {
        Targets {
            labels: labels.map(u32::from).collect(),
            counts,
            classes: self.classes,
        }
    }

    fn watch(&self) -> impl Fn(&Step) -> ControlFlow<()> + Sync + '_ {
        |_| {
            if self.progress.stop_requested() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        }
    }

    fn test_accuracy(&self, weights: &Weights) -> Result<f64, ProbeError> {
        Ok(share(
            &weights.classify(self.test.features)?,
            self.test.labels.iter().copied(),
        ))
    }

    /// All labels. The held-out rows stay where they are: the loss leaves them out, and their margins come free.
    fn all(&self, rng: &mut ChaCha8Rng) -> Result<Found, ProbeError> {
        let (x, labels) = (self.train.features, self.train.labels);
        let n = labels.len();
        let everything = vec![true; n];
        let watch = self.watch();
        let bias = Bias::Regularised(1.0);
        let choice = match self.single_c() {
            Some(choice) => choice,
            None => {
                let split = draws::hold_out(labels, self.classes, VALIDATION, rng);
                let mut counts = everything.clone();
                for i in &split.validate {
                    if let Some(c) = counts.get_mut(*i) {
                        *c = false;
                    }
                }
                let targets = self.targets(labels.iter().copied(), counts);
                let mut fitter = Fitter::new(x, targets, bias, CHOOSING, Solver::Primal)?;
                let choice = choose(self.settings.c.as_deref(), 1, self.progress, |_, c| {
                    let fitted = fitter.solve(c, Some(&watch))?;
                    let predicted = match fitter.margins() {
                        Some(margins) => largest(&margins.select(Axis(0), &split.validate)),
                        None => fitted.weights.classify_rows(x, &split.validate)?,
                    };
                    Ok(share(
                        &predicted,
                        split
                            .validate
                            .iter()
                            .filter_map(|i| labels.get(*i).copied()),
                    ))
                })?;
                if self.settings.solver == Solver::Primal || n > super::svm::LINFA_ROWS {
                    // Go on from where the choice ended, now with every row.
                    fitter.set_counts(everything)?;
                    fitter.set_tolerance(FINAL);
                    return self.last(fitter, choice);
                }
                choice
            }
        };
        let targets = self.targets(labels.iter().copied(), everything);
        let fitter = Fitter::new(x, targets, bias, FINAL, self.settings.solver)?;
        self.last(fitter, choice)
    }

    fn last(&self, mut fitter: Fitter, choice: Choice) -> Result<Found, ProbeError> {
        let mut bar = self
            .progress
            .begin("fitting all labels", Some(1), Unit::Items);
        let fitted = fitter.solve(choice.c, Some(&self.watch()))?;
        bar.advance(1);
        let accuracy = self.test_accuracy(&fitted.weights)?;
        Ok((
            choice,
            vec![accuracy],
            self.train.labels.len(),
            fitted.solver,
        ))
    }

    /// A few labels per class, drawn again and again.
    fn few(&self, per_class: usize, rng: &mut ChaCha8Rng) -> Result<Found, ProbeError> {
        let draws = self.settings.draws;
        let splits: Vec<Split> = (0..draws)
            .map(|_| draws::balanced(self.train.labels, self.classes, per_class, VALIDATION, rng))
            .collect::<Result<_, _>>()?;
        let choice = match self.single_c() {
            Some(choice) => choice,
            None => self.choose_on(&splits[..draws.min(CHOOSING_DRAWS)])?,
        };
        let watch = self.watch();
        let mut bar = self.progress.begin(
            &format!("fitting {per_class} labels per class"),
            Some(draws as u64),
            Unit::Items,
        );
        let mut accuracies = Vec::with_capacity(draws);
        let mut solver = "primal";
        for split in &splits {
            let x = self.train.features.select(Axis(0), &split.fit);
            let mut fitter = self.fitter(x.view(), &split.fit, FINAL)?;
            let fitted = fitter.solve(choice.c, Some(&watch))?;
            let accuracy = self.test_accuracy(&fitted.weights)?;
            solver = fitted.solver;
            accuracies.push(accuracy);
            bar.advance(1);
            bar.message(&format!("{:.2}%", 100.0 * accuracy));
        }
        Ok((choice, accuracies, per_class * self.classes, solver))
    }

    /// C by mean validation accuracy over `splits`.
    fn choose_on(&self, splits: &[Split]) -> Result<Choice, ProbeError> {
        let watch = self.watch();
        let held: Vec<_> = splits
            .iter()
            .map(|s| self.train.features.select(Axis(0), &s.fit))
            .collect();
        let mut fitters = held
            .iter()
            .zip(splits)
            .map(|(x, split)| self.fitter(x.view(), &split.fit, CHOOSING))
            .collect::<Result<Vec<_>, _>>()?;
        choose(
            self.settings.c.as_deref(),
            splits.len(),
            self.progress,
            |draw, c| {
                let (Some(fitter), Some(split)) = (fitters.get_mut(draw), splits.get(draw)) else {
                    return Ok(0.0);
                };
                let fitted = fitter.solve(c, Some(&watch))?;
                let predicted = fitted
                    .weights
                    .classify_rows(self.train.features, &split.validate)?;
                Ok(share(&predicted, self.labels_of(&split.validate)))
            },
        )
    }

    fn fitter<'x>(
        &self,
        x: ArrayView2<'x, f32>,
        rows: &[usize],
        tolerance: f64,
    ) -> Result<Fitter<'x>, ProbeError> {
        let targets = self.targets(self.labels_of(rows), vec![true; rows.len()]);
        Ok(Fitter::new(
            x,
            targets,
            Bias::Regularised(1.0),
            tolerance,
            self.settings.solver,
        )?)
    }

    fn labels_of<'r>(&'r self, rows: &'r [usize]) -> impl Iterator<Item = u8> + 'r {
        rows.iter()
            .filter_map(|i| self.train.labels.get(*i).copied())
    }

    fn single_c(&self) -> Option<Choice> {
        match self.settings.c.as_deref() {
            Some([c]) => Some(Choice {
                c: *c,
                tried: Vec::new(),
            }),
            _ => None,
        }
    }
}

/// Share of the predictions that are right.
fn share(predicted: &[usize], labels: impl Iterator<Item = u8>) -> f64 {
    let right = predicted
        .iter()
        .zip(labels)
        .filter(|(p, l)| **p == usize::from(*l))
        .count();
    right as f64 / predicted.len().max(1) as f64
}
