//! `folder:PATH` as a data set: its classes, splits and images.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::read::read;
use super::scan::scan;
use super::{FolderError, Index, limits};
use crate::data::{DataError, Dataset, Skipped, Store, Want};
use crate::track::hash::hex;
use crate::track::progress::Progress;

/// What the name of such a set begins with in a spec.
pub const PREFIX: &str = "folder:";

/// A label is a byte.
const MOST_CLASSES: usize = 256;

/// Images of one's own: a tree of image files, or a tar archive of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The set of the images at `path`, which is looked at when it is read.
    pub fn new(path: impl Into<PathBuf>) -> Folder {
        Folder { path: path.into() }
    }

    /// The tree or archive.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// As a spec names it: `folder:PATH`.
    pub fn name(&self) -> String {
        format!("{PREFIX}{}", self.path.display())
    }

    /// What lies there. Files are hashed when first seen and when their size or time of change is another than then;
    /// the store remembers.
    ///
    /// # Errors
    /// [`DataError::Folder`] for a path that cannot be read or holds no image; [`DataError::Stopped`].
    pub fn index(&self, store: &Store, progress: &dyn Progress) -> Result<Index, DataError> {
        Ok(scan(&self.path, &self.notes(store), progress)?)
    }

    /// [`Index::fingerprint`].
    ///
    /// # Errors
    /// As [`Folder::index`].
    pub fn fingerprint(&self, store: &Store, progress: &dyn Progress) -> Result<String, DataError> {
        Ok(self.index(store, progress)?.fingerprint())
    }

    /// Hash every file anew and decode every image; the images that cannot be, and how many there are in all.
    ///
    /// # Errors
    /// As [`Folder::index`].
    pub fn verify(
        &self,
        store: &Store,
        progress: &dyn Progress,
    ) -> Result<(Index, Vec<Skipped>), DataError> {
        // Notes that are not there are not believed, and there may be none yet.
        let _ = crate::track::disk::remove_file(&self.notes(store));
        let index = self.index(store, progress)?;
        let names = index.split("all").unwrap_or_default();
        // The smallest size does; decoding is what is tried.
        let (_, _, skipped) = read(&self.path, &index, &names, (1, 1), progress)?;
        Ok((index, skipped))
    }

    /// Read the split `train`, `test` or `all` as squares of the wanted size.
    ///
    /// Labels are the positions of the images' folders in their order, where there are 2 to 256 such folders. Images
    /// that cannot be decoded are left out, and a note says how many and which.
    ///
    /// # Errors
    /// [`DataError::Folder`] for what cannot be read, no image, an empty split, more than half of the images
    /// undecodable, or no size wanted; [`DataError::UnknownSplit`]; [`DataError::Stopped`].
    pub fn open(
        &self,
        split: &str,
        want: &Want,
        store: &Store,
        progress: &dyn Progress,
    ) -> Result<Dataset, DataError> {
        self.sample(split, usize::MAX, want, store, progress)
    }

    /// Up to `most` images of a split, spread evenly over it; no others are read. Else as [`Folder::open`].
    ///
    /// # Errors
    /// As [`Folder::open`].
    pub fn sample(
        &self,
        split: &str,
        most: usize,
        want: &Want,
        store: &Store,
        progress: &dyn Progress,
    ) -> Result<Dataset, DataError> {
        let path = self.path.clone();
        let index = self.index(store, progress)?;
        if let Some(passed) = index.litter().unexpected() {
            progress.note(&format!("{}: passed over: {passed}", self.name()));
        }
        let mut names = self.names(&index, split)?;
        let Some(size) = want.size else {
            return Err(FolderError::NoSize { path }.into());
        };
        if !(1..=limits::MOST_SIDE).contains(&size) {
            let most = limits::MOST_SIDE;
            return Err(FolderError::Size { path, size, most }.into());
        }
        let channels = want.channels.unwrap_or(index.channels());
        if !matches!(channels, 1 | 3) {
            return Err(FolderError::Channels { path, channels }.into());
        }
        if most < names.len() {
            names = evenly(names.len(), most).map(|at| names[at]).collect();
        }
        let shape = (size, channels);
        let (images, kept, skipped) = read(&self.path, &index, &names, shape, progress)?;
        if 2 * skipped.len() > names.len() {
            return Err(FolderError::Undecodable {
                path,
                skipped,
                of: names.len(),
            }
            .into());
        }
        if !skipped.is_empty() {
            progress.note(&format!(
                "{}: {} of {} images cannot be decoded and are left out: {}",
                self.name(),
                skipped.len(),
                names.len(),
                Skipped::list(&skipped)
            ));
        }
        let folders = index.classes().len();
        if folders > MOST_CLASSES {
            progress.note(&format!(
                "{}: its images lie in {folders} folders, but a label is one of {MOST_CLASSES} classes at most; read without labels",
                self.name()
            ));
        }
        let classes = self.classes(&index);
        let label = |name: &&str| {
            let class = index.class(name);
            classes
                .binary_search_by(|c| c.as_str().cmp(class))
                .map_or(0, |i| i as u8)
        };
        Ok(Dataset {
            name: self.name(),
            split: split.to_string(),
            labels: (!classes.is_empty()).then(|| kept.iter().map(label).collect()),
            images,
            fingerprint: index.fingerprint(),
            classes,
            skipped,
        })
    }

    /// Names of the images of a split, at least one.
    pub(in crate::data) fn names<'a>(
        &self,
        index: &'a Index,
        split: &str,
    ) -> Result<Vec<&'a str>, DataError> {
        let names = index.split(split).ok_or_else(|| DataError::UnknownSplit {
            card: self.name(),
            split: split.to_string(),
            known: ["all", "test", "train"].map(str::to_string).to_vec(),
        })?;
        match names.is_empty() {
            false => Ok(names),
            true => Err(FolderError::EmptySplit {
                path: self.path.clone(),
                split: split.to_string(),
                images: index.images(),
                share: if split == "test" {
                    "one in ten"
                } else {
                    "nine in ten"
                },
            }
            .into()),
        }
    }

    /// The folders that are classes: 2 to 256 of them, or none.
    pub(in crate::data) fn classes(&self, index: &Index) -> Vec<String> {
        let mut classes = index.classes();
        if !(2..=MOST_CLASSES).contains(&classes.len()) {
            classes.clear();
        }
        classes
    }

    /// Where the store remembers what lies there.
    fn notes(&self, store: &Store) -> PathBuf {
        let path = self.path.canonicalize().unwrap_or(self.path.clone());
        let digest = hex(&Sha256::digest(path.as_os_str().as_encoded_bytes())[..8]);
        store.root().join("folders").join(format!("{digest}.json"))
    }
}

/// `count` of `n` positions, at most all, evenly spread and in rising order.
pub(in crate::data) fn evenly(n: usize, count: usize) -> impl Iterator<Item = usize> {
    let count = count.min(n);
    (0..count).map(move |i| i * n / count)
}
