//! Looking through a folder; what was seen is remembered for as long as the files stay as they are.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::index::Image;
use super::links::Tree;
use super::litter::Litter;
use super::name::{self, is_image, printable};
use super::stamp::Stamp;
use super::tree::{self, Listed};
use super::visit::{self, Item};
use super::{FolderError, Index, decode, members};
use crate::track::atomic;
use crate::track::hash::hex;
use crate::track::progress::{Bar, Progress, Unit};

/// Raised when what is kept of a file would be another than before.
const VERSION: u32 = 2;

/// What was seen, as it is kept between runs.
#[derive(Clone, PartialEq, Default, Serialize, Deserialize)]
struct Kept {
    version: u32,
    /// The archive's own stamp, where it is one.
    archive: Option<Stamp>,
    litter: Litter,
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
        .filter(|kept: &Kept| kept.version == VERSION)
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
    } else if !metadata.is_file() {
        return Err(FolderError::NoFile { path });
    } else if is_archive(root) {
        let stamp = Stamp::of(&metadata);
        match kept.archive == Some(stamp) {
            true => kept.clone(),
            false => of_archive(root, stamp, metadata.len(), progress)?,
        }
    } else {
        return Err(FolderError::NotAFolder { path });
    };
    if now.images.is_empty() {
        return Err(FolderError::NoImage {
            path,
            files: now.litter.others(),
            endings: name::endings(),
            passed: now.litter.unexpected(),
        });
    }
    // A store that cannot be written costs reading the files again, no more.
    if now != kept
        && let Ok(bytes) = serde_json::to_vec(&now)
    {
        let _ = atomic::write(notes, &bytes);
    }
    Ok(Index::new(now.images, now.litter))
}

fn is_archive(path: &Path) -> bool {
    let name = path.to_string_lossy().to_ascii_lowercase();
    [".tar", ".tar.gz", ".tgz"]
        .iter()
        .any(|e| name.ends_with(e))
}

fn of_tree(root: &Path, kept: &Kept, progress: &dyn Progress) -> Result<Kept, FolderError> {
    let (listed, litter) = tree::list(root)?;
    let as_kept = |file: &Listed| {
        let image = kept.images.get(&file.name);
        image.filter(|image| image.stamp == Some(Stamp::of(&file.metadata)))
    };
    let changed: Vec<&Listed> = listed.iter().filter(|f| as_kept(f).is_none()).collect();
    let mut images: BTreeMap<String, Image> = listed
        .iter()
        .filter_map(|file| Some((file.name.clone(), as_kept(file)?.clone())))
        .collect();
    if !changed.is_empty() {
        for file in &changed {
            Stamp::of(&file.metadata).settle();
        }
        let total = changed.iter().map(|f| f.metadata.len()).sum();
        let mut bar = begin(root, total, progress);
        visit::tree(&changed, progress, &mut |items| {
            bar.advance(items.iter().map(|item| item.size).sum());
            for (key, mut image) in described(items) {
                let file = changed[key as usize];
                // What could not be read is tried again the next time.
                image.stamp = image.read.then(|| Stamp::of(&file.metadata));
                images.insert(file.name.clone(), image);
            }
        })?;
    }
    Ok(Kept {
        version: VERSION,
        archive: None,
        litter,
        images,
    })
}

fn of_archive(
    path: &Path,
    stamp: Stamp,
    bytes: u64,
    progress: &dyn Progress,
) -> Result<Kept, FolderError> {
    stamp.settle();
    let mut tree = Tree::default();
    let mut seen: BTreeMap<u64, Image> = BTreeMap::new();
    let mut bar = begin(path, bytes, progress);
    let mut wanted = |member: &members::Member| {
        tree.add(member);
        is_image(&printable(&member.name))
    };
    visit::archive(path, progress, bar.as_mut(), &mut wanted, &mut |items| {
        seen.extend(described(items));
    })?;
    let (names, litter) = tree.images().map_err(|why| FolderError::Read {
        path: path.to_path_buf(),
        what: "the archive".into(),
        why,
    })?;
    // A link may be called like an image though the file that it leads to is not.
    let missing: BTreeSet<u64> = names
        .values()
        .copied()
        .filter(|number| !seen.contains_key(number))
        .collect();
    if !missing.is_empty() {
        bar.lengthen(bytes);
        let mut wanted = |member: &members::Member| missing.contains(&member.number);
        visit::archive(path, progress, bar.as_mut(), &mut wanted, &mut |items| {
            seen.extend(described(items));
        })?;
    }
    let images = names.into_iter().filter_map(|(name, number)| {
        let image = seen.get(&number)?.clone();
        let member = Some(number);
        Some((name, Image { member, ..image }))
    });
    Ok(Kept {
        version: VERSION,
        archive: Some(stamp),
        litter,
        images: images.collect(),
    })
}

fn begin(root: &Path, total: u64, progress: &dyn Progress) -> Box<dyn Bar> {
    let what = format!("hashing {}", root.display());
    progress.begin(&what, Some(total), Unit::Bytes)
}

/// Hashes and colours, on all threads. A file that cannot be read is left for reading to name.
fn described(items: Vec<Item>) -> Vec<(u64, Image)> {
    let described = |item: Item| {
        let read = item.bytes.is_ok();
        let bytes = item.bytes.unwrap_or_default();
        let image = Image {
            bytes: item.size,
            stamp: None,
            member: None,
            read,
            sha256: hex(&Sha256::digest(&bytes)),
            grey: decode::is_grey(&bytes).ok(),
        };
        (item.key, image)
    };
    items.into_par_iter().map(described).collect()
}
