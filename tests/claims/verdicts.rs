//! Every test of a claim gives all three verdicts.

use dcgan::report::claims;
use dcgan::report::claims::ClaimVerdict::{DidNotHold, Held, NotRun};
use dcgan::track::format::{Features, Labels, ProbeRecord};
use dcgan::track::run::write_json;
use dcgan::track::selectivity::{Selectivity, SelectivityRecord};

use super::place::{Place, Trial, history, probe};

#[test]
fn nothing_is_decided_where_nothing_ran() {
    let place = Place::new();
    let decided = place.decided();
    assert!(decided.len() > 10);
    assert!(
        decided
            .iter()
            .all(|d| d.verdict() == NotRun && d.outcomes.is_empty())
    );
}

fn of_features(control: Features, trained: f64, other: f64) -> Place {
    let place = Place::new();
    place.trial(Trial {
        probes: vec![probe(Features::Trained, trained), probe(control, other)],
        ..Trial::default()
    });
    place
}

#[test]
fn features_are_held_to_the_untrained_net() {
    let verdict = |a, b| of_features(Features::Untrained, a, b).verdict("beats-untrained");
    assert_eq!(verdict(0.55, 0.47), Held);
    assert_eq!(verdict(0.473, 0.47), DidNotHold);
    assert_eq!(verdict(0.42, 0.47), DidNotHold);
    assert_eq!(
        of_features(Features::Pixels, 0.5, 0.4).verdict("beats-untrained"),
        NotRun
    );
    let sentence = |a| {
        of_features(Features::Untrained, a, 0.47)
            .outcome("beats-untrained")
            .sentence
    };
    assert!(
        sentence(0.473).contains("within the 95% interval"),
        "{}",
        sentence(0.473)
    );
    assert!(
        sentence(0.42).contains("the other way"),
        "{}",
        sentence(0.42)
    );
}

#[test]
fn features_are_held_to_k_means() {
    let verdict = |a, b| of_features(Features::KMeans, a, b).verdict("beats-k-means");
    assert_eq!(verdict(0.55, 0.47), Held);
    assert_eq!(verdict(0.473, 0.47), DidNotHold);
    assert_eq!(verdict(0.47, 0.6), DidNotHold);
    let untrained = of_features(Features::Untrained, 0.5, 0.4);
    assert_eq!(untrained.verdict("beats-k-means"), NotRun);
}

#[test]
fn experiments_on_other_parts_of_the_paper_do_not_decide_table_1() {
    let place = Place::new();
    place.trial(Trial {
        experiment: "adam",
        reproduces: "adam",
        probes: vec![
            probe(Features::Trained, 0.3),
            probe(Features::Untrained, 0.5),
        ],
        ..Trial::default()
    });
    assert_eq!(place.verdict("beats-untrained"), NotRun);
}

#[test]
fn one_experiment_that_fails_is_enough_to_say_so() {
    let place = of_features(Features::Untrained, 0.55, 0.47);
    place.trial(Trial {
        experiment: "mine",
        probes: vec![
            probe(Features::Trained, 0.42),
            probe(Features::Untrained, 0.47),
        ],
        ..Trial::default()
    });
    assert_eq!(place.verdict("beats-untrained"), DidNotHold);
}

/// Two arms that differ in one line of the spec.
fn arms(key: &str, paper: (&str, f64, bool), other: (&str, f64, bool)) -> Place {
    let place = Place::new();
    for (value, accuracy, failed) in [paper, other] {
        for seed in [0, 1] {
            let probes = match failed {
                true => Vec::new(),
                false => vec![probe(Features::Trained, accuracy + 0.001 * seed as f64)],
            };
            place.trial(Trial {
                experiment: "ablation",
                reproduces: "ablation",
                arm: value,
                seed,
                spec: &format!("seed: {seed}\nmodel: {{preset: svhn32{value}}}\n"),
                probes,
                failed,
                ..Trial::default()
            });
        }
    }
    // An arm that differs in a second key as well decides nothing.
    place.trial(Trial {
        experiment: "ablation",
        reproduces: "ablation",
        arm: "both",
        spec: &format!(
            "model: {{preset: svhn32{}, width: 99, {key}: strange}}\n",
            other.0
        ),
        probes: vec![probe(Features::Trained, 0.9)],
        ..Trial::default()
    });
    place
}

