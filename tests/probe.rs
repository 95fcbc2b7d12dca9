//! The L2-SVM against brute force, linfa-svm and scikit-learn; nearest neighbours against NumPy.

#[path = "probe/nearest.rs"]
mod nearest;
mod needs;

use dcgan::probe::SvmError;
use dcgan::probe::svm::{Bias, Fitter, L2Svm, L2SvmParams, Report, Solver, Targets, View};
use dcgan::track::progress::Stopped;
use linfa::DatasetBase;
use linfa::traits::{Fit, Predict};
use ndarray::{Array1, Array2};
use proptest::prelude::*;
use serde::Deserialize;

/// What `tests/fixtures/svm_sklearn.py` stored.
#[derive(Deserialize)]
struct Fixture {
    train: Vec<String>,
    train_labels: Vec<usize>,
    test: Vec<String>,
    test_labels: Vec<usize>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    c: f64,
    scale: Option<f64>,
    objective: Vec<f64>,
    coef: Vec<Vec<f64>>,
    intercept: Vec<f64>,
    predictions: Vec<usize>,
}

fn fixture() -> Fixture {
    serde_json::from_str(include_str!("fixtures/svm_sklearn.json")).unwrap()
}

fn pixels(rows: &[String]) -> Array2<f32> {
    let values: Vec<f32> = rows
        .iter()
        .flat_map(|r| r.bytes().map(|b| f32::from(b - b'a')))
        .collect();
    Array2::from_shape_vec((rows.len(), 64), values).unwrap()
}

fn fit(x: &Array2<f32>, y: &[usize], params: L2SvmParams) -> Result<L2Svm<usize>, SvmError> {
    params.fit(&DatasetBase::new(x.view(), Array1::from(y.to_vec())))
}

/// The objective by its definition, in double precision.
fn objective(x: &Array2<f32>, y: &[usize], svm: &L2Svm<usize>, bias: Bias, c: f64) -> Vec<f64> {
    let (w, b) = (svm.weights(), svm.intercept());
    svm.classes()
        .iter()
        .enumerate()
        .map(|(j, class)| {
            let w: Vec<f64> = w.column(j).iter().map(|v| f64::from(*v)).collect();
            let b = f64::from(b[j]);
            let loss: f64 = x
                .outer_iter()
                .zip(y)
                .map(|(x, y)| {
                    let f: f64 = x
                        .iter()
                        .zip(&w)
                        .map(|(x, w)| f64::from(*x) * w)
                        .sum::<f64>()
                        + b;
                    (1.0 - if y == class { f } else { -f }).max(0.0).powi(2)
                })
                .sum();
            let penalty = match bias {
                Bias::Regularised(s) => (b / s).powi(2),
                _ => 0.0,
            };
            0.5 * (w.iter().map(|w| w * w).sum::<f64>() + penalty) + c * loss
        })
        .collect()
}

fn agreement(a: &Array1<usize>, b: &[usize]) -> f64 {
    a.iter().zip(b).filter(|(a, b)| a == b).count() as f64 / b.len() as f64
}

