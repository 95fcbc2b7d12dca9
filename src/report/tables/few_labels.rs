//! Our rows of table 2, on one data set with one number of labels: SVMs, nearest neighbours and the supervised net of every
//! trial, and their means over seeds.

use crate::report::collect::{Experiment, Trial};
use crate::report::describe;
use crate::report::versions::{Version, Versions};
use crate::report::words;
use crate::track::format::{Features, Labels, ProbeRecord, RunRecord, Status};
use crate::track::knn::KnnRecord;
use crate::track::supervised::SupervisedRecord;

/// Trials of the paper's random search.
const PAPERS_TRIALS: usize = 64;

/// A classifier and what it reads.
#[derive(Clone, Copy)]
enum Kind {
    Svm(Features),
    Knn(Features),
    Supervised,
}

/// In the order of the table.
const KINDS: [Kind; 9] = [
    Kind::Svm(Features::Trained),
    Kind::Svm(Features::Untrained),
    Kind::Svm(Features::Pixels),
    Kind::Svm(Features::KMeans),
    Kind::Knn(Features::KMeans),
    Kind::Knn(Features::Pixels),
    Kind::Knn(Features::Untrained),
    Kind::Knn(Features::Trained),
    Kind::Supervised,
];

/// One classifier's result.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorRow {
    /// What people read.
    pub model: String,
    /// `svm`, `knn` or `cnn`.
    pub classifier: &'static str,
    /// `trained`, `untrained` or `pixels`; `None` for the supervised net, which makes its own.
    pub features: Option<&'static str>,
    /// The trial's id, for a row of one trial.
    pub trial: Option<String>,
    /// What made its numbers.
    pub version: Version,
    /// Trials behind the row.
    pub seeds: usize,
    /// Mean test error, a fraction.
    pub error: f64,
    /// 1.96 standard deviations over the draws.
    pub spread: Option<f64>,
    /// Of what was chosen, on the rows held out.
    pub validation_error: Option<f64>,
    pub dimensions: Option<usize>,
    pub draws: usize,
    pub held_out: usize,
    pub train_rows: usize,
    pub test_rows: usize,
    pub profile: Option<String>,
    /// The training set of a net that was trained; `None` for other rows.
    pub trained_on: Option<String>,
    pub scale: String,
    pub protocol: String,
}

/// Each kind of row, every trial's and, where there are several of one arm and scale, their mean.
pub fn rows(experiment: &Experiment, data: &str, labels: Labels) -> Vec<ErrorRow> {
    let mut all: Vec<ErrorRow> = Vec::new();
    let several = experiment.trials.len() > 1;
    for kind in KINDS {
        let find = |trial: &Trial| match kind {
            Kind::Svm(features) => svm(trial, data, labels, features),
            Kind::Knn(features) => knn(trial, data, labels, features),
            Kind::Supervised => supervised(trial, data, labels),
        };
        let mut done: Vec<(&Trial, ErrorRow)> = Vec::new();
        for trial in &experiment.trials {
            let Some(row) = find(trial) else { continue };
            // Trials of one seed have the same pixels: one row says it, and they are no seeds to take a mean over.
            let said = |(before, known): &(&Trial, ErrorRow)| {
                let trial_of = row.trial.clone();
                before.run.seed == trial.run.seed
                    && ErrorRow {
                        trial: trial_of,
                        ..known.clone()
                    } == row
            };
            if !done.iter().any(said) {
                done.push((trial, row));
            }
        }
        let mut arms: Vec<((String, String, Version), Vec<ErrorRow>)> = Vec::new();
        for (trial, mut row) in done {
            // Repetitions differ in nothing that a reader sees but the seed.
            let arm = (trial.arm(), row.scale.clone(), row.version);
            let base = row.model.clone();
            if several {
                row.model = format!("{base}, {}", words::short_label(trial.name()));
            }
            if trial.run.status != Status::Finished {
                row.model += &format!(" [{}]", words::status(trial.run.status));
            }
            all.push(row.clone());
            row.model = match trial.arm().as_str() {
                "" => base,
                arm => format!("{base}, {}", words::short_label(arm)),
            };
            match arms.iter_mut().find(|(known, _)| *known == arm) {
                Some((_, rows)) => rows.push(row),
                None => arms.push((arm, vec![row])),
            }
        }
        all.extend(arms.iter().filter_map(|(_, rows)| mean(rows)));
    }
    let versions = Versions::of(all.iter().map(|r| Some(r.version)));
    for row in &mut all {
        row.model += &versions.sign(Some(row.version));
    }
    all
}

/// The mean of two rows or more.
fn mean(rows: &[ErrorRow]) -> Option<ErrorRow> {
    let first = rows.first().filter(|_| rows.len() > 1)?;
    let n = rows.len() as f64;
    let of = |value: fn(&ErrorRow) -> Option<f64>| {
        let values: Option<Vec<f64>> = rows.iter().map(value).collect();
        Some(values?.iter().sum::<f64>() / n)
    };
    Some(ErrorRow {
        model: format!("{}, mean of {} seeds", first.model, rows.len()),
        trial: None,
        seeds: rows.len(),
        error: of(|r| Some(r.error))?,
        spread: of(|r| r.spread),
        validation_error: of(|r| r.validation_error),
        protocol: String::new(),
        ..first.clone()
    })
}

/// The rest to 1, without what binary fractions leave at its end.
fn error(accuracy: f64) -> f64 {
    ((1.0 - accuracy) * 1e12).round() / 1e12
}