#[test]
fn each_rule_of_section_3_is_held_to_the_arm_without_it() {
    for (claim, key, value) in [
        ("batch-norm", "norm", ", norm: none"),
        ("strides", "resampling", ", resampling: pool"),
        ("rectifiers", "activation", ", activation: tanh"),
        ("no-hidden-layer", "hidden", ", hidden: 256"),
    ] {
        let verdict = |paper: (&str, f64, bool), other| arms("extra", paper, other).verdict(claim);
        assert_eq!(
            verdict(("", 0.55, false), (value, 0.50, false)),
            Held,
            "{key}"
        );
        assert_eq!(
            verdict(("", 0.55, false), (value, 0.549, false)),
            DidNotHold,
            "{key}"
        );
        assert_eq!(
            verdict(("", 0.55, false), (value, 0.60, false)),
            DidNotHold,
            "{key}"
        );
        assert_eq!(
            verdict(("", 0.55, false), (value, 0.0, true)),
            Held,
            "{key}: it diverged"
        );
        assert_eq!(
            verdict(("", 0.0, true), (value, 0.5, false)),
            DidNotHold,
            "{key}"
        );
        assert_eq!(
            verdict(("", 0.55, false), (", other: 1", 0.5, false)),
            NotRun,
            "{key}"
        );
    }
}

#[test]
fn a_contrast_names_both_arms_and_their_seeds() {
    let place = arms("extra", ("", 0.55, false), (", norm: none", 0.50, false));
    let outcome = place.outcome("batch-norm");
    assert_eq!(outcome.seeds, [0, 1]);
    let names: Vec<&str> = outcome.numbers.iter().map(|n| n.name.as_str()).collect();
    assert_eq!(names, ["with batch normalisation", "with norm none"]);
    assert_eq!(outcome.experiment, "ablation");
}

fn adam(lr: [&str; 2], beta1: [&str; 2], swings: [[f64; 2]; 2], accuracy: [f64; 2]) -> Place {
    let place = Place::new();
    for i in [0, 1] {
        for seed in [0, 1] {
            place.trial(Trial {
                experiment: "adam",
                reproduces: "adam",
                arm: &format!("lr={},beta1={}", lr[i], beta1[i]),
                seed,
                spec: &format!("train: {{adam: {{lr: {}, beta1: {}}}}}\n", lr[i], beta1[i]),
                probes: vec![probe(Features::Trained, accuracy[i])],
                history: history(swings[i], seed),
                ..Trial::default()
            });
        }
    }
    place
}

#[test]
fn momentum_is_held_to_the_swings_of_the_losses() {
    let verdict = |paper: [f64; 2], other: [f64; 2]| {
        let place = adam(["2e-4"; 2], ["0.5", "0.9"], [paper, other], [0.5; 2]);
        place.verdict("momentum")
    };
    assert_eq!(verdict([0.1; 2], [0.5; 2]), Held);
    assert_eq!(verdict([0.1; 2], [0.5, 0.1]), Held, "D's alone");
    assert_eq!(verdict([0.1; 2], [0.1; 2]), DidNotHold);
    assert_eq!(verdict([0.5; 2], [0.1; 2]), DidNotHold);
    let opposed = verdict([0.1, 0.5], [0.5, 0.1]);
    assert_eq!(opposed, DidNotHold, "D's swings more and G's less");
    let one_arm = adam(["2e-4"; 2], ["0.5", "0.5"], [[0.1; 2], [0.5; 2]], [0.5; 2]);
    assert_eq!(one_arm.verdict("momentum"), NotRun);
}

#[test]
fn the_learning_rate_is_held_to_the_features() {
    let verdict =
        |lr, accuracy| adam(lr, ["0.5"; 2], [[0.1; 2]; 2], accuracy).verdict("learning-rate");
    assert_eq!(verdict(["2e-4", "1e-3"], [0.55, 0.5]), Held);
    assert_eq!(verdict(["2e-4", "1e-3"], [0.5, 0.5]), DidNotHold);
    assert_eq!(verdict(["2e-4", "1e-3"], [0.5, 0.55]), DidNotHold);
    assert_eq!(verdict(["2e-4", "3e-4"], [0.55, 0.5]), NotRun);
}

