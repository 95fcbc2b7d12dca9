//! What a split holds but for its pixels, so that a question about its classes needs no decoding.

use super::{DataError, Set, Store, Want};
use crate::track::progress::Progress;

/// A split of a data set without its pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// As a spec names the set.
    pub name: String,
    pub split: String,
    /// Images, of a folder those that cannot be decoded among them.
    pub images: usize,
    /// Class names in the order of the labels; empty where it has none.
    pub classes: Vec<String>,
    /// A label for each image.
    pub labels: Option<Vec<u8>>,
}

impl Set {
    /// The outline of a split. The files of a card are fetched where they are missing; of a folder no image is decoded.
    ///
    /// # Errors
    /// As [`Set::open`], but for what only decoding finds.
    pub fn outline(
        &self,
        split: &str,
        store: &Store,
        progress: &dyn Progress,
    ) -> Result<Outline, DataError> {
        let folder = match self {
            Set::Folder(folder) => folder,
            Set::Card(card) => {
                let set = super::open(card, split, &Want::STORED, store, progress)?;
                return Ok(Outline {
                    name: set.name,
                    split: set.split,
                    images: set.images.n,
                    classes: set.classes,
                    labels: set.labels,
                });
            }
        };
        let index = folder.index(store, progress)?;
        let names = folder.names(&index, split)?;
        let classes = folder.classes(&index);
        let label = |name: &&str| {
            let class = index.class(name);
            classes
                .binary_search_by(|c| c.as_str().cmp(class))
                .map_or(0, |i| i as u8)
        };
        Ok(Outline {
            name: folder.name(),
            split: split.to_string(),
            images: names.len(),
            labels: (!classes.is_empty()).then(|| names.iter().map(label).collect()),
            classes,
        })
    }
}
