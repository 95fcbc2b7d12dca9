//! What can go wrong while an L2-SVM is fitted or a table's protocol is run.

use crate::track::progress::Stopped;
/// A class as an error names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Class {
    /// By its number, where names are not known.
    Number(usize),
    Name(String),
}

impl std::fmt::Display for Class {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Class::Number(class) => write!(f, "class {class}"),
            Class::Name(name) => write!(f, "class `{name}`"),
        }
    }
}

/// An L2-SVM could not be fitted.
#[derive(Debug, thiserror::Error)]
pub enum SvmError {
    /// C must be a positive, finite number.
    #[error("the L2-SVM's C is {0}, expected a positive, finite number; try 1e-4")]
    InvalidC(f64),
    /// The tolerance must lie strictly between 0 and 1.
    #[error(
        "the L2-SVM's tolerance is {0}, expected a number above 0 and below 1; the default is 1e-4"
    )]
    InvalidTolerance(f64),
    /// The intercept's scale must be a positive, finite number.
    #[error(
        "the L2-SVM's intercept scale is {0}, expected a positive, finite number; LIBLINEAR's default is 1"
    )]
    InvalidInterceptScale(f64),
    /// There is nothing to fit on.
    #[error(
        "the L2-SVM was given {rows} rows of {columns} features, expected at least one of each"
    )]
    Empty { rows: usize, columns: usize },
    /// One label per row is needed.
    #[error(
        "the L2-SVM was given {rows} rows of features but {labels} labels, expected one label a row"
    )]
    Lengths { rows: usize, labels: usize },
    /// The features to predict have another length than those of the fit.
    #[error(
        "the features have {found} columns, expected the {expected} that the L2-SVM was fitted on"
    )]
    Columns { found: usize, expected: usize },
    /// A class has no row to learn from.
    #[error(
        "{class} has no training row (of {rows} rows), expected at least one of each of the {classes} classes; \
         draw more labels or drop the class"
    )]
    MissingClass {
        class: Class,
        classes: usize,
        rows: usize,
    },
    /// One-vs-rest needs a rest.
    #[error("the labels hold {0} class(es), expected at least 2")]
    TooFewClasses(usize),
    /// A label is not a class index.
    #[error("row {row} is labelled {label}, expected a class below {classes}")]
    LabelOutOfRange {
        row: usize,
        label: usize,
        classes: usize,
    },
    /// A feature is NaN or infinite.
    #[error(
        "feature {column} of row {row} is {value}, expected a finite number; \
         the network that made the features may have diverged"
    )]
    NotFinite {
        row: usize,
        column: usize,
        value: f32,
    },
    /// The optimum was not reached.
    #[error(
        "the {solver} solver stopped after {iterations} iterations at C = {c:e} with its objective within {gap:.1e} \
         of the optimum (relative), expected {tolerance:.1e}; choose a smaller C, scale the features down, or \
         raise the tolerance"
    )]
    NotConverged {
        solver: &'static str,
        c: f64,
        iterations: usize,
        gap: f64,
        tolerance: f64,
    },
    /// linfa-svm cannot express the intercept asked for.
    #[error(
        "linfa-svm always fits an intercept, so it cannot solve the L2-SVM without one; \
         choose the primal solver or another bias"
    )]
    LinfaBias,
    /// linfa-svm refused its input.
    #[error("linfa-svm failed: {0}")]
    LinfaSvm(#[from] linfa_svm::SvmError),
    /// linfa refused its input.
    #[error("linfa failed: {0}")]
    Linfa(#[from] linfa::Error),
    /// The user asked to stop.
    #[error("{0}")]
    Stopped(#[from] Stopped),
}

/// A protocol of tables 1 and 2 could not be run.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The classifier could not be fitted.
    #[error(transparent)]
    Svm(SvmError),
    /// A set of features has another number of rows than of labels.
    #[error(
        "the {split} set has {rows} rows of features but {labels} labels, expected one label a row"
    )]
    Lengths {
        split: &'static str,
        rows: usize,
        labels: usize,
    },
    /// Training and test features are of different lengths.
    #[error(
        "the test features have {test} columns and the training features {train}, expected the same; \
         both must come from the same layers of the same network"
    )]
    Columns { train: usize, test: usize },
    /// A set has no rows.
    #[error("the {0} set is empty, expected at least one row")]
    Empty(&'static str),
    /// A class is too small for the draw.
    #[error(
        "{class} has {found} training rows, expected at least {needed}: {wanted} for a draw and one to validate on; \
         ask for fewer labels per class"
    )]
    TooFewRows {
        class: Class,
        found: usize,
        needed: usize,
        wanted: usize,
    },
    /// A class is too small for the draw beside what is held out.
    #[error(
        "{class} has {left} training rows beside the {held_out} held out, expected at least the {wanted} of a draw; \
         ask for fewer labels per class or a smaller `validation`"
    )]
    TooFewLeft {
        class: Class,
        left: usize,
        held_out: usize,
        wanted: usize,
    },
    /// The loss is nothing beside the regulariser, or the other way round.
    #[error(
        "C = {c:e} does not suit features whose root mean square is {size:.1e}; leave C out so that it is chosen, \
         give one near {usual:.0e}, or divide the features by {size:.0e}"
    )]
    Size { size: f64, c: f64, usual: f64 },
    /// A setting makes no sense.
    #[error("`{key}` is {found}, expected {expected}")]
    Setting {
        key: &'static str,
        found: String,
        expected: &'static str,
    },
    /// Distances could not be computed.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
    /// The user asked to stop.
    #[error("{0}")]
    Stopped(#[from] Stopped),
}

impl ProbeError {
    /// With the class that it speaks of by its name, for names in the order of the labels.
    pub fn named(mut self, names: &[String]) -> ProbeError {
        if let ProbeError::TooFewRows { class, .. }
        | ProbeError::TooFewLeft { class, .. }
        | ProbeError::Svm(SvmError::MissingClass { class, .. }) = &mut self
            && let Class::Number(number) = class
            && let Some(name) = names.get(*number)
        {
            *class = Class::Name(name.clone());
        }
        self
    }
}

impl From<SvmError> for ProbeError {
    /// A stopped fit is a stopped probe.
    fn from(e: SvmError) -> Self {
        match e {
            SvmError::Stopped(stopped) => ProbeError::Stopped(stopped),
            e => ProbeError::Svm(e),
        }
    }
}