#[test]
fn filters_are_held_to_random_ones() {
    let verdict = |trained: f64, untrained: f64| {
        let place = Place::new();
        let folder = place.trial(Trial::default());
        let units = |mean: f64| (0..64).map(|i| mean + 0.01 * f64::from(i % 7)).collect();
        let record = SelectivityRecord {
            protocol: 1,
            sets: vec![Selectivity {
                data: "cifar10".into(),
                split: "test".into(),
                images: 10_000,
                classes: 10,
                strongest: 100,
                trained: units(trained),
                untrained: units(untrained),
                chance: units(0.06),
            }],
        };
        write_json(&folder.join("selectivity.json"), &record).unwrap();
        place.verdict("selective-filters")
    };
    assert_eq!(verdict(0.9, 0.5), Held);
    assert_eq!(verdict(0.5, 0.5), DidNotHold);
    assert_eq!(verdict(0.4, 0.5), DidNotHold);
}

#[test]
fn features_are_held_to_a_supervised_net() {
    let verdict = |features: f64, cnn: f64, labels: usize| {
        let place = Place::new();
        let folder = place.trial(Trial {
            experiment: "svhn",
            reproduces: "",
            probes: vec![ProbeRecord {
                labels: Labels::PerClass(labels),
                ..probe(Features::Trained, features)
            }],
            ..Trial::default()
        });
        let record = serde_json::json!({
            "data": "cifar10", "labels": labels, "held_out": 10_000, "train_rows": 1000, "test_rows": 10_000,
            "epochs": 50, "parameters": 1, "trials": [{"settings": {}, "validation": 0.4, "epoch": 3, "seconds": 1.0}],
            "chosen": 0, "validation": 0.4, "accuracy": cnn, "seconds": 1.0,
        });
        write_json(&folder.join("supervised.json"), &record).unwrap();
        place.verdict("beats-supervised")
    };
    assert_eq!(verdict(0.55, 0.45, 100), Held);
    assert_eq!(verdict(0.455, 0.45, 100), DidNotHold);
    assert_eq!(verdict(0.40, 0.45, 100), DidNotHold);
    assert_eq!(
        verdict(0.55, 0.45, 400),
        NotRun,
        "the claim is of 1000 labels"
    );
}

#[test]
fn copies_of_training_images_are_held_to_held_out_images() {
    let verdict = |epoch: usize, pixels: f64, features: f64| {
        let place = Place::new();
        let folder = place.trial(Trial::default());
        let distances =
            |copies: f64| serde_json::json!({"percentiles": [], "relative": 0.9, "copies": copies});
        let space = |space: &str, copies: f64| {
            serde_json::json!({
                "space": space, "dimensions": 10, "samples": distances(copies), "held_out": distances(0.002),
                "median_ratio": 0.9, "nearer": 0.05, "nearer_interval": [0.03, 0.07],
                "nearer_than_held_out": 0.6, "nearer_than_held_out_interval": [0.58, 0.62],
            })
        };
        let record = serde_json::json!({"epochs": [{
            "epoch": epoch, "samples": 1000, "held_out": "test", "held_out_images": 1000, "training_images": 50_000,
            "spaces": [space("pixels", pixels), space("features", features)],
        }]});
        write_json(&folder.join("memorisation.json"), &record).unwrap();
        place.verdict("no-memorisation")
    };
    assert_eq!(verdict(1, 0.0, 0.002), Held);
    assert_eq!(verdict(1, 0.004, 0.003), Held, "within the interval");
    assert_eq!(verdict(1, 0.0, 0.1), DidNotHold);
    assert_eq!(
        verdict(3, 0.0, 0.1),
        NotRun,
        "another epoch is another claim"
    );
}

