//! One-vs-rest linear L2-SVM: L2-regularised, squared hinge, as LIBLINEAR and scikit-learn's LinearSVC define it.
//!
//! For each class, with y = +1 on its rows and -1 on the others, and C the weight of the loss:
//!
//! min over w, b of 1/2 |w|^2 + 1/2 (b / scale)^2 + C sum_i max(0, 1 - y_i (w.x_i + b))^2
//!
//! A row is given to the class of the largest margin. [`Bias`] says what becomes of the intercept; features are
//! used as they come (the protocols bring those of an unusual size to the usual one before: `scale.rs`). Two solvers stand behind one face ([`L2SvmParams`], linfa's `Fit` and `Predict`):
//! linfa-svm in the dual for a hundred rows or so (`linfa.rs`) and ours in the primal beyond: on the rows' Gram matrix
//! where they are at most a thousand and a quarter of the features (`expansion.rs`), else on the features (`primal.rs`). All
//! report a duality gap: how far, at most, the objective is from the optimum. All classes share each pass over the features, and
//! values of C follow one another, each from the last one's solution and span.
//!
//! # Memory
//!
//! In bytes at most, beside the n x d features (4 n d, or 2 n d in half precision), which are not copied, for k classes:
//!
//! | path | bytes |
//! |---|---|
//! | the preconditioner's sample of m = n / 16 rows (768 to 4096, or all) and its Gram matrix and factor | 4 m d + 12 m^2 |
//! | a pass: 16 partial sums, some vectors of each problem | 64 d k + 40 k (n + d) |
//! | a span of up to s = 24 k directions, where d >= 40 k; twice where it grows | 4 s n + 4 s d |
//! | on the Gram matrix, in place of the three above: it and a factor; sums and vectors at the end of each C | 8 n^2 + 128 d k + 60 k (n + d) |
//! | linfa-svm: Gram matrix, factor, rows and kernel in double precision | 32 n^2 |
//!
//! # What was tried
//!
//! The Gram matrix of all rows in place of the features: it costs n^2 d multiplications once, a factor of it n^3 / 3 at every C,
//! and spares all but two passes a C. Seconds for ten classes on two busy cores, features / Gram matrix, along half-decades of C
//! from 1e-5, to a gap of 1e-3:
//!
//! | rows x columns | one C (1e-4) | 5 Cs | 7 Cs |
//! |---|---|---|---|
//! | 200 x 7,168 | 0.0079 / 0.0037 | 0.027 / 0.013 | 0.077 / 0.027 |
//! | 600 x 3,584 | 0.018 / 0.016 | 0.053 / 0.042 | 0.096 / 0.082 |
//! | 1,000 x 3,584 | 0.035 / 0.039 | 0.075 / 0.106 | 0.193 / 0.184 |
//! | 1,000 x 7,168 | 0.068 / 0.051 | 0.150 / 0.138 | 0.369 / 0.233 |
//! | 2,000 x 7,168 | 0.097 / 0.210 | 0.216 / 0.556 | 1.21 / 0.98 |
//! | 4,000 x 12,288 | 0.35 / 1.45 | | 12.5 / 6.2 |
//!
//! All values of C in the same passes: a pass's time is that of its multiplications, 11, 50 and 70 ms for the margins of 10, 50 and 70
//! problems on 4000 x 12,288, so five values at once would cost five times the 20 passes of a first one, where from the last
//! solution each further value takes 4 to 8.
//!
//! Features in half precision ([`View`]): on 4000 x 12,288 features of a net at C = 1e-4 rounding them to f16 puts the objective on
//! the true features 1e-7 above the optimum, to bf16 7e-6. Table 1's rows on the released weights are the same to the digit (79.7%
//! and 71.3%; untrained 67.0% and 55.6%), raw pixels with 400 labels a class 37.5% in place of 37.6% (+-0.3%). So f16 it is.
//!
//! Reference: Fan, Chang, Hsieh, Wang and Lin, "LIBLINEAR: A Library for Large Linear Classification", JMLR 9, 2008.

mod cholesky;
mod columns;
mod expansion;
mod gram;
mod gram_newton;
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
pub use params::{Bias, L2SvmParams, L2SvmValidParams, Solver, Watch, is_usable_c};
pub use primal::Report;
pub use solver::{Fitted, Fitter, LINFA_ROWS, check_features};
pub use view::View;
