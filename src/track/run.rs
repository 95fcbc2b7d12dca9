//! A trial's folder: its record, its metrics, its probes.

use std::cell::RefCell;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::atomic::{self, WriteError};
use super::disk::{self, Out};
use super::format::{DataRecord, Point, ProbeRecord, RunRecord, StageRecord, VERSION};
use super::history::{self, HistoryError};
use super::lock::{Lock, LockError};

/// Why a run folder could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    History(#[from] HistoryError),
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("`{}` line {line}: not a record of dcgan: {message}; run the sweep again, which sets this file aside and finds anew what it held", path.display())]
    Corrupt {
        path: PathBuf,
        line: usize,
        message: String,
    },
    #[error("`{}` has format {found}, this program reads up to {VERSION}; use a newer dcgan", path.display())]
    Newer { path: PathBuf, found: u32 },
    #[error(transparent)]
    Lock(#[from] LockError),
}

/// A trial's folder, open for writing by this process alone.
#[derive(Debug)]
pub struct RunFolder {
    root: PathBuf,
    metrics: Option<Out>,
    _lock: Lock,
    /// Damaged records that were set aside and of which nobody was told yet.
    damaged: RefCell<Vec<String>>,
}

/// Folders below a run's own in which files are written.
const DEPTH: usize = 2;

impl RunFolder {
    /// Open or make `root`, refusing a folder that another process works in, and clear away what a killed one left
    /// unfinished.
    ///
    /// # Errors
    /// [`RunError::Lock`].
    pub fn open(root: &Path) -> Result<Self, RunError> {
        let lock = Lock::take(root)?;
        atomic::sweep(root, DEPTH);
        Ok(RunFolder {
            root: root.to_path_buf(),
            metrics: None,
            _lock: lock,
            damaged: RefCell::default(),
        })
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path below the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Its `run.json`, `None` for a new folder.
    ///
    /// # Errors
    /// [`RunError::Corrupt`], [`RunError::Newer`], [`RunError::Read`].
    pub fn record(&self) -> Result<Option<RunRecord>, RunError> {
        let path = self.path("run.json");
        let Some(record) = self.stored::<RunRecord>(&path)? else {
            return Ok(None);
        };
        if record.format > VERSION {
            return Err(RunError::Newer {
                path,
                found: record.format,
            });
        }
        Ok(Some(record))
    }

    /// A JSON record of the trial, `None` where it is absent. One that is damaged is renamed to `NAME.damaged` and counts as
    /// absent, so that what it held is found anew; [`RunFolder::damaged`] tells of it.
    ///
    /// # Errors
    /// [`RunError::Read`]; [`RunError::Write`] where the damaged file cannot be renamed.
    pub fn stored<T: serde::de::DeserializeOwned>(
        &self,
        path: &Path,
    ) -> Result<Option<T>, RunError> {
        match read_json(path) {
            Err(RunError::Corrupt { line, message, .. }) => {
                let aside = path.with_added_extension("damaged");
                disk::rename(path, &aside).map_err(|source| WriteError {
                    path: aside.clone(),
                    source,
                })?;
                let said = format!(
                    "`{}` is damaged (line {line}: {message}); it is now `{}`, and what it held is found anew",
                    path.display(),
                    aside.file_name().unwrap_or_default().to_string_lossy()
                );
                self.note(&said);
                self.damaged.borrow_mut().push(said);
                Ok(None)
            }
            read => read,
        }
    }

    /// Sentences about the records that were set aside since the last call.
    pub fn damaged(&self) -> Vec<String> {
        self.damaged.take()
    }

    /// Replace `run.json`.
    ///
    /// # Errors
    /// [`RunError::Write`].
    pub fn write_record(&self, record: &RunRecord) -> Result<(), RunError> {
        Ok(write_json(&self.path("run.json"), record)?)
    }

    /// Append a line to `metrics.jsonl`.
    ///
    /// # Errors
    /// [`RunError::Write`].
    pub fn log(&mut self, point: &Point) -> Result<(), RunError> {
        let path = self.path("metrics.jsonl");
        let failed = |source| WriteError {
            path: path.clone(),
            source,
        };
        if self.metrics.is_none() {
            self.metrics = Some(Out::append(&path).map_err(failed)?);
        }
        if let Some(file) = &mut self.metrics {
            // One write per line: a killed run leaves whole lines, or one last part that `points` drops.
            let mut line = serde_json::to_vec(point).map_err(|e| failed(e.into()))?;
            line.push(b'\n');
            file.write_all(&line).map_err(failed)?;
        }
        Ok(())
    }

    /// The points logged so far; an unfinished last line is left out.
    ///
    /// # Errors
    /// [`RunError::History`].
    pub fn points(&self) -> Result<Vec<Point>, RunError> {
        let path = self.path("metrics.jsonl");
        match path.exists() {
            true => Ok(history::read_jsonl(&path)?),
            false => Ok(Vec::new()),
        }
    }

    /// Drop the points after `step`: a resumed run logs them again.
    ///
    /// # Errors
    /// As [`RunFolder::points`]; [`RunError::Write`].
    pub fn rewind(&mut self, step: u64) -> Result<(), RunError> {
        self.metrics = None;
        let path = self.path("metrics.jsonl");
        let points = self.points()?;
        if points.is_empty() && !path.exists() {
            return Ok(());
        }
        atomic::write_with(&path, |out| {
            for point in points.iter().filter(|p| p.step <= step) {
                serde_json::to_writer(&mut *out, point)?;
                out.write_all(b"\n")?;
            }
            Ok(())
        })?;
        Ok(())
    }

    /// Make `metrics.parquet` again from `metrics.jsonl` where it is damaged or lacks lines; true where it was.
    ///
    /// # Errors
    /// [`RunError::History`].
    pub fn mend_table(&self) -> Result<bool, RunError> {
        let (jsonl, parquet) = (self.path("metrics.jsonl"), self.path("metrics.parquet"));
        if !jsonl.exists() || !parquet.exists() {
            return Ok(false);
        }
        // A log that is damaged itself is named where it is read.
        let Ok(points) = history::read_jsonl(&jsonl) else {
            return Ok(false);
        };
        if history::read_parquet(&parquet).is_ok_and(|table| table.len() == points.len()) {
            return Ok(false);
        }
        history::to_parquet(&jsonl, &parquet)?;
        Ok(true)
    }

    /// Replace `probes.json`.
    ///
    /// # Errors
    /// [`RunError::Write`].
    pub fn write_probes(&self, probes: &[ProbeRecord]) -> Result<(), RunError> {
        Ok(write_json(&self.path("probes.json"), &probes)?)
    }

    /// Append a line to `log.txt`; a log that cannot be written stops nobody.
    pub fn note(&self, line: &str) {
        let stamp = super::provenance::now();
        if let Ok(mut file) = Out::append(&self.path("log.txt")) {
            // One write: lines are whole.
            let _ = file.write_all(format!("{stamp} {line}\n").as_bytes());
        }
    }
}

impl RunRecord {
    /// Name a data set that was read, once.
    pub fn saw(&mut self, data: DataRecord) {
        if !self.data.contains(&data) {
            self.data.push(data);
        }
    }