#[test]
fn collapse_is_held_to_what_the_monitor_saw() {
    let look = |step: u64, lasting: &[usize], how: &str| {
        let sixteen = vec![0.0; 16];
        serde_json::json!({
            "step": step, "epoch": 1.0, "layers": [{
                "name": "g.1", "mean": sixteen, "deviation": sixteen, "active": sixteen, "variation": sixteen,
                "mode": sixteen, "likeness": sixteen, "lasting": lasting,
                "collapsed": lasting.iter().map(|i| (i, how)).collect::<Vec<_>>(),
            }],
        })
        .to_string()
    };
    let train = |place: &Place, epochs: f64, spec: &str, lasting: &[usize], how: &str| {
        let folder = place.trial(Trial {
            experiment: &format!("e{}{}", epochs, lasting.len()),
            epochs,
            spec,
            ..Trial::default()
        });
        // The last line was cut off as the program was killed.
        let text = format!(
            "{}\n{}\n{{\"step\":",
            look(1, &[], how),
            look(2, lasting, how)
        );
        std::fs::write(folder.join("filters.jsonl"), text).unwrap();
    };
    const PAPER: &str = "model: {preset: svhn32, width: 32}\n";
    let verdict = |epochs: f64, spec: &str, lasting: &[usize], how: &str| {
        let place = Place::new();
        train(&place, epochs, spec, lasting, how);
        place.verdict("instability")
    };
    assert_eq!(verdict(25.0, PAPER, &[2, 5], "mode"), Held);
    assert_eq!(verdict(25.0, PAPER, &[], "mode"), DidNotHold);
    assert_eq!(
        verdict(25.0, PAPER, &[2], "mode"),
        DidNotHold,
        "one is no subset"
    );
    assert_eq!(
        verdict(25.0, PAPER, &[2, 5], "silent"),
        DidNotHold,
        "a dead filter oscillates in no mode"
    );
    assert_eq!(
        verdict(4.0, PAPER, &[2, 5], "mode"),
        NotRun,
        "too short to say"
    );
    for other in ["model: {norm: none}\n", "train: {adam: {beta1: 0.9}}\n"] {
        assert_eq!(verdict(25.0, other, &[2, 5], "mode"), NotRun, "{other}");
    }
    // "Sometimes": another training without a collapse speaks not against it.
    let place = Place::new();
    train(&place, 25.0, PAPER, &[2, 5], "mode");
    train(&place, 30.0, PAPER, &[], "mode");
    assert_eq!(place.verdict("instability"), Held);
}

/// A convolutional and a fully connected net; errors of 10,000 with so many samples.
fn digits(dcgan: &[(u64, usize)], gan: &[(u64, usize)], real: Option<(u64, usize)>) -> Place {
    let place = Place::new();
    for (net, rows) in [("mnist28", dcgan), ("fc28", gan)] {
        let folder = place.trial(Trial {
            experiment: "mnist",
            reproduces: "table-3",
            arm: net,
            net,
            ..Trial::default()
        });
        let generated: Vec<_> = rows
            .iter()
            .map(|(samples, errors)| serde_json::json!({"samples": samples, "errors": errors}))
            .collect();
        let real: Vec<_> = real
            .iter()
            .map(|(images, errors)| serde_json::json!({"subset": "first", "images": images, "errors": [errors]}))
            .collect();
        let record = serde_json::json!({
            "data": "mnist", "queries": 10_000, "generated": generated, "real": real, "seconds": 1.0,
        });
        write_json(&folder.join("nearest.json"), &record).unwrap();
    }
    place
}