#[test]
fn both_solvers_agree_with_scikit_learn() {
    let data = fixture();
    let (train, test) = (pixels(&data.train), pixels(&data.test));
    for case in &data.cases {
        let bias = case.scale.map_or(Bias::None, Bias::Regularised);
        for solver in [Solver::Primal, Solver::Linfa] {
            // linfa-svm cannot do without an intercept, and takes seconds a fit: two cases are enough.
            if solver == Solver::Linfa && (bias == Bias::None || ![1e-3, 1e-2].contains(&case.c)) {
                continue;
            }
            let name = format!("C = {} scale {:?} {solver:?}", case.c, case.scale);
            let params = L2SvmParams::default()
                .c(case.c)
                .bias(bias)
                .tolerance(1e-6)
                .solver(solver);
            let svm =
                fit(&train, &data.train_labels, params).unwrap_or_else(|e| panic!("{name}: {e}"));
            let reached = objective(&train, &data.train_labels, &svm, bias, case.c);
            for (ours, theirs) in reached.iter().zip(&case.objective) {
                // At C = 1 LIBLINEAR itself stops 2e-4 above the optimum.
                let off = ours / theirs - 1.0;
                assert!(
                    (-5e-4..1e-5).contains(&off),
                    "{name}: objective {ours}, scikit-learn {theirs}"
                );
            }
            for (j, (w, b)) in case.coef.iter().zip(&case.intercept).enumerate() {
                let size = w.iter().map(|w| w * w).sum::<f64>().sqrt();
                let off = w
                    .iter()
                    .zip(svm.weights().column(j))
                    .map(|(a, b)| (a - f64::from(*b)).powi(2))
                    .sum::<f64>();
                // The objective is 1-strongly convex: weights this far apart need objectives that far apart.
                let allowed =
                    (2.0 * (case.objective[j] - reached[j]).max(0.0)).sqrt() + 5e-3 * size;
                assert!(
                    off.sqrt() < allowed,
                    "{name}: class {j}, weights off by {} of {size}",
                    off.sqrt()
                );
                let off = (b - f64::from(svm.intercept()[j])).abs() / case.scale.unwrap_or(1.0);
                assert!(
                    off < allowed,
                    "{name}: class {j}, intercept {b} off by {off}"
                );
            }
            let same = agreement(&svm.predict(&test), &case.predictions);
            assert!(same >= 0.9975, "{name}: {same} of the predictions agree");
        }
    }
}

#[test]
fn linfa_and_primal_agree_with_a_free_intercept() {
    let data = fixture();
    let (train, test) = (pixels(&data.train), pixels(&data.test));
    let c = 1e-3;
    let params = L2SvmParams::default().c(c).bias(Bias::Free).tolerance(1e-6);
    let [a, b] = [Solver::Linfa, Solver::Primal]
        .map(|s| fit(&train, &data.train_labels, params.solver(s)).unwrap());
    assert_eq!((a.solver(), b.solver()), ("linfa", "primal"));
    let of = |svm| objective(&train, &data.train_labels, svm, Bias::Free, c);
    for (a, b) in of(&a).iter().zip(of(&b)) {
        assert!((a / b - 1.0).abs() < 1e-5, "{a} {b}");
    }
    for (a, b) in a.weights().iter().zip(b.weights()) {
        assert!((a - b).abs() < 1e-4, "{a} {b}");
    }
    assert_eq!(a.predict(&test), b.predict(&test));
}

