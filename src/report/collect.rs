//! Reads the folder of an experiment: every trial with what it recorded, whatever its state.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::ReportError;
use crate::track::figures::FigureRecord;
use crate::track::format::{Point, ProbeRecord, RunRecord, VERSION};
use crate::track::knn::KnnRecord;
use crate::track::memorisation::{self, Memorisation};
use crate::track::nearest::NearestRecord;
use crate::track::quality::QualityRecord;
use crate::track::run::{RunError, read_json};
use crate::track::selectivity::SelectivityRecord;
use crate::track::supervised::SupervisedRecord;
use crate::track::{filters, history};

/// All trials of an experiment.
#[derive(Debug)]
pub struct Experiment {
    pub name: String,
    pub folder: PathBuf,
    /// Ordered by what they vary, then seed.
    pub trials: Vec<Trial>,
    /// Damaged records that are left out, each in a sentence that names the file and says how to repair it.
    pub left_out: Vec<String>,
}

/// One trial's folder, read.
#[derive(Debug, Clone)]
pub struct Trial {
    pub folder: PathBuf,
    pub run: RunRecord,
    /// The resolved spec's text, where it was written.
    pub spec: Option<String>,
    pub probes: Vec<ProbeRecord>,
    /// Nearest-neighbour rows of table 2.
    pub knn: Vec<KnnRecord>,
    /// The supervised net of table 2.
    pub supervised: Option<SupervisedRecord>,
    pub nearest: Option<NearestRecord>,
    pub history: Vec<Point>,
    pub pictures: Pictures,
}

/// The image files of a trial; nothing is decoded here.
#[derive(Debug, Clone, Default)]
pub struct Pictures {
    /// Sample sheets by epoch, in order.
    pub epochs: Vec<(u32, PathBuf)>,
    /// The final sample sheet.
    pub samples: Option<PathBuf>,
    /// Training images, drawn as the sample sheets are.
    pub data: Option<PathBuf>,
    /// Figure 1's schematic, SVG before PNG.
    pub architecture: Option<PathBuf>,
}

impl Trial {
    /// What sets it apart in its sweep, such as `seed=1`, else its id.
    pub fn name(&self) -> &str {
        if self.run.label.is_empty() {
            &self.run.trial
        } else {
            &self.run.label
        }
    }