#[test]
fn generated_digits_are_held_to_the_gan_the_real_ones_and_fewer_of_them() {
    let gan = |a, b| {
        digits(
            &[(1000, 900), (50_000, a)],
            &[(1000, 100), (50_000, b)],
            None,
        )
        .verdict("beats-gan")
    };
    assert_eq!(gan(300, 600), Held);
    assert_eq!(gan(300, 310), DidNotHold);
    assert_eq!(gan(600, 300), DidNotHold);
    assert_eq!(
        digits(&[(1000, 5)], &[(50_000, 6)], None).verdict("beats-gan"),
        NotRun
    );
    let real = |a, b| digits(&[(50_000, a)], &[], Some((50_000, b))).verdict("matches-real");
    assert_eq!(real(300, 310), Held);
    assert_eq!(real(310, 300), Held, "no worse beyond the interval");
    assert_eq!(real(500, 300), DidNotHold);
    assert_eq!(
        digits(&[(50_000, 300)], &[], Some((60_000, 300))).verdict("matches-real"),
        NotRun
    );
    let more = |a, b| digits(&[(50_000, a), (10_000_000, b)], &[], None).verdict("more-samples");
    assert_eq!(more(300, 150), Held);
    assert_eq!(more(300, 290), DidNotHold);
    assert_eq!(more(150, 300), DidNotHold);
    assert_eq!(
        digits(&[(50_000, 300), (1_000_000, 100)], &[], None).verdict("more-samples"),
        NotRun
    );
}

#[test]
fn a_trial_that_failed_for_want_of_space_says_nothing_of_its_net() {
    let place = arms("extra", ("", 0.55, false), (", norm: none", 0.0, true));
    assert_eq!(place.verdict("batch-norm"), Held);
    for experiment in std::fs::read_dir(place.results()).unwrap() {
        for trial in std::fs::read_dir(experiment.unwrap().path()).unwrap() {
            let run = trial.unwrap().path().join("run.json");
            let text = std::fs::read_to_string(&run).unwrap();
            std::fs::write(&run, text.replace("diverged at step 12", "no space left")).unwrap();
        }
    }
    assert_eq!(place.verdict("batch-norm"), NotRun);
}

/// An arm by one version of the training: its momentum and how far both losses swing.
fn arm(place: &Place, training: u32, beta1: &str, swings: f64) {
    for seed in [0, 1] {
        place.trial(Trial {
            experiment: "adam",
            reproduces: "adam",
            arm: &format!("train.adam.beta1={beta1}"),
            seed,
            spec: &format!("train: {{adam: {{lr: 2e-4, beta1: {beta1}}}}}\n"),
            history: history([swings; 2], seed),
            training,
            ..Trial::default()
        });
    }
}

#[test]
fn arms_of_two_trainings_are_not_held_against_each_other() {
    let place = Place::new();
    arm(&place, 1, "0.5", 0.2);
    arm(&place, 2, "0.9", 0.6);
    assert_eq!(place.verdict("momentum"), NotRun);
    arm(&place, 2, "0.5", 0.2);
    assert_eq!(place.verdict("momentum"), Held);
    assert_eq!(place.of("momentum").older, 0);
}

#[test]
fn an_outcome_of_a_newer_training_takes_the_place_of_an_older_one() {
    let place = Place::new();
    arm(&place, 1, "0.5", 0.2);
    arm(&place, 1, "0.9", 0.2);
    assert_eq!(place.verdict("momentum"), DidNotHold);
    arm(&place, 2, "0.5", 0.2);
    arm(&place, 2, "0.9", 0.6);
    let decided = place.of("momentum");
    assert_eq!((decided.verdict(), decided.older), (Held, 1));
    assert_eq!(decided.outcomes[0].training, 2);
    let text = claims::text(&[decided]);
    assert!(
        text.contains(
            "1 outcome of an earlier version of the training or the protocol is set aside."
        ),
        "{text}"
    );
}

#[test]
fn probes_of_two_protocols_are_not_held_against_each_other() {
    let of = |protocol: u32, probe: ProbeRecord| ProbeRecord { protocol, ..probe };
    let verdict = |probes: Vec<ProbeRecord>| {
        let place = Place::new();
        place.trial(Trial {
            probes,
            ..Trial::default()
        });
        place.verdict("beats-untrained")
    };
    let (good, bad) = (
        probe(Features::Trained, 0.55),
        probe(Features::Trained, 0.42),
    );
    let control = probe(Features::Untrained, 0.47);
    assert_eq!(
        verdict(vec![of(2, good.clone()), of(1, control.clone())]),
        NotRun
    );
    // By both versions: the newer decides.
    let both = [
        of(1, good),
        of(1, control.clone()),
        of(2, bad),
        of(2, control),
    ];
    assert_eq!(verdict(both.to_vec()), DidNotHold);
}
