//! Whether files are what the card says, without hashing unchanged ones at every start.

use std::collections::BTreeMap;
use std::io::{BufRead, Read};
use std::path::Path;
use std::time::UNIX_EPOCH;

use flate2::read::MultiGzDecoder;
use serde::{Deserialize, Serialize};

use super::{Card, Checksum, DataError, FileSpec, Store};
use crate::track::atomic;
use crate::track::progress::{Bar, Progress, Unit};

/// How a file of the store stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Size and hash are the card's.
    Ok,
    Missing,
    /// Bytes found; the card's `bytes` are expected.
    WrongSize(u64),
    /// Hash found; the card's is expected.
    WrongHash(Checksum),
    /// The hash is the card's, but what the file packs cannot be unpacked to its end.
    Damaged(String),
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Verdict::Ok => f.write_str("ok"),
            Verdict::Missing => f.write_str("missing"),
            Verdict::WrongSize(n) => write!(f, "damaged, has {n} bytes"),
            Verdict::WrongHash(h) => write!(f, "damaged, has {h}"),
            Verdict::Damaged(why) => write!(
                f,
                "damaged as the card describes it: {why}; the file at its home is to blame, or the card"
            ),
        }
    }
}

/// Read every file of `card` and hold it to its size and hash, in the card's order.
///
/// # Errors
/// [`DataError::Read`] where a file is there but cannot be read; [`DataError::Stopped`].
pub fn verify(
    card: &Card,
    store: &Store,
    progress: &dyn Progress,
) -> Result<Vec<(FileSpec, Verdict)>, DataError> {
    check(card, &card.files, store, progress, Trust::Nothing)
}

/// What [`check`] may take for granted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// Hash every file.
    Nothing,
    /// A file whose size and time of change are as when it was last hashed is as it was.
    Stamps,
}

/// The verdict on each of `files`, in order; files found good are remembered.
pub(super) fn check(
    card: &Card,
    files: &[FileSpec],
    store: &Store,
    progress: &dyn Progress,
    trust: Trust,
) -> Result<Vec<(FileSpec, Verdict)>, DataError> {
    let stamps_path = store.path(card, STAMPS);
    let mut stamps = Stamps::read(&stamps_path);
    let known = stamps.clone();
    let as_known = |file: &FileSpec, now: &Stamp| {
        trust == Trust::Stamps && known.0.get(&file.name) == Some(now)
    };
    let found: Vec<(&FileSpec, Option<Stamp>)> = files
        .iter()
        .map(|file| {
            (
                file,
                Stamp::of(&store.path(card, &file.name), &file.checksum),
            )
        })
        .collect();
    let to_hash = found
        .iter()
        .filter(|(file, now)| {
            now.as_ref()
                .is_some_and(|now| now.bytes == file.bytes && !as_known(file, now))
        })
        .map(|(file, _)| file.bytes)
        .sum();
    let mut verdicts = Vec::with_capacity(files.len());
    let mut bar: Option<Box<dyn Bar>> = None;
    for (file, now) in found {
        let Some(now) = now else {
            stamps.0.remove(&file.name);
            verdicts.push((file.clone(), Verdict::Missing));
            continue;
        };
        let verdict = if now.bytes != file.bytes {
            Verdict::WrongSize(now.bytes)
        } else if as_known(file, &now) {
            Verdict::Ok
        } else {
            let bar = bar.get_or_insert_with(|| {
                progress.begin(
                    &format!("verifying {}", card.title),
                    Some(to_hash),
                    Unit::Bytes,
                )
            });
            let path = store.path(card, &file.name);
            match hash_file(&path, &file.checksum, bar.as_mut(), progress)? {
                found if found == file.checksum => match trust {
                    Trust::Nothing => gzip(&path, progress)?,
                    Trust::Stamps => Verdict::Ok,
                },
                found => Verdict::WrongHash(found),
            }
        };
        match verdict {
            Verdict::Ok => stamps.0.insert(file.name.clone(), now),
            _ => stamps.0.remove(&file.name),
        };
        verdicts.push((file.clone(), verdict));
    }
    if stamps != known {
        stamps.write(&stamps_path);
    }
    Ok(verdicts)
}

/// Whether a file that is gzipped unpacks to its end, where gzip's own checksum is; any other file is good.
fn gzip(path: &Path, progress: &dyn Progress) -> Result<Verdict, DataError> {
    let read_error = |source| DataError::Read {
        path: path.to_path_buf(),
        source,
    };
    let file = std::fs::File::open(path).map_err(read_error)?;
    let mut file = std::io::BufReader::with_capacity(1 << 20, file);
    // RFC 1952, section 2.3.1.
    if !file
        .fill_buf()
        .map_err(read_error)?
        .starts_with(&[0x1f, 0x8b])
    {
        return Ok(Verdict::Ok);
    }
    let mut unpacked = MultiGzDecoder::new(file);
    let mut buffer = vec![0u8; 1 << 18];
    loop {
        progress.check()?;
        match unpacked.read(&mut buffer) {
            Ok(0) => return Ok(Verdict::Ok),
            Ok(_) => {}
            Err(e) => return Ok(Verdict::Damaged(format!("gzip: {e}"))),
        }
    }
}

/// The hash of a file, of the same kind as `like`.
pub(super) fn hash_file(
    path: &Path,
    like: &Checksum,
    bar: &mut dyn Bar,
    progress: &dyn Progress,
) -> Result<Checksum, DataError> {
    let read_error = |source| DataError::Read {
        path: path.to_path_buf(),
        source,
    };
    let mut file = std::fs::File::open(path).map_err(read_error)?;
    let mut hash = like.hasher();
    let mut buffer = vec![0u8; 1 << 20];
    loop {
        progress.check()?;
        match file.read(&mut buffer).map_err(read_error)? {
            0 => return Ok(hash.finish()),
            n => {
                hash.update(&buffer[..n]);
                bar.advance(n as u64);
            }
        }
    }
}

/// Remembers the files found good, in the data set's folder.
const STAMPS: &str = ".verified.json";

/// File name -> how it was when its hash was found to be the card's.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Stamps(BTreeMap<String, Stamp>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    bytes: u64,
    /// Time of change, in nanoseconds since 1970.
    modified: u64,
    /// The hash's digits; their number tells its kind.
    #[serde(rename = "sha256")]
    digits: String,
}

impl Stamp {
    /// How the file is now, or `None` where there is no such file.
    fn of(path: &Path, checksum: &Checksum) -> Option<Stamp> {
        let meta = std::fs::metadata(path).ok().filter(|m| m.is_file())?;
        let modified = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Stamp {
            bytes: meta.len(),
            modified: u64::try_from(modified.as_nanos()).ok()?,
            digits: checksum.digits().to_string(),
        })
    }
}

impl Stamps {
    /// A lost or unreadable note only costs hashing the files again.
    fn read(path: &Path) -> Stamps {
        std::fs::read(path)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    }

    /// A store that cannot be written (a shared, read-only one) is still good for reading, so failure is no error.
    fn write(&self, path: &Path) {
        if path.parent().is_some_and(Path::is_dir)
            && let Ok(bytes) = serde_json::to_vec_pretty(self)
        {
            let _ = atomic::write(path, &bytes);
        }
    }
}