    /// Add seconds to a stage, making it if it is new.
    pub fn stage(&mut self, name: &str, seconds: f64, done: bool) {
        match self.stages.iter_mut().find(|s| s.name == name) {
            Some(stage) => {
                stage.seconds += seconds;
                stage.done = done;
            }
            None => self.stages.push(StageRecord {
                name: name.to_string(),
                done,
                seconds,
            }),
        }
    }
}

/// A JSON file, `None` where it is absent.
///
/// # Errors
/// [`RunError::Read`], [`RunError::Corrupt`] with the line.
pub fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>, RunError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => {
            return Err(RunError::Read {
                path: path.to_path_buf(),
                source,
            });
        }
    };
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|e| RunError::Corrupt {
            path: path.to_path_buf(),
            line: e.line(),
            message: e.to_string(),
        })
}

/// Write a value as indented JSON, whole or not at all.
///
/// # Errors
/// [`WriteError`].
pub fn write_json<T: serde::Serialize>(path: &Path, value: &T) -> Result<(), WriteError> {
    atomic::write_with(path, |out| {
        serde_json::to_writer_pretty(&mut *out, value)?;
        out.write_all(b"\n")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn point(step: u64) -> Point {
        Point {
            step,
            epoch: step as f64 / 10.0,
            seconds: 1.5,
            values: BTreeMap::from([("loss.d".into(), 0.1 + step as f64)]),
        }
    }

    #[test]
    fn rewinding_drops_what_comes_after_and_the_torn_line() {
        let dir = tempfile::tempdir().unwrap();
        let mut run = RunFolder::open(dir.path()).unwrap();
        (1..=5).for_each(|s| run.log(&point(s)).unwrap());
        std::fs::OpenOptions::new()
            .append(true)
            .open(run.path("metrics.jsonl"))
            .and_then(|mut f| f.write_all(b"{\"step\": 6, \"ep"))
            .unwrap();
        assert_eq!(run.points().unwrap().len(), 5);
        run.rewind(3).unwrap();
        run.log(&point(4)).unwrap();
        let steps: Vec<u64> = run.points().unwrap().iter().map(|p| p.step).collect();
        assert_eq!(steps, [1, 2, 3, 4]);
    }

    #[test]
    fn a_folder_in_use_is_refused_and_a_killed_run_s_files_are_swept() {
        let dir = tempfile::tempdir().unwrap();
        let left = dir.path().join("checkpoints/.partial-abc");
        std::fs::create_dir_all(left.parent().unwrap()).unwrap();
        std::fs::write(&left, "half").unwrap();
        // As earlier versions left it: process 1 always runs.
        std::fs::write(dir.path().join(".lock"), "1").unwrap();
        let run = RunFolder::open(dir.path()).unwrap();
        assert!(!left.exists());
        let e = RunFolder::open(dir.path()).unwrap_err().to_string();
        assert!(e.contains("in use by process"), "{e}");
        drop(run);
        RunFolder::open(dir.path()).unwrap();
    }

    #[test]
    fn corrupt_records_name_file_and_line() {
        let dir = tempfile::tempdir().unwrap();
        let run = RunFolder::open(dir.path()).unwrap();
        let path = run.path("run.json");
        std::fs::write(&path, "{\n  \"format\": oops\n}").unwrap();
        let e = read_json::<RunRecord>(&path).unwrap_err().to_string();
        assert!(e.contains("run.json` line 2"), "{e}");
        // A run goes on without it, and says so once.
        assert_eq!(run.record().unwrap(), None);
        let said = run.damaged();
        assert_eq!(said.len(), 1);
        assert!(
            said[0].contains("run.json` is damaged (line 2"),
            "{}",
            said[0]
        );
        assert!(run.damaged().is_empty() && !path.exists());
        assert!(run.path("run.json.damaged").exists());
    }
}
