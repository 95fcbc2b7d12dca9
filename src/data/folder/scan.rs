//! Looking through a folder; what was seen is remembered for as long as the files stay as they are.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::UNIX_EPOCH;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::index::Image;
use super::visit::{self, Item, Listed};
use super::{FolderError, Index, decode};
use crate::track::atomic;
use crate::track::hash::hex;
use crate::track::progress::{Bar, Progress, Unit};

/// What was seen, as it is kept between runs.
#[derive(Clone, PartialEq, Default, Serialize, Deserialize)]
struct Kept {
    /// Size and time of change of the archive, where it is one.
    archive: Option<(u64, u64)>,
    others: usize,
    images: BTreeMap<String, Image>,
}

/// The index of the tree or archive at `root`; what is unchanged since it was kept in `notes` is not read again.
pub(super) fn scan(
    root: &Path,
    notes: &Path,
    progress: &dyn Progress,
) -> Result<Index, FolderError> {
    // A lost or unreadable note only costs reading the files again.
    let kept: Kept = std::fs::read(notes)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default();
    let path = root.to_path_buf();
    let metadata = match std::fs::metadata(root) {
        Ok(metadata) => metadata,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(FolderError::Missing { path });
        }
        Err(e) => {
            return Err(FolderError::Read {
                path,
                what: "it".into(),
                why: e.to_string(),
            });
        }
    };
    let now = if metadata.is_dir() {
        of_tree(root, &kept, progress)?
    } else if is_archive(root) {
        let stamp = (metadata.len(), modified(&metadata));
        match kept.archive == Some(stamp) {
            true => kept.clone(),
            false => of_archive(root, stamp, progress)?,
        }
    } else {
        return Err(FolderError::NotAFolder { path });
    };
    if now.images.is_empty() {
        return Err(FolderError::NoImage {
            path,
            files: now.others,
            endings: visit::endings(),
        });
    }
    // A store that cannot be written costs reading the files again, no more.
    if now != kept
        && let Ok(bytes) = serde_json::to_vec(&now)
    {
        let _ = atomic::write(notes, &bytes);
    }
    Ok(Index::new(now.images))
}

fn is_archive(path: &Path) -> bool {
    let name = path.to_string_lossy().to_ascii_lowercase();
    [".tar", ".tar.gz", ".tgz"]
        .iter()
        .any(|e| name.ends_with(e))
}

fn of_tree(root: &Path, kept: &Kept, progress: &dyn Progress) -> Result<Kept, FolderError> {
    let (listed, others) = visit::list(root)?;
    let as_kept = |file: &Listed| {
        let image = kept
            .images
            .get(&file.name)
            .filter(|_| kept.archive.is_none());
        image.filter(|i| (i.bytes, i.modified) == (file.metadata.len(), modified(&file.metadata)))
    };
    let changed: Vec<&Listed> = listed.iter().filter(|f| as_kept(f).is_none()).collect();
    let mut images: BTreeMap<String, Image> = listed
        .iter()
        .filter_map(|file| Some((file.name.clone(), as_kept(file)?.clone())))
        .collect();
    if !changed.is_empty() {
        let times: BTreeMap<&str, u64> = changed
            .iter()
            .map(|f| (f.name.as_str(), modified(&f.metadata)))
            .collect();
        let total = changed.iter().map(|f| f.metadata.len()).sum();
        let mut bar = begin(root, Some(total), progress);
        visit::tree(&changed, progress, &mut |items| {
            let time = |name: &str| times.get(name).copied().unwrap_or_default();
            images.extend(described(items, &time, bar.as_mut()));
        })?;
    }
    Ok(Kept {
        archive: None,
        others,
        images,
    })
}

fn of_archive(
    path: &Path,
    stamp: (u64, u64),
    progress: &dyn Progress,
) -> Result<Kept, FolderError> {
    let mut images = BTreeMap::new();
    let mut bar = begin(path, None, progress);
    let others = visit::archive(path, &|_| true, progress, &mut |items| {
        images.extend(described(items, &|_| stamp.1, bar.as_mut()));
    })?;
    Ok(Kept {
        archive: Some(stamp),
        others,
        images,
    })
}

fn begin(root: &Path, total: Option<u64>, progress: &dyn Progress) -> Box<dyn Bar> {
    progress.begin(&format!("hashing {}", root.display()), total, Unit::Bytes)
}

/// Hashes and colours, on all threads. A file that cannot be read is left for reading to name.
fn described(
    items: Vec<Item>,
    time: &(dyn Fn(&str) -> u64 + Sync),
    bar: &mut dyn Bar,
) -> Vec<(String, Image)> {
    let images: Vec<(String, Image)> = items
        .into_par_iter()
        .map(|item| {
            let bytes = item.bytes.unwrap_or_default();
            let image = Image {
                bytes: bytes.len() as u64,
                modified: time(&item.name),
                sha256: hex(&Sha256::digest(&bytes)),
                grey: decode::is_grey(&bytes).ok(),
            };
            (item.name, image)
        })
        .collect();
    bar.advance(images.iter().map(|(_, image)| image.bytes).sum());
    images
}

fn modified(metadata: &std::fs::Metadata) -> u64 {
    let since = metadata
        .modified()
        .ok()
        .and_then(|t| t.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |d| d.as_nanos() as u64)
}
