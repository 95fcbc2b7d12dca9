//! Reads the folder of an experiment: every trial with what it recorded, whatever its state.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::ReportError;
use crate::track::format::{Point, ProbeRecord, RunRecord, VERSION};
use crate::track::history;

/// All trials of an experiment.
#[derive(Debug)]
pub struct Experiment {
    pub name: String,
    pub folder: PathBuf,
    /// Ordered by what they vary, then seed.
    pub trials: Vec<Trial>,
}

/// One trial's folder, read.
#[derive(Debug)]
pub struct Trial {
    pub folder: PathBuf,
    pub run: RunRecord,
    /// The resolved spec's text, where it was written.
    pub spec: Option<String>,
    pub probes: Vec<ProbeRecord>,
    pub history: Vec<Point>,
    pub pictures: Pictures,
}

/// The image files of a trial; nothing is decoded here.
#[derive(Debug, Default)]
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

    /// The label without the seed: trials that share it are repetitions of one another.
    pub fn arm(&self) -> String {
        let parts: Vec<&str> = self
            .run
            .label
            .split([',', ' '])
            .filter(|part| !part.is_empty() && !part.starts_with("seed="))
            .collect();
        parts.join(", ")
    }
}

/// Read `folder` (`results/<experiment>`). Folders without `run.json` are no trials and are passed over.
///
/// # Errors
/// [`ReportError::NoTrials`]; [`ReportError::Read`], [`ReportError::Json`], [`ReportError::Newer`] and
/// [`ReportError::History`] for a trial's files.
pub fn collect(folder: &Path) -> Result<Experiment, ReportError> {
    let mut trials = Vec::new();
    for path in entries(folder)? {
        if path.join("run.json").is_file() {
            trials.push(trial(&path)?);
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
        }),
        None => Err(ReportError::NoTrials {
            folder: folder.to_path_buf(),
        }),
    }
}

fn trial(folder: &Path) -> Result<Trial, ReportError> {
    let path = folder.join("run.json");
    let run: RunRecord = json(&path, "run record")?;
    if run.format > VERSION {
        return Err(ReportError::Newer {
            path,
            found: run.format,
            known: VERSION,
        });
    }
    let probes = folder.join("probes.json");
    Ok(Trial {
        run,
        spec: std::fs::read_to_string(folder.join("spec.yaml")).ok(),
        probes: if probes.exists() {
            json(&probes, "list of probe records")?
        } else {
            Vec::new()
        },
        history: history::read(folder)?,
        pictures: pictures(folder)?,
        folder: folder.to_path_buf(),
    })
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
fn entries(folder: &Path) -> Result<Vec<PathBuf>, ReportError> {
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

fn json<T: DeserializeOwned>(path: &Path, what: &'static str) -> Result<T, ReportError> {
    let text = std::fs::read_to_string(path).map_err(|source| ReportError::Read {
        path: path.to_path_buf(),
        source,
    })?;
    serde_json::from_str(&text).map_err(|e| ReportError::Json {
        path: path.to_path_buf(),
        line: e.line(),
        column: e.column(),
        what,
        message: without_place(&e.to_string()),
    })
}

/// serde_json ends its messages with the place, which the error already begins with.
fn without_place(message: &str) -> String {
    match message.rfind(" at line ") {
        Some(end) => message[..end].to_string(),
        None => message.to_string(),
    }
}
