//! The steps of a protocol: choosing C, fitting and testing, for all labels or for draws of a few.

use ndarray::Axis;
use rand_chacha::ChaCha8Rng;

use super::draws::{self, Split};
use super::error::{ProbeError, SvmError};
use super::held_out::HeldOut;
use super::protocol::{Labelled, ProbeSettings};
use super::selection::{Choice, choose};
use super::svm::{Bias, Fitted, Fitter, LINFA_ROWS, Solver, Step, Targets, View, Weights, largest};
use crate::track::progress::{Progress, Stopped, Unit};

/// Most rows that C is validated on; table 2's protocol holds out as many.
pub(super) const VALIDATION: usize = 10_000;
/// Relative duality gap while C is chosen: a thousandth of the objective moves no accuracy.
const CHOOSING: f64 = 1e-3;
/// Relative duality gap of the fits that are reported.
const FINAL: f64 = 1e-4;
/// Draws that C is chosen on, at most.
const CHOOSING_DRAWS: usize = 3;

/// C, the test accuracies, the rows of a fit, and the solver that ran.
type Found = (Choice, Vec<f64>, usize, &'static str);

/// One probe under way, its inputs checked.
pub(super) struct Run<'a> {
    pub train: Labelled<'a>,
    pub test: Labelled<'a>,
    pub classes: usize,
    pub settings: &'a ProbeSettings,
    pub progress: &'a dyn Progress,
}

impl Run<'_> {
    fn targets(&self, labels: impl Iterator<Item = u8>, counts: Vec<bool>) -> Targets {
        Targets {
            labels: labels.map(u32::from).collect(),
            counts,
            classes: self.classes,
        }
    }

    fn watch(&self) -> impl Fn(&Step) -> Result<(), Stopped> + Sync + '_ {
        |_| self.progress.check()
    }

    fn test_accuracy(&self, weights: &Weights) -> Result<f64, ProbeError> {
        Ok(share(
            &weights.classify(self.test.features)?,
            self.test.labels.iter().copied(),
        ))
    }

    /// All labels. The held-out rows stay where they are: the loss leaves them out, and their margins come free.
    pub fn all(&self, rng: &mut ChaCha8Rng) -> Result<Found, ProbeError> {
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
                if self.settings.solver == Solver::Primal || n > LINFA_ROWS {
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
        let fitted = self.finish(&mut fitter, choice.c)?;
        bar.advance(1);
        let accuracy = self.test_accuracy(&fitted.weights)?;
        Ok((
            choice,
            vec![accuracy],
            self.train.labels.len(),
            fitted.solver,
        ))
    }

    /// A fit to report; where single precision ends just short of [`FINAL`], [`CHOOSING`] is near enough.
    fn finish(&self, fitter: &mut Fitter, c: f64) -> Result<Fitted, ProbeError> {
        match fitter.solve(c, Some(&self.watch())) {
            Err(SvmError::NotConverged { gap, .. }) if gap <= CHOOSING => {
                fitter.set_tolerance(CHOOSING);
                Ok(fitter.solve(c, Some(&self.watch()))?)
            }
            other => Ok(other?),
        }
    }

    /// A few labels per class, drawn again and again.
    pub fn few(&self, per_class: usize, rng: &mut ChaCha8Rng) -> Result<Found, ProbeError> {
        let draws = self.settings.draws;
        let wanted = self.settings.selection_draws;
        let choosing = wanted.unwrap_or(draws.min(CHOOSING_DRAWS));
        let splits = self.splits(per_class, draws.max(choosing), rng)?;
        let choice = match self.single_c() {
            Some(choice) => choice,
            None => self.choose_on(&splits[..choosing])?,
        };
        let mut bar = self.progress.begin(
            &format!("fitting {per_class} labels per class"),
            Some(draws as u64),
            Unit::Items,
        );
        let mut accuracies = Vec::with_capacity(draws);
        let mut solver = "primal";
        for split in splits.iter().take(draws) {
            let x = self.train.features.select(&split.fit);
            let mut fitter = self.fitter(x.view(), &split.fit, FINAL)?;
            let fitted = self.finish(&mut fitter, choice.c)?;
            let accuracy = self.test_accuracy(&fitted.weights)?;
            solver = fitted.solver;
            accuracies.push(accuracy);
            bar.advance(1);
            bar.message(&format!("{:.2}%", 100.0 * accuracy));
        }
        Ok((choice, accuracies, per_class * self.classes, solver))
    }

    /// `count` draws with what each is validated on.
    fn splits(
        &self,
        per_class: usize,
        count: usize,
        rng: &mut ChaCha8Rng,
    ) -> Result<Vec<Split>, ProbeError> {
        let (labels, classes) = (self.train.labels, self.classes);
        match self.settings.validation {
            Some(validation) => {
                let held_out = HeldOut::draw(labels, classes, per_class, validation, count, rng)?;
                Ok(held_out.splits())
            }
            None => (0..count)
                .map(|_| draws::balanced(labels, classes, per_class, VALIDATION, rng))
                .collect(),
        }
    }

    /// C by mean validation accuracy over `splits`.
    fn choose_on(&self, splits: &[Split]) -> Result<Choice, ProbeError> {
        let watch = self.watch();
        let held: Vec<_> = splits
            .iter()
            .map(|s| self.train.features.select(&s.fit))
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
        x: impl Into<View<'x>>,
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
