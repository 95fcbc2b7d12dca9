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
//! # Memory
//!
//! In bytes at most, beside the n x d features (4 n d), which are not copied, for k classes:
//!
//! | path | bytes |
//! |---|---|
//! | the preconditioner's sample of m = n / 16 rows (768 to 4096, or all) and its Gram matrix and factor | 4 m d + 12 m^2 |
//! | a pass: 16 partial sums, some vectors of each problem | 64 d k + 40 k (n + d) |
//! | a span of up to s = 24 k directions, where d >= 40 k; twice where it grows | 4 s n + 4 s d |
//! | linfa-svm: Gram matrix, factor, rows and kernel in double precision | 32 n^2 |
//!
//! # What was tried
//!
//! The Gram matrix of all rows in place of the features, where rows are fewer: it costs n^2 d / 2 multiplications where a round of
//! ours takes 2 n d k of them and some ten rounds suffice, so it would pay below some hundreds of rows only, where linfa-svm has it.
//! Features in half precision: on 4000 x 12,288 features of a net at C = 1e-4 rounding them to f16 puts the objective on the true
//! features 1e-7 above the optimum, to bf16 7e-6, so accuracy allows it; it would take half as much memory again for the copy.
//!
//! Reference: Fan, Chang, Hsieh, Wang and Lin, "LIBLINEAR: A Library for Large Linear Classification", JMLR 9, 2008.

mod cholesky;
mod columns;
mod gram;
mod interleaved;
mod kernel;
mod linfa;
mod model;
mod newton;
mod objective;
mod params;
mod primal;
mod product;
mod rows;
mod solver;
mod spanned;
mod subspace;
mod view;

pub use model::{L2Svm, Step, Weights, largest};
pub use objective::Targets;
pub use params::{Bias, L2SvmParams, L2SvmValidParams, Solver, Watch};
pub use primal::Report;
pub use solver::{Fitted, Fitter, LINFA_ROWS, check_features};
pub use view::View;