fn word(features: Features) -> &'static str {
    match features {
        Features::Trained => "trained",
        Features::Untrained => "untrained",
        Features::Pixels => "pixels",
        Features::KMeans => "kmeans",
    }
}

fn trained_on(run: &RunRecord, features: Features) -> Option<String> {
    let trained = features == Features::Trained && !describe::released(run);
    trained.then(|| run.scale.trained_on.clone())
}

/// `10,000 held out, mean of 100 draws, 26,032 test images`.
fn counts(held_out: usize, draws: usize, test: usize) -> String {
    format!(
        "{} training images held out, mean of {draws} draws, {} test images",
        words::thousands(held_out as u64),
        words::thousands(test as u64)
    )
}

/// A row of a trial with what every row of it says, before any result.
fn blank(trial: &Trial, features: Option<Features>, protocol: u32) -> ErrorRow {
    let run = &trial.run;
    ErrorRow {
        model: String::new(),
        classifier: "",
        features: features.map(word),
        trial: Some(run.trial.clone()),
        version: match features {
            Some(features) => Version::of_features(trial, features, protocol),
            None => Version::of(trial, protocol),
        },
        seeds: 1,
        error: 0.0,
        spread: None,
        validation_error: None,
        dimensions: None,
        draws: 1,
        held_out: 0,
        train_rows: 0,
        test_rows: 0,
        profile: run.profile.clone(),
        trained_on: features.and_then(|features| trained_on(run, features)),
        scale: features.map_or_else(String::new, |features| describe::scale(features, run)),
        protocol: String::new(),
    }
}

fn svm(trial: &Trial, data: &str, labels: Labels, features: Features) -> Option<ErrorRow> {
    let is = |p: &&ProbeRecord| p.data == data && p.labels == labels && p.features == features;
    let probe = trial
        .probes
        .iter()
        .rev()
        .filter(|p| p.held_out.is_some())
        .find(is)?;
    let held_out = probe.held_out?;
    let tried = probe.validation.iter().find(|(c, _)| *c == probe.c);
    Some(ErrorRow {
        model: describe::model(features, &trial.run),
        classifier: "svm",
        error: error(probe.accuracy),
        spread: probe.spread,
        validation_error: tried.map(|t| error(t.1)),
        dimensions: Some(probe.dimensions),
        draws: probe.draws.len(),
        held_out,
        train_rows: probe.train_rows,
        test_rows: probe.test_rows,
        protocol: format!(
            "C = {:e}{}; {}; {} solver",
            probe.c,
            match probe.validation.len() {
                0 => String::new(),
                n => format!(", the best of {n} on validation"),
            },
            counts(held_out, probe.draws.len(), probe.test_rows),
            probe.solver
        ),
        ..blank(trial, Some(features), probe.protocol)
    })
}

fn knn(trial: &Trial, data: &str, labels: Labels, features: Features) -> Option<ErrorRow> {
    let is = |k: &&KnnRecord| k.data == data && k.labels == labels && k.features == features;
    let found = trial.knn.iter().rev().find(is)?;
    let tried = found.validation.iter().find(|(k, _)| *k == found.k);
    let of = match features {
        Features::Trained if describe::released(&trial.run) => "released D's features",
        Features::Trained => "trained D's features",
        Features::Untrained => "untrained D's features",
        Features::Pixels => "raw pixels",
        Features::KMeans => "k-means features",
    };
    Some(ErrorRow {
        model: format!("KNN on {of} (ours)"),
        classifier: "knn",
        error: error(found.accuracy),
        spread: found.spread,
        validation_error: tried.map(|t| error(t.1)),
        dimensions: Some(found.dimensions),
        draws: found.draws.len(),
        held_out: found.held_out,
        train_rows: found.train_rows,
        test_rows: found.test_rows,
        protocol: format!(
            "k = {}, the best of {} on validation; {}",
            found.k,
            found.validation.len(),
            counts(found.held_out, found.draws.len(), found.test_rows)
        ),
        ..blank(trial, Some(features), found.protocol)
    })
}

fn supervised(trial: &Trial, data: &str, labels: Labels) -> Option<ErrorRow> {
    let is = |s: &&SupervisedRecord| s.data == data && s.labels == labels;
    let found = trial.supervised.as_ref().filter(is)?;
    let run = &trial.run;
    let profile = match &run.profile {
        Some(profile) => format!("{profile} profile: "),
        None => String::new(),
    };
    let paper = match found.trials.len() {
        PAPERS_TRIALS => String::new(),
        _ => format!(" (the paper's search: {PAPERS_TRIALS})"),
    };
    let net = match describe::released(run) {
        true => "the released D's layers",
        false => &run.scale.net,
    };
    let chosen = found.trials.get(found.chosen)?;
    Some(ErrorRow {
        model: "supervised CNN, same architecture (ours)".to_string(),
        classifier: "cnn",
        error: error(found.accuracy),
        validation_error: Some(error(found.validation)),
        held_out: found.held_out,
        train_rows: found.train_rows,
        test_rows: found.test_rows,
        scale: format!(
            "{profile}{net}, width {}, {} px under a softmax; {} labelled images, up to {} epochs",
            run.scale.width,
            run.scale.size,
            words::thousands(found.train_rows as u64),
            found.epochs
        ),
        protocol: format!(
            "The best on validation of {} random-search trials{paper}, at epoch {} of {}; one draw; {} training images held out; \
             {} test images classified once",
            found.trials.len(),
            chosen.epoch,
            found.epochs,
            words::thousands(found.held_out as u64),
            words::thousands(found.test_rows as u64)
        ),
        ..blank(trial, None, found.protocol)
    })
}
