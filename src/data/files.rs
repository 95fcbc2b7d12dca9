//! Final files one by one, from a folder on a web server or on this machine; unpacked where they are gzipped there.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::card::FilesSource;
use super::land::{Landing, is_of_one_file};
use super::{Card, FileSpec, SourceError, Store, download};
use crate::track::progress::{Progress, Unit};

/// Bytes that a file may be longer packed than unpacked, beside a thousandth: heads, names, checksums.
const SLACK: u64 = 64 << 10;

/// Land those of `wanted` that the source has; the first failure is returned.
pub(super) fn give(
    source: &FilesSource,
    wanted: &[FileSpec],
    card: &Card,
    store: &Store,
    progress: &dyn Progress,
) -> Result<(), SourceError> {
    let landing = Landing {
        card,
        store,
        progress,
    };
    let mut failure = None;
    for spec in wanted {
        let Some(there) = source.files.get(&spec.name) else {
            continue;
        };
        landing.poll()?;
        match one(source, there, spec, landing) {
            Ok(()) => {}
            Err(e) if is_of_one_file(&e) => {
                failure.get_or_insert(e);
            }
            Err(e) => return Err(e),
        }
    }
    failure.map_or(Ok(()), Err)
}

/// True where the file is gzipped at its source and the final file is not.
pub(super) fn is_packed(there: &str, name: &str) -> bool {
    there.ends_with(".gz") && !name.ends_with(".gz")
}

fn one(
    source: &FilesSource,
    there: &str,
    spec: &FileSpec,
    landing: Landing,
) -> Result<(), SourceError> {
    let packed = is_packed(there, &spec.name);
    let folder = landing.store.folder(landing.card);
    // What the user put there spares the download; it is the user's, and stays.
    let by_hand = folder.join(there);
    if packed && by_hand.is_file() {
        return land(&by_hand, packed, spec, landing);
    }
    if !source.is_on_the_web() {
        return land(
            &Path::new(&source.folder).join(there),
            packed,
            spec,
            landing,
        );
    }
    let url = format!("{}/{there}", source.folder.trim_end_matches('/'));
    // Packed bytes that would be more than the file has are stored as they are, with a few of their own.
    let own = spec.bytes + spec.bytes / 1000 + SLACK;
    let most = Some(source.bytes.map_or(own, |all| own.min(all)));
    let mut got = download::download(&url, &folder, there, most, landing.progress)?;
    let mut result = land(&got.part, packed, spec, landing);
    if got.resumed && result.as_ref().is_err_and(is_content) {
        // The first half may be of another version, or damaged where an earlier try ended.
        landing.progress.note(&format!(
            "{}: the resumed download of {there} is damaged; downloading it anew",
            landing.card.title
        ));
        got.discard();
        got = download::download(&url, &folder, there, most, landing.progress)?;
        result = land(&got.part, packed, spec, landing);
    }
    if result.is_ok() || result.as_ref().is_err_and(is_content) {
        got.discard();
    }
    result
}

/// True where the file's content is to blame, so that keeping it is of no use.
fn is_content(e: &SourceError) -> bool {
    matches!(
        e,
        SourceError::Damaged { .. } | SourceError::WrongFile { .. }
    )
}

fn land(path: &Path, packed: bool, spec: &FileSpec, landing: Landing) -> Result<(), SourceError> {
    // A pipe would keep the program waiting for ever.
    if path.exists() && !path.is_file() {
        return Err(SourceError::NoFile {
            path: path.to_path_buf(),
        });
    }
    let file = File::open(path).map_err(|source| SourceError::Local {
        path: path.to_path_buf(),
        source,
    })?;
    let file = BufReader::with_capacity(1 << 20, file);
    let mut from: Box<dyn Read> = match packed {
        true => Box::new(MultiGzDecoder::new(file)),
        false => Box::new(file),
    };
    let mut bar = landing.progress.begin(
        &format!("checking {}", spec.name),
        Some(spec.bytes),
        Unit::Bytes,
    );
    landing.land(spec, &mut from, bar.as_mut(), &|e| SourceError::Damaged {
        path: path.to_path_buf(),
        why: e.to_string(),
    })
}
