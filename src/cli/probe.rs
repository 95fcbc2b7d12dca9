//! `dcgan probe`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use dcgan::probe::{self, Labelled, ProbeOutcome, ProbeSettings, files};
use dcgan::spec::Labels;
use dcgan::track::{Streams, atomic, protocol, writable};
use rand::RngCore;
use serde::Serialize;

use super::out::{self, out};
use super::progress::Screen;
use super::{Verdict, stop};

/// Run table 1's protocol on features of any frozen network
///
/// C is chosen on a validation part of the training rows; then all labels are fitted once, or a few per class in several
/// draws, and the test rows are classified.
#[derive(Args)]
#[command(after_help = "\
Features are numbers in (rows, features), labels whole numbers (of any type, from any number on) in (rows,) or a column, both as
`numpy.save` writes them.

Examples:
  dcgan probe --features train.npy --labels train_labels.npy --test-features test.npy --test-labels test_labels.npy
  dcgan probe --features F.npy --labels L.npy --labels-per-class all,400 --draws 10 --out probe.json
  dcgan probe --features F.npy --labels L.npy --c 1e-4")]
pub struct Probe {
    /// Training features
    #[arg(long, value_name = "NPY")]
    features: PathBuf,
    /// Their labels
    #[arg(long, value_name = "NPY")]
    labels: PathBuf,
    /// Test features [default: a fifth of the rows, each class in proportion, is held out]
    #[arg(long, value_name = "NPY", requires = "test_labels")]
    test_features: Option<PathBuf>,
    /// Their labels
    #[arg(long, value_name = "NPY", requires = "test_features")]
    test_labels: Option<PathBuf>,
    /// How many labels of each class the probe may see: `all`, or a number; several with commas between them
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "all", value_parser = labels)]
    labels_per_class: Vec<Labels>,
    /// Independent draws where labels are few
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    draws: u16,
    /// Values of C to choose from; a single one is used as it is [default: half-decades from 1e-5, as far as they help]
    #[arg(long, value_name = "C", value_delimiter = ',')]
    c: Option<Vec<f64>>,
    /// Seed of what is held out and drawn
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Write the results as JSON, too
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What `--out` writes.
#[derive(Serialize)]
struct Record<'a> {
    /// The version of the protocol.
    protocol: u32,
    features: &'a PathBuf,
    labels: &'a PathBuf,
    /// Absent where test rows were held out of the training file.
    #[serde(skip_serializing_if = "Option::is_none")]
    test_features: Option<&'a PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    test_labels: Option<&'a PathBuf>,
    classes: &'a [i64],
    dimensions: usize,
    seed: u64,
    probes: Vec<One>,
}

#[derive(Serialize)]
struct One {
    labels_per_class: Labels,
    /// Mean test accuracy, 0 to 1.
    accuracy: f64,
    /// Half-width of the 95% interval of the mean.
    interval: Option<f64>,
    draws: Vec<f64>,
    c: f64,
    /// Every C tried with its validation accuracy.
    validation: Vec<(f64, f64)>,
    train_rows: usize,
    test_rows: usize,
    solver: &'static str,
    seconds: f64,
}

impl Probe {
    /// Read, probe, print.
    pub fn run(self) -> Result<Verdict> {
        stop::listen();
        let screen = Screen::new();
        if let Some(out) = &self.out {
            writable::file(out)?;
        }
        let test = self
            .test_features
            .as_deref()
            .zip(self.test_labels.as_deref());
        let sets = files::open(&self.features, &self.labels, test, self.seed)?;
        let dimensions = sets.train.features.ncols();
        out!(
            "{} training rows of {dimensions} features, {} test rows{}, {} classes",
            sets.train.labels.len(),
            sets.test.labels.len(),
            match test {
                Some(_) => "",
                None => " held out of them, a fifth of each class",
            },
            sets.classes.len()
        );
        let names: Vec<String> = sets.classes.iter().map(i64::to_string).collect();
        // The last of several is refused before the first is run.
        for labels in &self.labels_per_class {
            let checked =
                probe::check_rows(&sets.train.labels, names.len(), &self.settings(*labels));
            checked.map_err(|e| e.named(&names))?;
        }
        let mut probes = Vec::new();
        out!(
            "{:>16} {:>17} {:>9} {:>6} {:>11} {:>7}",
            "labels per class",
            "test accuracy",
            "C",
            "draws",
            "train rows",
            "solver"
        );
        for labels in &self.labels_per_class {
            if out::unread() && self.out.is_none() {
                break;
            }
            let mut rng = Streams::new(self.seed).stream(&format!("probe.{labels}"));
            let found = probe::probe(
                Labelled {
                    features: sets.train.features.view().into(),
                    labels: &sets.train.labels,
                },
                Labelled {
                    features: sets.test.features.view().into(),
                    labels: &sets.test.labels,
                },
                sets.classes.len(),
                &self.settings(*labels),
                rng.next_u64(),
                &screen,
            );
            let one = match found {
                Ok(found) => One::new(found),
                Err(e) => return Err(e.named(&names).into()),
            };
            out!("{}", one.line());
            probes.push(one);
        }
        if let Some(out) = &self.out {
            let record = Record {
                protocol: protocol::PROBE,
                features: &self.features,
                labels: &self.labels,
                test_features: self.test_features.as_ref(),
                test_labels: self.test_labels.as_ref(),
                classes: &sets.classes,
                dimensions,
                seed: self.seed,
                probes,
            };
            let text = serde_json::to_string_pretty(&record).context("the results as JSON")?;
            atomic::write(out, text.as_bytes())?;
            out!("record: {}", out.display());
        }
        Ok(Verdict::Fine)
    }

    fn settings(&self, labels: Labels) -> ProbeSettings {
        ProbeSettings {
            labels,
            draws: usize::from(self.draws),
            c: self.c.clone(),
            ..ProbeSettings::default()
        }
    }
}

impl One {
    fn new(found: ProbeOutcome) -> One {
        One {
            labels_per_class: found.labels,
            accuracy: found.accuracy(),
            interval: found
                .spread()
                .map(|s| s / (found.draws.len() as f64).sqrt()),
            c: found.choice.c,
            validation: found.choice.tried,
            train_rows: found.train_rows,
            test_rows: found.test_rows,
            solver: found.solver,
            seconds: found.seconds,
            draws: found.draws,
        }
    }

    fn line(&self) -> String {
        let accuracy = match self.interval {
            Some(half) => format!("{:.2}% (±{:.2})", 100.0 * self.accuracy, 100.0 * half),
            None => format!("{:.2}%", 100.0 * self.accuracy),
        };
        format!(
            "{:>16} {accuracy:>17} {:>9} {:>6} {:>11} {:>7}",
            self.labels_per_class.to_string(),
            format!("{:.1e}", self.c),
            self.draws.len(),
            self.train_rows,
            self.solver
        )
    }
}

fn labels(text: &str) -> Result<Labels, String> {
    match (text, text.parse()) {
        ("all", _) => Ok(Labels::All),
        (_, Ok(n)) if n > 0 => Ok(Labels::PerClass(n)),
        _ => Err("expected `all` or a number of labels per class, 1 or more".into()),
    }
}