#[test]
fn the_solvers_agree_with_fewer_rows_than_columns() {
    // On the features, and on the Gram matrix of the rows.
    for (n, d) in [(60, 200), (60, 300)] {
        let x = Array2::from_shape_fn((n, d), |(i, j)| {
            ((i * 31 + j * 17 + i * j) % 23) as f32 / 23.0
        });
        let y: Vec<usize> = (0..n).map(|i| i % 3).collect();
        for bias in [Bias::Regularised(1.0), Bias::Regularised(3.0), Bias::Free] {
            let params = L2SvmParams::default().c(0.01).bias(bias).tolerance(1e-6);
            let [a, b] =
                [Solver::Linfa, Solver::Primal].map(|s| fit(&x, &y, params.solver(s)).unwrap());
            for (a, b) in objective(&x, &y, &a, bias, 0.01)
                .iter()
                .zip(objective(&x, &y, &b, bias, 0.01))
            {
                assert!((a / b - 1.0).abs() < 1e-5, "{bias:?}, {d} columns: {a} {b}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn no_neighbour_of_the_optimum_is_better(
        n in 6usize..40, d in 1usize..80, c in -4f64..1.0, salt in 0u64..1000, bias in 0usize..3,
    ) {
        let mut state = salt.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let mut noise = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
        };
        let x = Array2::from_shape_simple_fn((n, d), &mut noise);
        let y: Vec<usize> = (0..n).map(|i| i % 3).collect();
        let c = 10f64.powf(c);
        let bias = [Bias::Regularised(2.0), Bias::Free, Bias::None][bias];
        let params = L2SvmParams::default().c(c).bias(bias).tolerance(1e-5).solver(Solver::Primal);
        let svm = fit(&x, &y, params).unwrap();
        prop_assert!(svm.report().gap <= 1e-5);
        let reached = objective(&x, &y, &svm, bias, c);
        for (r, s) in reached.iter().zip(&svm.report().objective) {
            prop_assert!((r / s - 1.0).abs() < 1e-4, "reported {} is {}", s, r);
        }
        // Plain gradient descent from the solution must not find a lower point.
        for (j, class) in svm.classes().iter().enumerate() {
            let mut w: Vec<f64> = svm.weights().column(j).iter().map(|v| f64::from(*v)).collect();
            let mut b = f64::from(svm.intercept()[j]);
            let r = match bias { Bias::Regularised(s) => 1.0 / (s * s), _ => 0.0 };
            let lipschitz = 1.0 + r + 2.0 * c * (x.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() + n as f64);
            let mut value = 0.0;
            for step in 0..=300 {
                let mut g: Vec<f64> = w.clone();
                let mut gb = r * b;
                value = 0.5 * (w.iter().map(|w| w * w).sum::<f64>() + r * b * b);
                for (x, y) in x.outer_iter().zip(&y) {
                    let sign = if y == class { 1.0 } else { -1.0 };
                    let f: f64 = x.iter().zip(&w).map(|(x, w)| f64::from(*x) * w).sum::<f64>() + b;
                    let slack = (1.0 - sign * f).max(0.0);
                    value += c * slack * slack;
                    let pull = 2.0 * c * sign * slack;
                    g.iter_mut().zip(x).for_each(|(g, x)| *g -= pull * f64::from(*x));
                    gb -= pull;
                }
                if step < 300 {
                    w.iter_mut().zip(&g).for_each(|(w, g)| *w -= g / lipschitz);
                    if bias != Bias::None {
                        b -= gb / lipschitz;
                    }
                }
            }
            prop_assert!(value >= reached[j] * (1.0 - 3e-5), "found {} below {}", value, reached[j]);
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    // More rows than the preconditioner's sample, with few columns and with enough for a span; fewer rows than columns; so few that
    // their Gram matrix serves.
    for (n, d) in [(3000, 40), (1200, 200), (300, 500), (230, 1200)] {
        let x = Array2::from_shape_fn((n, d), |(i, j)| {
            ((i * 7919 + j * 104_729 + i * j * 31) % 997) as f32 / 997.0
        });
        let y: Vec<usize> = (0..n).map(|i| (i / 7 + i) % 4).collect();
        let params = L2SvmParams::default().c(0.01).solver(Solver::Primal);
        let [one, two, three] = [1, 2, 3].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            let (weights, intercept) = pool.install(|| {
                let svm = fit(&x, &y, params).unwrap();
                (svm.weights().to_owned(), svm.intercept())
            });
            let bits: Vec<u32> = weights
                .iter()
                .chain(&intercept)
                .map(|v| v.to_bits())
                .collect();
            bits
        });
        assert_eq!(one, two);
        assert_eq!(one, three);
    }
}

#[test]
fn bad_input_is_named() {
    let x = Array2::from_shape_fn((6, 2), |(i, j)| (i + j) as f32);
    let y = [0, 1, 0, 1, 0, 1];
    let says = |r: Result<L2Svm<usize>, SvmError>, what: &str| {
        let e = r.unwrap_err().to_string();
        assert!(e.contains(what), "`{e}` should name `{what}`");
    };
    let p = L2SvmParams::default();
    says(fit(&x, &y, p.c(0.0)), "C is 0");
    says(fit(&x, &y, p.c(-1.0)), "C is -1");
    says(fit(&x, &y, p.c(f64::NAN)), "C is NaN");
    says(fit(&x, &y, p.tolerance(0.0)), "tolerance is 0");
    says(
        fit(&x, &y, p.bias(Bias::Regularised(-2.0))),
        "intercept scale is -2",
    );
    says(fit(&x, &[0; 6], p), "1 class(es)");
    says(fit(&x, &y[..5], p), "6 rows of features but 5 labels");
    says(fit(&Array2::zeros((0, 2)), &[], p), "0 rows");
    says(fit(&Array2::zeros((6, 0)), &y, p), "0 features");
    says(
        fit(&x, &y, p.bias(Bias::None).solver(Solver::Linfa)),
        "always fits an intercept",
    );
    let mut bad = x.clone();
    bad[[3, 1]] = f32::NAN;
    says(fit(&bad, &y, p), "feature 1 of row 3 is NaN");
    let svm = fit(&x, &y, p).unwrap();
    assert!(
        svm.decision(Array2::zeros((1, 3)).view())
            .unwrap_err()
            .to_string()
            .contains("3 columns, expected the 2")
    );
}

#[test]
fn a_watcher_can_stop_the_fit() {
    let x = Array2::from_shape_fn((40, 3), |(i, j)| ((i * 7 + j * 3) % 11) as f32);
    let y: Vec<usize> = (0..40).map(|i| i % 2).collect();
    let stop = |_: &dcgan::probe::svm::Step| Err(Stopped);
    for solver in [Solver::Primal, Solver::Linfa] {
        let params = L2SvmParams::default().solver(solver).watch(&stop);
        assert!(matches!(fit(&x, &y, params), Err(SvmError::Stopped(_))));
    }
}

/// Prints the least time of several of a fit at one C after another, from nothing, at the tolerance at which C is chosen:
/// `cargo test --release --test probe timings -- --ignored --nocapture`, with `SVM=rows,columns,C[,C...]`, `SVM_SOLVER` and
/// `SVM_REPEATS`.
#[test]
#[ignore = "a measurement, not a check"]
fn timings() {
    let set = |key: &str, default: &str| std::env::var(key).unwrap_or_else(|_| default.into());
    let spec = set("SVM", "4000,3584,1e-4");
    let spec: Vec<f64> = spec.split(',').map(|v| v.parse().unwrap()).collect();
    let (n, d, cs) = (spec[0] as usize, spec[1] as usize, &spec[2..]);
    let solver = match set("SVM_SOLVER", "auto").as_str() {
        "linfa" => Solver::Linfa,
        "primal" => Solver::Primal,
        _ => Solver::Auto,
    };
    let (x, y) = correlated(n, d);
    let targets = Targets {
        labels: y.iter().map(|y| *y as u32).collect(),
        counts: vec![true; n],
        classes: 10,
    };
    let mut least = f64::INFINITY;
    for _ in 0..set("SVM_REPEATS", "5").parse().unwrap() {
        let start = std::time::Instant::now();
        let bias = Bias::Regularised(1.0);
        let mut fitter = Fitter::new(x.view(), targets.clone(), bias, 1e-3, solver).unwrap();
        let fits: Vec<_> = cs.iter().map(|c| fitter.solve(*c, None).unwrap()).collect();
        let took = start.elapsed().as_secs_f64();
        if took < least {
            least = took;
            for fit in fits {
                let Report {
                    c,
                    steps,
                    passes,
                    objective,
                    gap,
                } = fit.report;
                let total: f64 = objective.iter().sum();
                println!(
                    "  C = {c:e}: {}, {steps} steps, {passes} passes, objective {total:.6}, gap {gap:.1e}",
                    fit.solver
                );
            }
            println!("  {took:.4} s");
        }
    }
    println!("{n} x {d}, {} C, {solver:?}: {least:.4} s", cs.len());
}

/// Features like a convolutional net's: non-negative, a common mean, a few strong directions and a long tail.
fn correlated(n: usize, d: usize) -> (Array2<f32>, Vec<usize>) {
    use rand::{Rng, SeedableRng};
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(7);
    let rank = 96;
    let normal = rand_distr::StandardNormal;
    let mix = Array2::from_shape_fn((rank, d), |(r, _)| {
        let v: f32 = rng.sample(normal);
        v / (1.0 + r as f32 * 0.2)
    });
    let y: Vec<usize> = (0..n).map(|i| i % 10).collect();
    let codes = Array2::from_shape_fn((n, rank), |(i, r)| {
        let v: f32 = rng.sample(normal);
        v + if r % 10 == y[i] { 0.8 } else { 0.0 }
    });
    let mut x = codes.dot(&mix);
    x.mapv_inplace(|v| {
        let e: f32 = rng.sample(normal);
        (0.5 + 0.5 * v + 0.4 * e).max(0.0)
    });
    (x, y)
}

/// Rows in half precision are those rows, widened: every pass, and the rows that are left out, come to the same bits.
#[test]
fn half_precision_features_are_fitted_as_what_they_are() {
    let (x, y) = correlated(900, 70);
    let half = x.mapv(half::f16::from_f32);
    let wide = half.mapv(half::f16::to_f32);
    let labels: Vec<u32> = y.iter().map(|v| *v as u32).collect();
    let fit = |x: View| {
        let targets = Targets {
            labels: labels.clone(),
            counts: (0..900).map(|i| i % 7 != 0).collect(),
            classes: 10,
        };
        let bias = Bias::Regularised(1.0);
        let mut fitter = Fitter::new(x, targets, bias, 1e-4, Solver::Primal).unwrap();
        let first = fitter.solve(1e-3, None).unwrap();
        let margins = fitter.margins().cloned();
        fitter.set_counts(vec![true; 900]).unwrap();
        let last = fitter.solve(1e-2, None).unwrap();
        assert!(last.report.gap <= 1e-4);
        let classes = last.weights.classify_rows(x, &[5, 899, 5]).unwrap();
        (first.report, margins, last.weights, classes)
    };
    assert!(fit(half.view().into()) == fit(wide.view().into()));
    // Columns in row order or not.
    let turned = half.t().as_standard_layout().into_owned();
    assert!(fit(turned.t().into()) == fit(wide.view().into()));
}

mod protocol {
    use super::*;
    use dcgan::probe::{Labelled, ProbeError, ProbeOutcome, ProbeSettings, probe};
    use dcgan::track::format::{Features, Labels};
    use dcgan::track::progress::{Bar, Progress, Silent, Unit};

    fn digits(
        settings: &ProbeSettings,
        progress: &dyn Progress,
    ) -> Result<ProbeOutcome, ProbeError> {
        let data = fixture();
        let (train, test) = (pixels(&data.train), pixels(&data.test));
        let [a, b] = [&data.train_labels, &data.test_labels]
            .map(|l| l.iter().map(|v| *v as u8).collect::<Vec<_>>());
        probe(
            Labelled {
                features: train.view().into(),
                labels: &a,
            },
            Labelled {
                features: test.view().into(),
                labels: &b,
            },
            10,
            settings,
            5,
            progress,
        )
    }

    #[test]
    fn all_labels_choose_c_on_training_rows() {
        let found = digits(&ProbeSettings::default(), &Silent).unwrap();
        assert_eq!(
            (found.draws.len(), found.train_rows, found.test_rows),
            (1, 600, 400)
        );
        assert!(
            found.choice.tried.len() >= 3
                && found.choice.tried.iter().any(|t| t.0 == found.choice.c)
        );
        // scikit-learn: 89% to 91% from C = 1e-5 to 1e-2.
        assert!(found.accuracy() > 0.88, "{found:?}");
        let record = found.into_record("digits", Features::Pixels, 1);
        assert_eq!(
            (record.interval, record.spread, record.dimensions),
            (None, None, 64)
        );
    }

    #[test]
    fn few_labels_are_drawn_again_and_again() {
        let settings = ProbeSettings {
            labels: Labels::PerClass(10),
            draws: 5,
            ..ProbeSettings::default()
        };
        let found = digits(&settings, &Silent).unwrap();
        assert_eq!(
            (found.draws.len(), found.train_rows, found.solver),
            (5, 100, "linfa")
        );
        assert!((0.7..0.9).contains(&found.accuracy()), "{found:?}");
        assert_eq!(found.draws, digits(&settings, &Silent).unwrap().draws);
        let primal = ProbeSettings {
            solver: Solver::Primal,
            c: Some(vec![found.choice.c]),
            ..settings
        };
        let same = digits(&primal, &Silent).unwrap();
        for (a, b) in found.draws.iter().zip(&same.draws) {
            assert!((a - b).abs() <= 0.0051, "linfa {a}, primal {b}");
        }
        let record = found.into_record("digits", Features::Pixels, 1);
        let (interval, spread) = (record.interval.unwrap(), record.spread.unwrap());
        assert!(spread > 0.0 && (interval * 5f64.sqrt() - spread).abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_done_is_said() {
        let says = |settings: ProbeSettings, what: &str| {
            let e = digits(&settings, &Silent).unwrap_err().to_string();
            assert!(e.contains(what), "`{e}` should name `{what}`");
        };
        let few = |k, draws| ProbeSettings {
            labels: Labels::PerClass(k),
            draws,
            ..ProbeSettings::default()
        };
        says(few(400, 2), "ask for fewer labels per class");
        says(few(0, 2), "`labels` is 0");
        says(few(4, 0), "`draws` is 0");
        says(
            ProbeSettings {
                c: Some(vec![]),
                ..few(4, 1)
            },
            "`c` is empty",
        );
        says(
            ProbeSettings {
                c: Some(vec![1e-4, -1.0]),
                ..few(4, 1)
            },
            "C is -1",
        );
        let (x, wide) = (Array2::zeros((4, 3)), Array2::zeros((4, 2)));
        let labels = [0, 1, 0, 1];
        fn set<'a>(features: ndarray::ArrayView2<'a, f32>, labels: &'a [u8]) -> Labelled<'a> {
            let features = features.into();
            Labelled { features, labels }
        }
        let run = |a, b, classes| {
            probe(a, b, classes, &ProbeSettings::default(), 0, &Silent)
                .unwrap_err()
                .to_string()
        };
        let good = set(x.view(), &labels);
        assert!(
            run(good, set(wide.view(), &labels), 2).contains("the test features have 2 columns")
        );
        assert!(
            run(set(x.view(), &labels[..3]), good, 2)
                .contains("the training set has 4 rows of features but 3")
        );
        assert!(run(good, set(x.view(), &[0, 1, 9, 1]), 2).contains("row 2 is labelled 9"));
        assert!(run(good, good, 3).contains("class 2 has no training row"));
    }

    #[test]
    fn the_user_can_stop_it() {
        struct Stop;
        impl Progress for Stop {
            fn begin(&self, _: &str, _: Option<u64>, _: Unit) -> Box<dyn Bar> {
                Box::new(Silent)
            }
            fn note(&self, _: &str) {}
            fn stop_requested(&self) -> bool {
                true
            }
        }
        assert!(matches!(
            digits(&ProbeSettings::default(), &Stop),
            Err(ProbeError::Stopped(_))
        ));
        let given = ProbeSettings {
            c: Some(vec![1e-4]),
            ..ProbeSettings::default()
        };
        assert!(matches!(digits(&given, &Stop), Err(ProbeError::Stopped(_))));
    }
}
