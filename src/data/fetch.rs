//! From a card to its files: each source in turn until every file is there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::sources::by_hand;
use super::verify::{Trust, Verdict, check};
use super::{Card, DataError, FileSpec, Source, SourceError, Store};
use crate::track::atomic;
use crate::track::disk;
use crate::track::lock::{Lock, LockError};
use crate::track::progress::Progress;

/// What [`fetch`] did.
#[derive(Debug)]
pub struct Report {
    /// The data set's folder.
    pub folder: PathBuf,
    /// Files that were there already.
    pub present: Vec<String>,
    /// Files that were fetched, each with the source that gave it.
    pub fetched: Vec<(String, String)>,
    /// Sources that gave nothing or not all.
    pub failures: Vec<Failure>,
    pub seconds: f64,
}

/// A source that failed.
#[derive(Debug)]
pub struct Failure {
    pub source: String,
    pub reason: SourceError,
}

/// Make every file of `card` be in `store` with its hash, trying the card's sources in order.
///
/// A file that is there but damaged is fetched again. Two processes that fetch the same set wait for each other.
///
/// # Errors
/// [`DataError::Unavailable`] says why each source failed and which files to put where; [`DataError::Write`] for a
/// full disk or a folder that may not be written; [`DataError::Stopped`].
pub fn fetch(card: &Card, store: &Store, progress: &dyn Progress) -> Result<Report, DataError> {
    some(card, &card.files, store, progress)
}

/// As [`fetch`], for these files alone where the card's sources give files one by one; an archive is had once, for
/// all that it holds.
pub(super) fn files(
    card: &Card,
    wanted: &[FileSpec],
    store: &Store,
    progress: &dyn Progress,
) -> Result<Report, DataError> {
    let one_by_one = |source: &Source| matches!(source, Source::Files(_));
    match card.sources.iter().all(one_by_one) {
        true => some(card, wanted, store, progress),
        false => fetch(card, store, progress),
    }
}

fn some(
    card: &Card,
    wanted: &[FileSpec],
    store: &Store,
    progress: &dyn Progress,
) -> Result<Report, DataError> {
    let started = Instant::now();
    let mut report = Report {
        folder: store.folder(card),
        present: Vec::new(),
        fetched: Vec::new(),
        failures: Vec::new(),
        seconds: 0.0,
    };
    let before = check(card, wanted, store, progress, Trust::Stamps)?;
    if before.iter().any(|(_, v)| *v != Verdict::Ok) {
        let lock = lock(card, store, progress)?;
        // Another process may have fetched it while this one waited.
        let before = check(card, wanted, store, progress, Trust::Stamps)?;
        report.present = names(&before, |v| *v == Verdict::Ok);
        if lock.is_some() {
            tidy(&report.folder);
        }
        for (file, verdict) in &before {
            if !matches!(verdict, Verdict::Ok | Verdict::Missing) {
                progress.note(&format!(
                    "{}: `{}` is {verdict}; fetching it again",
                    card.title,
                    store.path(card, &file.name).display()
                ));
            }
        }
        from_sources(card, store, progress, before, &mut report)?;
    } else {
        report.present = names(&before, |_| true);
    }
    report.seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

fn from_sources(
    card: &Card,
    store: &Store,
    progress: &dyn Progress,
    mut state: Vec<(FileSpec, Verdict)>,
    report: &mut Report,
) -> Result<(), DataError> {
    let all: Vec<FileSpec> = state.iter().map(|(file, _)| file.clone()).collect();
    for source in &card.sources {
        let wanted: Vec<FileSpec> = state
            .iter()
            .filter(|(_, v)| *v != Verdict::Ok)
            .map(|(f, _)| f.clone())
            .collect();
        if wanted.is_empty() {
            break;
        }
        if !wanted
            .iter()
            .any(|f| source.names().contains(&f.name.as_str()))
        {
            continue;
        }
        let result = source.give(&wanted, card, store, progress);
        match result {
            Ok(()) => {}
            Err(SourceError::Stopped(stopped)) => return Err(stopped.into()),
            // The next source would meet the same disk.
            Err(SourceError::Write(e)) => return Err(e.into()),
            Err(reason) => {
                progress.note(&format!("{}: {source}: {reason}", card.title));
                report.failures.push(Failure {
                    source: source.to_string(),
                    reason,
                });
            }
        }
        // Read back from the disk what was just written: this is the check that counts.
        state = check(card, &all, store, progress, Trust::Stamps)?;
        for file in wanted {
            if state.iter().any(|(f, v)| *f == file && *v == Verdict::Ok) {
                report.fetched.push((file.name, source.to_string()));
            }
        }
    }
    let files: Vec<_> = state
        .into_iter()
        .filter(|(_, v)| *v != Verdict::Ok)
        .collect();
    if files.is_empty() {
        return Ok(());
    }
    let mut instead: Vec<String> = card.sources.iter().flat_map(by_hand).collect();
    let mut told = BTreeSet::new();
    instead.retain(|text| told.insert(text.clone()));
    Err(DataError::Unavailable {
        title: card.title.clone(),
        folder: store.folder(card),
        reasons: report
            .failures
            .drain(..)
            .map(|f| (f.source, f.reason))
            .collect(),
        files,
        instead,
    })
}

/// Hold the data set's folder alone until the value is dropped.
fn lock(card: &Card, store: &Store, progress: &dyn Progress) -> Result<Option<Lock>, DataError> {
    let folder = store.folder(card);
    let mut told = false;
    loop {
        match Lock::take(&folder) {
            Ok(lock) => return Ok(Some(lock)),
            Err(LockError::InUse { .. }) => {
                progress.check()?;
                if !told {
                    progress.note(&format!(
                        "{}: another process is fetching it; waiting",
                        card.title
                    ));
                    told = true;
                }
                std::thread::sleep(Duration::from_millis(200));
            }
            // Two fetches at once then cost only double work, since files land whole.
            Err(LockError::NoLocks { .. }) => return Ok(None),
            Err(LockError::Write(e)) => return Err(e.into()),
        }
    }
}

/// Remove what a killed fetch left; the lock is held, so nobody is using it.
fn tidy(folder: &Path) {
    atomic::sweep(folder, 0);
    let unpacking = walkdir::WalkDir::new(folder)
        .min_depth(1)
        .max_depth(1)
        .into_iter()
        .filter_map(Result::ok)
        .filter(|e| e.file_name().to_string_lossy().starts_with(".unpack-"));
    for entry in unpacking {
        // What cannot be removed only takes room.
        let _ = disk::remove_dir_all(entry.path());
    }
}

fn names(state: &[(FileSpec, Verdict)], keep: impl Fn(&Verdict) -> bool) -> Vec<String> {
    state
        .iter()
        .filter(|(_, v)| keep(v))
        .map(|(f, _)| f.name.clone())
        .collect()
}
