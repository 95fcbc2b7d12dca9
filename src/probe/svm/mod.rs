//! One-vs-rest linear L2-SVM: L2-regularised, squared hinge, as LIBLINEAR and scikit-learn's LinearSVC define it.
//!
//! For each class, with y = +1 on its rows and -1 on the others, and C the weight of the loss:
//!
//! min over w, b of 1/2 |w|^2 + 1/2 (b / scale)^2 + C sum_i max(0, 1 - y_i (w.x_i + b))^2
//!
//! A row is given to the class of the largest margin. [`Bias`] says what becomes of the intercept; features are
//! used as they come. Two solvers stand behind one face ([`L2SvmParams`], linfa's `Fit` and `Predict`):
//! linfa-svm in the dual for a few hundred rows (`linfa.rs`) and ours in the primal beyond
//! (`primal.rs`). Both report a duality gap: how far, at most, the objective is from the optimum.
//!
//! Fewer rows than features call for no form of their own: the Gram matrix alone costs more than our solver's passes.
//!
//! Reference: Fan, Chang, Hsieh, Wang and Lin, "LIBLINEAR: A Library for Large Linear Classification", JMLR 9, 2008.

mod cholesky;
mod columns;
mod gram;
mod kernel;
mod linfa;
mod model;
mod objective;
mod params;
mod primal;
mod product;
mod rows;
mod solver;

pub use model::{L2Svm, Step, Weights, largest};
pub use objective::Targets;
pub use params::{Bias, L2SvmParams, L2SvmValidParams, Solver, Watch};
pub use primal::Report;
pub use solver::{Fitted, Fitter, LINFA_ROWS, check_features};
