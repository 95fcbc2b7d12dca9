//! What lies in a folder: names, hashes and colours of its images, their classes and splits.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::litter::Litter;
use super::stamp::Stamp;
use crate::track::hash::hex;

/// One in so many images is in the split `test`.
const TEST: u64 = 10;

/// Raised when the same files would be read as other images than before: when others are left out, or pixels differ.
const RULES: u32 = 2;

/// The images of a folder, in the order of their names.
#[derive(Debug, Clone)]
pub struct Index {
    /// By name relative to the root; never empty.
    images: BTreeMap<String, Image>,
    /// Length of what all names begin with: the folders that hold everything.
    common: usize,
    litter: Litter,
}

/// What is known of an image file without decoding it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Image {
    pub bytes: u64,
    /// How the file was when it was hashed; `None` in an archive, which has a stamp of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamp: Option<Stamp>,
    /// In an archive: the number of the member that has its content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<u64>,
    /// False where the file was too large or could not be read; its hash is then that of nothing.
    pub read: bool,
    pub sha256: String,
    /// `None` where the head cannot be decoded, or the file is cut.
    pub grey: Option<bool>,
}

impl Index {
    /// The index of these images, at least one, by their names.
    pub(super) fn new(images: BTreeMap<String, Image>, litter: Litter) -> Index {
        Index {
            common: common(images.keys()),
            images,
            litter,
        }
    }

    /// What lies between the images and was passed over.
    pub fn litter(&self) -> &Litter {
        &self.litter
    }

    /// In an archive: the number of the member that has the content of the image called `name`.
    pub(super) fn member(&self, name: &str) -> Option<u64> {
        self.images.get(name)?.member
    }

    /// Number of images.
    pub fn images(&self) -> usize {
        self.images.len()
    }

    /// Bytes of their files.
    pub fn bytes(&self) -> u64 {
        self.images.values().map(|image| image.bytes).sum()
    }

    /// 1 where all images are grey, else 3.
    pub fn channels(&self) -> usize {
        match self.images.values().any(|image| image.grey == Some(false)) {
            true => 3,
            false => 1,
        }
    }

    /// SHA-256 over names, sizes and SHA-256 of all images in the order of their names, and over the rules by which they
    /// are read: the same for a tree, its copy and its archive, wherever they lie. Names are relative to the deepest
    /// folder that holds all images; they decide classes, splits and order. Neither the size nor the channels that are
    /// asked for bear on it.
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(format!("folder {RULES}\n"));
        for (name, image) in &self.images {
            hash.update(format!(
                "{}\0{}\0{}\n",
                self.short(name),
                image.bytes,
                image.sha256
            ));
        }
        hex(&hash.finalize())
    }

    /// Folders that hold images, in order: the classes.
    pub fn classes(&self) -> Vec<String> {
        let classes: BTreeSet<&str> = self.images.keys().map(|name| self.class(name)).collect();
        classes.into_iter().map(str::to_string).collect()
    }

    /// Names of the images of a split, in order; `None` for an unknown one.
    pub fn split(&self, split: &str) -> Option<Vec<&str>> {
        let names = self.images.keys().map(String::as_str);
        match split {
            "all" => Some(names.collect()),
            "train" => Some(names.filter(|name| !self.is_test(name)).collect()),
            "test" => Some(names.filter(|name| self.is_test(name)).collect()),
            _ => None,
        }
    }

    /// The name without the folders that hold everything.
    pub fn short<'a>(&self, name: &'a str) -> &'a str {
        name.get(self.common..).unwrap_or(name)
    }

    /// The folder of an image; `.` for the outermost.
    pub fn class<'a>(&self, name: &'a str) -> &'a str {
        self.short(name)
            .rsplit_once('/')
            .map_or(".", |(class, _)| class)
    }

    fn is_test(&self, name: &str) -> bool {
        let hash = Sha256::digest(self.short(name));
        let head = hash.iter().take(8).fold(0, |n, &b| n << 8 | u64::from(b));
        head % TEST == 0
    }
}

/// Length of the folders, with their last `/`, that all names begin with.
fn common<'a>(mut names: impl Iterator<Item = &'a String>) -> usize {
    let folder = |name: &'a str| name.rfind('/').map_or("", |i| &name[..=i]);
    let Some(first) = names.next() else { return 0 };
    let mut common = folder(first);
    for name in names {
        while !name.starts_with(common) {
            common = folder(&common[..common.len() - 1]);
        }
    }
    common.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(names: &[&str]) -> Index {
        let names: Vec<String> = names.iter().map(|n| n.to_string()).collect();
        let image = Image {
            bytes: 1,
            stamp: None,
            member: None,
            read: true,
            sha256: String::new(),
            grey: Some(true),
        };
        let images = names.into_iter().map(|n| (n, image.clone())).collect();
        Index::new(images, Litter::default())
    }

    #[test]
    fn classes_are_folders_below_the_common_one() {
        assert_eq!(index(&["a/b/1.jpg", "a/c/1.jpg"]).classes(), ["b", "c"]);
        assert_eq!(index(&["a/b/1.jpg", "a/b/2.jpg"]).classes(), ["."]);
        assert_eq!(index(&["a/1.jpg", "ab/2.jpg"]).classes(), ["a", "ab"]);
        assert_eq!(index(&["x/1.jpg", "x/y/z/2.jpg"]).classes(), [".", "y/z"]);
        assert_eq!(index(&["1.jpg"]).classes(), ["."]);
    }

    #[test]
    fn an_image_stays_on_its_side() {
        let names: Vec<String> = (0..2000).map(|i| format!("faces/{i}.jpg")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let whole = index(&names);
        let (train, test) = (whole.split("train").unwrap(), whole.split("test").unwrap());
        assert_eq!(train.len() + test.len(), 2000);
        // 200 with a standard deviation of 13.
        assert!((140..260).contains(&test.len()), "{}", test.len());
        let half = index(&names[..1000]);
        let kept = |name: &&&str| half.images.contains_key(**name);
        let still: Vec<&str> = test.iter().filter(kept).copied().collect();
        assert_eq!(half.split("test").unwrap(), still);
        assert_eq!(whole.split("valid"), None);
    }

    #[test]
    fn the_fingerprint_is_of_names_and_contents_alone() {
        let a = index(&["x/a/1.jpg", "x/b/1.jpg"]);
        let moved = index(&["a/1.jpg", "b/1.jpg"]);
        assert_eq!(a.fingerprint(), moved.fingerprint());
        assert_ne!(
            a.fingerprint(),
            index(&["a/1.jpg", "b/2.jpg"]).fingerprint()
        );
        let mut other = moved.clone();
        other
            .images
            .values_mut()
            .for_each(|i| i.sha256 = "0".into());
        assert_ne!(other.fingerprint(), moved.fingerprint());
    }
}