    /// What the sweep set but the seed: trials that share it are repetitions of one another.
    pub fn arm(&self) -> String {
        let run = &self.run;
        if run.arm.is_none() && run.parameters.is_empty() {
            return without_seed(&run.label);
        }
        let set = run.parameters.iter().filter(|(key, _)| *key != "seed");
        let set = set.map(|(key, value)| match value {
            Value::String(text) => format!("{key}={text}"),
            other => format!("{key}={other}"),
        });
        run.arm
            .iter()
            .cloned()
            .chain(set)
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// The arm of a record without parameters, which a program before them wrote: its label without the seed.
fn without_seed(label: &str) -> String {
    let parts = label.split(',').map(str::trim);
    let parts: Vec<&str> = parts
        .filter(|part| !part.is_empty() && !part.starts_with("seed="))
        .collect();
    parts.join(", ")
}

/// Read `folder` (`results/<experiment>`). Folders without `run.json` are no trials and are passed over; a record that is
/// damaged is left out and told of, and spoils nothing else.
///
/// # Errors
/// [`ReportError::NoTrials`], [`ReportError::Read`]; [`ReportError::Run`] where no trial's `run.json` can be read.
pub fn collect(folder: &Path) -> Result<Experiment, ReportError> {
    let mut trials = Vec::new();
    let mut left_out = LeftOut::default();
    let mut failure = None;
    for path in entries(folder)? {
        if path.is_dir() {
            match trial(&path, &mut left_out) {
                Ok(found) => trials.extend(found),
                Err(e @ ReportError::Run(_)) => {
                    left_out.0.push(e.to_string());
                    failure.get_or_insert(e);
                }
                Err(e) => return Err(e),
            }
        }
    }
    trials.sort_by(|a, b| {
        let key = |t: &Trial| (t.arm(), t.run.seed, t.run.started.clone());
        key(a).cmp(&key(b))
    });
    match trials.first() {
        Some(first) => Ok(Experiment {
            name: first.run.experiment.clone(),
            folder: folder.to_path_buf(),
            trials,
            left_out: left_out.0,
        }),
        None => Err(failure.unwrap_or(ReportError::NoTrials {
            folder: folder.to_path_buf(),
        })),
    }
}

/// Whether `folder` holds experiments, not trials: a folder in it holds a trial, and it holds none itself.
///
/// # Errors
/// [`ReportError::Read`].
pub fn holds_experiments(folder: &Path) -> Result<bool, ReportError> {
    Ok(!holds_trials(folder)? && !experiments(folder)?.is_empty())
}

/// Every experiment in `folder` (`results`), by name; or the one that `folder` is (`results/<experiment>`).
///
/// # Errors
/// As [`collect`].
pub fn all(folder: &Path) -> Result<Vec<Experiment>, ReportError> {
    match holds_experiments(folder)? {
        true => experiments(folder)?
            .iter()
            .map(|path| collect(path))
            .collect(),
        false => collect(folder).map(|one| vec![one]),
    }
}

fn experiments(folder: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let mut found = Vec::new();
    for path in entries(folder)? {
        if path.is_dir() && holds_trials(&path)? {
            found.push(path);
        }
    }
    Ok(found)
}

fn holds_trials(folder: &Path) -> Result<bool, ReportError> {
    let paths = entries(folder)?;
    Ok(paths.iter().any(|path| path.join("run.json").is_file()))
}

/// What could not be read.
#[derive(Default)]
struct LeftOut(Vec<String>);

impl LeftOut {
    fn unless<T: Default>(&mut self, read: Result<T, impl std::fmt::Display>) -> T {
        read.unwrap_or_else(|e| {
            self.0.push(e.to_string());
            T::default()
        })
    }
}

/// A record of a trial, `None` where it is absent or damaged: [`collect`] tells of those.
pub(super) fn record<T: serde::de::DeserializeOwned>(trial: &Trial, name: &str) -> Option<T> {
    read_json(&trial.folder.join(name)).unwrap_or_default()
}

/// A folder as a trial; `None` where it holds no `run.json`.
fn trial(folder: &Path, left_out: &mut LeftOut) -> Result<Option<Trial>, ReportError> {
    let path = folder.join("run.json");
    let Some(run) = read_json::<RunRecord>(&path)? else {
        return Ok(None);
    };
    if run.format > VERSION {
        let found = run.format;
        return Err(RunError::Newer { path, found }.into());
    }
    // Read where they are shown; here only so that damage is told once.
    left_out.unless(read_json::<Memorisation>(&folder.join(memorisation::FILE)));
    left_out.unless(read_json::<Vec<QualityRecord>>(
        &folder.join("quality.json"),
    ));
    left_out.unless(read_json::<Vec<FigureRecord>>(&folder.join("figures.json")));
    left_out.unless(read_json::<SelectivityRecord>(
        &folder.join("selectivity.json"),
    ));
    left_out.unless(filters::read(folder));
    Ok(Some(Trial {
        run,
        spec: std::fs::read_to_string(folder.join("spec.yaml")).ok(),
        probes: left_out
            .unless(read_json(&folder.join("probes.json")))
            .unwrap_or_default(),
        knn: left_out
            .unless(read_json(&folder.join("knn.json")))
            .unwrap_or_default(),
        supervised: left_out.unless(read_json(&folder.join("supervised.json"))),
        nearest: left_out.unless(read_json(&folder.join("nearest.json"))),
        history: left_out.unless(history::read(folder)),
        pictures: pictures(folder)?,
        folder: folder.to_path_buf(),
    }))
}

fn pictures(folder: &Path) -> Result<Pictures, ReportError> {
    let figures = folder.join("figures");
    let mut found = Pictures::default();
    if figures.is_dir() {
        for path in entries(&figures)? {
            let name = path
                .file_name()
                .and_then(|n| n.to_str())
                .unwrap_or_default();
            let epoch = name
                .strip_prefix("samples-epoch-")
                .and_then(|rest| rest.strip_suffix(".png"))
                .and_then(|digits| digits.parse().ok());
            if let Some(epoch) = epoch {
                found.epochs.push((epoch, path));
            }
        }
    }
    found.epochs.sort();
    let existing = |names: &[&str]| {
        names
            .iter()
            .map(|name| folder.join(name))
            .find(|path| path.is_file())
    };
    found.samples = existing(&["figures/samples.png"]);
    found.data = existing(&["figures/data.png"]);
    found.architecture = existing(&[
        "architecture.svg",
        "figures/architecture.svg",
        "figures/architecture.png",
    ]);
    Ok(found)
}

/// The paths in a folder, sorted.
pub(super) fn entries(folder: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let read = |source| ReportError::Read {
        path: folder.to_path_buf(),
        source,
    };
    let mut paths = std::fs::read_dir(folder)
        .map_err(read)?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(read)?;
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: &str = include_str!("../../tests/fixtures/report/cifar/3f0a9c1e/run.json");

    fn arm(change: impl Fn(&mut RunRecord)) -> String {
        let folder = tempfile::tempdir().unwrap();
        let mut run: RunRecord = serde_json::from_str(RUN).unwrap();
        change(&mut run);
        let path = folder.path().join("a");
        std::fs::create_dir(&path).unwrap();
        crate::track::run::write_json(&path.join("run.json"), &run).unwrap();
        collect(folder.path()).unwrap().trials[0].arm()
    }

    #[test]
    fn an_arm_is_what_was_set_but_the_seed() {
        let of = |parameters: &[(&str, Value)], arm_name: Option<&str>| {
            arm(|run| {
                run.label = "not read".to_string();
                run.arm = arm_name.map(str::to_string);
                let own = parameters.iter().map(|(k, v)| (k.to_string(), v.clone()));
                run.parameters = own.collect();
            })
        };
        let seed = ("seed", Value::from(1));
        let beta1 = ("train.adam.beta1", Value::from(0.5));
        assert_eq!(of(&[seed.clone(), beta1], None), "train.adam.beta1=0.5");
        assert_eq!(of(&[seed.clone()], Some("no-norm")), "no-norm");
        // A value's own commas and words are no parameters.
        let folder = ("data.train", Value::from("folder:a, seed=2"));
        assert_eq!(
            of(&[seed.clone(), folder], None),
            "data.train=folder:a, seed=2"
        );
        assert_eq!(of(&[seed], None), "");
    }

    #[test]
    fn an_arm_of_an_older_record_is_its_label_without_the_seed() {
        let of = |label: &str| arm(|run| run.label = label.to_string());
        assert_eq!(
            of("no-norm,seed=1,train.adam.beta1=0.5"),
            "no-norm, train.adam.beta1=0.5"
        );
        assert_eq!(of("seed=1"), "");
    }
}
