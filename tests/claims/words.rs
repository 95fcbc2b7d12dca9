//! What people read: the list of claims, the command, the whole paper's page.

use assert_cmd::Command;
use dcgan::report::{claims, paper};
use dcgan::track::format::Features;
use dcgan::track::progress::Silent;

use super::place::{Place, Trial, history, probe};

/// Some of the paper: table 1 held, momentum did not.
fn some() -> Place {
    let place = Place::new();
    for seed in [0, 1] {
        place.trial(Trial {
            seed,
            probes: vec![
                probe(Features::Trained, 0.55 + 0.002 * seed as f64),
                probe(Features::Untrained, 0.47),
            ],
            ..Trial::default()
        });
        for beta1 in ["0.5", "0.9"] {
            place.trial(Trial {
                experiment: "adam",
                reproduces: "adam",
                arm: &format!("train.adam.beta1={beta1}"),
                seed,
                spec: &format!("train: {{adam: {{lr: 2e-4, beta1: {beta1}}}}}\n"),
                history: history([0.2; 2], seed),
                ..Trial::default()
            });
        }
    }
    place
}

fn dcgan(place: &Place, args: &[&str]) -> assert_cmd::assert::Assert {
    let mut command = Command::cargo_bin("dcgan").unwrap();
    command.current_dir(place.results()).args(args).assert()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_list_of_claims_reads_well() {
    let text = claims::text(&some().decided());
    insta::assert_snapshot!("claims", text);
    let longest = text.lines().map(|l| l.chars().count()).max();
    assert!(longest <= Some(110), "{longest:?}");
}

#[test]
fn the_command_fails_for_a_claim_that_did_not_hold_unless_it_is_allowed() {
    let place = some();
    let failed = dcgan(&place, &["claims", "."]).code(1);
    let out = text(&failed.get_output().stdout);
    assert!(out.contains("1 held, 1 did not hold"), "{out}");
    dcgan(&place, &["claims", ".", "--allow", "momentum"]).code(0);
    dcgan(&place, &["claims", ".", "--claim", "beats-untrained"]).code(0);
    dcgan(&place, &["claims", "cifar"]).code(0);
    let unknown = dcgan(&place, &["claims", ".", "--allow", "momentun"]).code(2);
    let error = text(&unknown.get_output().stderr);
    assert!(
        error.contains("no claim is called `momentun`") && error.contains("momentum"),
        "{error}"
    );
}

#[test]
fn a_folder_without_experiments_says_what_to_run() {
    let place = Place::new();
    let failed = dcgan(&place, &["claims", "."]).code(2);
    let error = text(&failed.get_output().stderr);
    assert!(
        error.contains("no trial in `.`") && error.contains("dcgan sweep"),
        "{error}"
    );
}

#[test]
fn the_papers_page_has_every_part_and_says_what_is_missing() {
    let place = some();
    let written = paper::write(place.results(), None, &Silent).unwrap();
    let html = std::fs::read_to_string(&written.html).unwrap();
    for part in paper::outline::outline().unwrap() {
        assert!(
            html.contains(&format!("<section id=\"{}\">", part.id)),
            "{}",
            part.id
        );
    }
    for text in [
        "73.8% (±0.4%)",
        "DCGAN + L2-SVM (ours), mean of 2 seeds",
        "dcgan explore guided results/cifar/TRIAL",
        "dcgan sweep experiments/ablation.yaml",
        "did not hold",
        "not run",
    ] {
        assert!(html.contains(text), "the page lacks `{text}`");
    }
    assert!(!html.contains("<script") && !html.contains("src=\"http"));
    assert!(place.results().join("report/claims.csv").is_file());
    // The report's own folder is no experiment.
    paper::write(place.results(), None, &Silent).unwrap();
}
