//! A trial's folder: its record, its metrics, its probes.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::atomic::{self, WriteError};
use super::format::{DataRecord, Point, ProbeRecord, RunRecord, StageRecord, VERSION};
use super::history::{self, HistoryError};

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
    #[error("`{}` line {line}: not a record of dcgan: {message}; move the folder away to start the trial anew", path.display())]
    Corrupt {
        path: PathBuf,
        line: usize,
        message: String,
    },
    #[error("`{}` has format {found}, this program reads up to {VERSION}; use a newer dcgan", path.display())]
    Newer { path: PathBuf, found: u32 },
    #[error("`{}` is in use by process {pid}; wait for it, or delete the file if no such process runs", path.display())]
    Locked { path: PathBuf, pid: String },
}

/// A trial's folder, open for writing by this process alone.
#[derive(Debug)]
pub struct RunFolder {
    root: PathBuf,
    metrics: Option<File>,
    lock: PathBuf,
}

impl RunFolder {
    /// Open or make `root`, refusing a folder that a living process works in.
    ///
    /// # Errors
    /// [`RunError::Write`] where it cannot be made, [`RunError::Locked`].
    pub fn open(root: &Path) -> Result<Self, RunError> {
        let lock = root.join(".lock");
        let failed = |source| WriteError {
            path: lock.clone(),
            source,
        };
        std::fs::create_dir_all(root).map_err(failed)?;
        if let Ok(pid) = std::fs::read_to_string(&lock)
            && pid.trim() != std::process::id().to_string()
            && alive(pid.trim())
        {
            return Err(RunError::Locked {
                path: lock,
                pid: pid.trim().to_string(),
            });
        }
        atomic::write(&lock, std::process::id().to_string().as_bytes())?;
        Ok(RunFolder {
            root: root.to_path_buf(),
            metrics: None,
            lock,
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
        let Some(record) = read_json::<RunRecord>(&path)? else {
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
            let file = File::options().create(true).append(true).open(&path);
            self.metrics = Some(file.map_err(failed)?);
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
        if let Ok(mut file) = File::options()
            .create(true)
            .append(true)
            .open(self.path("log.txt"))
        {
            let _ = writeln!(file, "{stamp} {line}");
        }
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.lock);
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

/// Whether a process of this machine has that number. Where that cannot be told, nobody is locked out.
fn alive(pid: &str) -> bool {
    cfg!(target_os = "linux") && Path::new("/proc").join(pid).exists() && !pid.is_empty()
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
    fn a_folder_in_use_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        if cfg!(target_os = "linux") {
            std::fs::write(dir.path().join(".lock"), "1").unwrap();
            let e = RunFolder::open(dir.path()).unwrap_err().to_string();
            assert!(e.contains("in use by process 1"), "{e}");
        }
        std::fs::write(dir.path().join(".lock"), "4294967295").unwrap();
        RunFolder::open(dir.path()).unwrap();
    }

    #[test]
    fn corrupt_records_name_file_and_line() {
        let dir = tempfile::tempdir().unwrap();
        let run = RunFolder::open(dir.path()).unwrap();
        std::fs::write(run.path("run.json"), "{\n  \"format\": oops\n}").unwrap();
        let e = run.record().unwrap_err().to_string();
        assert!(e.contains("run.json` line 2"), "{e}");
    }
}
