//! What each kind of source does to give a card's files.

use std::ffi::OsStr;
use std::path::Path;

use super::verify::hash_file;
use super::{
    ArchiveSource, Card, Checksum, DataError, FileSpec, NpmSource, Source, SourceError, Store,
};
use super::{archive, download, files, npm};
use crate::track::disk;
use crate::track::progress::{Progress, Stopped, Unit};

impl Source {
    /// Land as many of `wanted` as this source has; the first failure is returned.
    pub(super) fn give(
        &self,
        wanted: &[FileSpec],
        card: &Card,
        store: &Store,
        progress: &dyn Progress,
    ) -> Result<(), SourceError> {
        match self {
            Source::Archive(s) => from_archive(s, wanted, card, store, progress),
            Source::Files(s) => files::give(s, wanted, card, store, progress),
            Source::Npm(s) => from_npm(s, wanted, card, store, progress),
        }
    }
}

fn from_archive(
    source: &ArchiveSource,
    wanted: &[FileSpec],
    card: &Card,
    store: &Store,
    progress: &dyn Progress,
) -> Result<(), SourceError> {
    let folder = store.folder(card);
    let name = archive_name(&source.url);
    let unpack = |path: &Path| {
        if let Some(expected) = &source.sha256 {
            let expected = Checksum::Sha256(expected.clone());
            let found = archive_hash(path, &expected, progress)?;
            if found != expected {
                return Err(SourceError::WrongArchive { found, expected });
            }
        }
        archive::unpack(path, &source.files, wanted, card, store, progress)
    };
    // An archive that the user put there spares the download; it is the user's, and stays.
    let by_hand = folder.join(name);
    if by_hand.is_file() {
        return unpack(&by_hand);
    }
    let mut download = download::download(&source.url, &folder, name, source.bytes, progress)?;
    let mut result = unpack(&download.part);
    if download.resumed && result.as_ref().is_err_and(is_content) {
        // The first half may be of another version, or damaged where an earlier try ended.
        progress.note(&format!(
            "{}: the resumed download of {name} is damaged; downloading it anew",
            card.title
        ));
        download.discard();
        download = download::download(&source.url, &folder, name, source.bytes, progress)?;
        result = unpack(&download.part);
    }
    if result.is_ok() || result.as_ref().is_err_and(is_content) {
        download.discard();
    }
    result
}

/// True where the archive's content is to blame, so that keeping it is of no use.
fn is_content(e: &SourceError) -> bool {
    matches!(
        e,
        SourceError::WrongArchive { .. }
            | SourceError::Damaged { .. }
            | SourceError::NoMember(_)
            | SourceError::WrongFile { .. }
            | SourceError::Sheet { .. }
    )
}

fn archive_hash(
    path: &Path,
    like: &Checksum,
    progress: &dyn Progress,
) -> Result<Checksum, SourceError> {
    let bytes = std::fs::metadata(path).ok().map(|m| m.len());
    let mut bar = progress.begin("verifying the archive", bytes, Unit::Bytes);
    hash_file(path, like, bar.as_mut(), progress).map_err(|e| match e {
        DataError::Read { path, source } => SourceError::Local { path, source },
        _ => Stopped.into(),
    })
}

/// What a user may put into the folder by hand in the final files' stead, in words.
pub(super) fn by_hand(source: &Source) -> Vec<String> {
    match source {
        Source::Archive(a) => vec![format!(
            "the archive `{}`, which holds them",
            archive_name(&a.url)
        )],
        Source::Files(f) => {
            let packed = f
                .files
                .iter()
                .filter(|(n, there)| files::is_packed(there, n));
            packed
                .map(|(name, there)| format!("`{there}`, which holds `{name}`"))
                .collect()
        }
        Source::Npm(_) => Vec::new(),
    }
}

/// The last component of a URL's path.
fn archive_name(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    match path.rsplit('/').next() {
        Some(name) if !name.is_empty() && !name.starts_with('.') => name,
        _ => "archive",
    }
}

fn from_npm(
    source: &NpmSource,
    wanted: &[FileSpec],
    card: &Card,
    store: &Store,
    progress: &dyn Progress,
) -> Result<(), SourceError> {
    let folder = store.folder(card);
    let scratch = disk::scratch(&folder, ".unpack-").map_err(|source| SourceError::Local {
        path: folder.clone(),
        source,
    })?;
    let path = npm::pack(OsStr::new(npm::PROGRAM), source, scratch.path(), progress)?;
    archive::unpack(&path, &source.files, wanted, card, store, progress)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_called_as_in_its_url() {
        assert_eq!(archive_name("https://a.b/c/d.tar.gz"), "d.tar.gz");
        assert_eq!(archive_name("https://a.b/c/d.tar.gz?x=/y"), "d.tar.gz");
        assert_eq!(archive_name("https://a.b/c/.."), "archive");
        assert_eq!(archive_name("https://a.b/"), "archive");
    }
}
