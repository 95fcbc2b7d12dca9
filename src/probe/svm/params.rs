//! Parameters of the L2-SVM, unchecked and checked, in linfa's manner.

use linfa::ParamGuard;
use linfa::dataset::{AsSingleTargets, DatasetBase};
use linfa::traits::Fit;
use ndarray::{ArrayBase, Data, Ix2};

use super::model::{L2Svm, Step};
use super::objective::Targets;
use super::solver::{Fitter, check_features};
use crate::probe::error::SvmError;
use crate::track::progress::Stopped;

/// Called once per Newton step (or per fitted class by linfa); an error ends the fit.
pub type Watch<'a> = &'a (dyn Fn(&Step) -> Result<(), Stopped> + Sync);

/// How the intercept is treated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bias {
    /// As in LIBLINEAR: a constant feature of this size (scikit-learn's `intercept_scaling`), its weight regularised
    /// like the others.
    Regularised(f64),
    /// Not regularised, as in LIBSVM and linfa-svm.
    Free,
    /// No intercept.
    None,
}

impl Bias {
    /// The R of the intercept b itself in 1/2 R b^2.
    pub(super) fn regulariser(self) -> f64 {
        match self {
            Bias::Regularised(scale) => 1.0 / (scale * scale),
            Bias::Free | Bias::None => 0.0,
        }
    }

    /// The same where there is an intercept.
    pub(super) fn weight(self) -> Option<f64> {
        (self != Bias::None).then(|| self.regulariser())
    }
}

/// Which solver runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Solver {
    /// linfa-svm up to [`super::LINFA_ROWS`] rows, ours above, and where linfa-svm does not reach the optimum.
    #[default]
    Auto,
    /// linfa-svm, exactly, in the dual; its time grows with the cube of the rows.
    Linfa,
    /// Our own: on the rows' Gram matrix where they are few beside the features, else on the features.
    Primal,
}

/// Checked parameters; see [`L2SvmParams`].
#[derive(Clone, Copy)]
pub struct L2SvmValidParams<'a> {
    c: f64,
    bias: Bias,
    tolerance: f64,
    solver: Solver,
    watch: Option<Watch<'a>>,
}

/// Parameters of a one-vs-rest L2-SVM; the problem it solves is in [the module's documentation](super).
///
/// The features are taken as they are: the paper's authors feed raw features to scikit-learn's LinearSVC, and C is
/// chosen for their scale.
#[derive(Clone, Copy)]
pub struct L2SvmParams<'a>(L2SvmValidParams<'a>);

impl Default for L2SvmParams<'_> {
    fn default() -> Self {
        L2SvmParams(L2SvmValidParams {
            c: 1.0,
            bias: Bias::Regularised(1.0),
            tolerance: 1e-4,
            solver: Solver::Auto,
            watch: None,
        })
    }
}

impl<'a> L2SvmParams<'a> {
    /// Weight of the loss against the regulariser, above 0; 1 by default.
    #[must_use]
    pub fn c(mut self, c: f64) -> Self {
        self.0.c = c;
        self
    }

    /// Treatment of the intercept; `Bias::Regularised(1.0)`, LIBLINEAR's, by default.
    #[must_use]
    pub fn bias(mut self, bias: Bias) -> Self {
        self.0.bias = bias;
        self
    }

    /// How near the optimum to come: the duality gap relative to the objective; 1e-4 by default.
    #[must_use]
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.0.tolerance = tolerance;
        self
    }

    /// Which solver runs; [`Solver::Auto`] by default.
    #[must_use]
    pub fn solver(mut self, solver: Solver) -> Self {
        self.0.solver = solver;
        self
    }

    /// Watch the fit, and stop it.
    #[must_use]
    pub fn watch(mut self, watch: Watch<'a>) -> Self {
        self.0.watch = Some(watch);
        self
    }
}

impl<'a> ParamGuard for L2SvmParams<'a> {
    type Checked = L2SvmValidParams<'a>;
    type Error = SvmError;

    fn check_ref(&self) -> Result<&Self::Checked, SvmError> {
        let L2SvmValidParams {
            c, bias, tolerance, ..
        } = self.0;
        check_c(c)?;
        if !(tolerance > 0.0 && tolerance < 1.0) {
            return Err(SvmError::InvalidTolerance(tolerance));
        }
        if let Bias::Regularised(scale) = bias
            && !(scale > 0.0 && scale.is_finite())
        {
            return Err(SvmError::InvalidInterceptScale(scale));
        }
        Ok(&self.0)
    }

    fn check(self) -> Result<Self::Checked, SvmError> {
        self.check_ref()?;
        Ok(self.0)
    }
}

/// C must be positive, also in single precision.
pub(super) fn check_c(c: f64) -> Result<(), SvmError> {
    match is_usable_c(c) {
        true => Ok(()),
        false => Err(SvmError::InvalidC(c)),
    }
}

/// Whether single precision can work with this C.
pub fn is_usable_c(c: f64) -> bool {
    (1e-30..1e30).contains(&c)
}

impl<D, T, L> Fit<ArrayBase<D, Ix2>, T, SvmError> for L2SvmValidParams<'_>
where
    D: Data<Elem = f32>,
    T: AsSingleTargets<Elem = L>,
    L: Copy + Ord,
{
    type Object = L2Svm<L>;

    /// Fit one problem per distinct label of the targets.
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<L2Svm<L>, SvmError> {
        let x = dataset.records.view();
        let labels = dataset.as_single_targets();
        if x.is_empty() {
            return Err(SvmError::Empty {
                rows: x.nrows(),
                columns: x.ncols(),
            });
        }
        if labels.len() != x.nrows() {
            return Err(SvmError::Lengths {
                rows: x.nrows(),
                labels: labels.len(),
            });
        }
        let mut classes: Vec<L> = labels.iter().copied().collect();
        classes.sort_unstable();
        classes.dedup();
        if classes.len() < 2 {
            return Err(SvmError::TooFewClasses(classes.len()));
        }
        check_features(x)?;
        let indices = labels
            .iter()
            .map(|l| classes.binary_search(l).unwrap_or(0) as u32)
            .collect();
        let targets = Targets {
            labels: indices,
            counts: vec![true; x.nrows()],
            classes: classes.len(),
        };
        let mut fitter = Fitter::new(x, targets, self.bias, self.tolerance, self.solver)?;
        let fitted = fitter.solve(self.c, self.watch)?;
        Ok(L2Svm {
            weights: fitted.weights,
            classes,
            solver: fitted.solver,
            report: fitted.report,
        })
    }
}
