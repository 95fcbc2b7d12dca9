//! A split in memory, with what a run records of it.

use super::verify::{Trust, Verdict, check};
use super::{
    Card, Contents, DataError, FileSpec, Images, ImagesError, ReadError, Store, Want, fetch,
};
use crate::track::progress::Progress;

/// A split of a data set.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// The card's name.
    pub name: String,
    pub split: String,
    pub images: Images,
    /// A label for each image, below `classes.len()`; `None` where the set has no labels.
    pub labels: Option<Vec<u8>>,
    /// Class names in the order of the labels.
    pub classes: Vec<String>,
    /// [`Card::fingerprint`].
    pub fingerprint: String,
    /// Images that were there and could not be decoded, and are not among the images.
    pub skipped: Vec<Skipped>,
}

/// An image that could not be decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    pub name: String,
    pub why: String,
}

impl Skipped {
    /// The first few of them with their reasons, and how many more there are.
    pub fn list(skipped: &[Skipped]) -> String {
        const FEW: usize = 3;
        let mut texts: Vec<String> = skipped
            .iter()
            .take(FEW)
            .map(|s| format!("`{}` ({})", s.name, s.why))
            .collect();
        if skipped.len() > FEW {
            texts.push(format!("and {} more", skipped.len() - FEW));
        }
        texts.join(", ")
    }
}

/// Read `split` of `card` as wanted, fetching first what is missing or damaged.
///
/// Files are hashed when first seen and whenever their size or time of change is another than then, so that a start
/// costs no hashing and a changed file is still found.
///
/// # Errors
/// [`DataError`]: no such split, files not to be had, or files that do not hold what the card says.
pub fn open(
    card: &Card,
    split: &str,
    want: &Want,
    store: &Store,
    progress: &dyn Progress,
) -> Result<Dataset, DataError> {
    let content = card
        .splits
        .get(split)
        .ok_or_else(|| DataError::UnknownSplit {
            card: card.name.clone(),
            split: split.to_string(),
            known: card.splits.keys().cloned().collect(),
        })?;
    let wanted: Vec<FileSpec> = content
        .files
        .iter()
        .filter_map(|name| card.file(name))
        .cloned()
        .collect();
    let state = check(card, &wanted, store, progress, Trust::Stamps)?;
    if state.iter().any(|(_, verdict)| *verdict != Verdict::Ok) {
        fetch::files(card, &wanted, store, progress)?;
    }
    let paths: Vec<_> = wanted
        .iter()
        .map(|file| store.path(card, &file.name))
        .collect();
    let Contents {
        images,
        labels,
        skipped,
    } = card.format.reader().read(card, &paths, want, progress)?;
    if images.n + skipped.len() != content.images {
        return Err(ReadError::Count {
            card: card.name.clone(),
            split: split.to_string(),
            found: images.n + skipped.len(),
            expected: content.images,
        }
        .into());
    }
    let set = Dataset {
        name: card.name.clone(),
        split: split.to_string(),
        images,
        labels,
        classes: card.classes.clone(),
        fingerprint: card.fingerprint(),
        skipped,
    };
    Ok(want.apply(set)?)
}

impl Dataset {
    /// The same images as `size` x `size` pixels; see [`super::fit`].
    ///
    /// # Errors
    /// [`ImagesError::Size`] for a size of 0.
    pub fn fit(self, size: usize) -> Result<Dataset, ImagesError> {
        Ok(Dataset {
            images: super::fit(self.images, size)?,
            ..self
        })
    }

    /// The images at `rows` with their labels, in that order.
    ///
    /// # Errors
    /// [`ImagesError::NoSuchImage`].
    pub fn subset(&self, rows: &[usize]) -> Result<Dataset, ImagesError> {
        Ok(Dataset {
            images: self.images.subset(rows)?,
            labels: self
                .labels
                .as_ref()
                .map(|labels| rows.iter().map(|&row| labels[row]).collect()),
            name: self.name.clone(),
            split: self.split.clone(),
            classes: self.classes.clone(),
            fingerprint: self.fingerprint.clone(),
            skipped: self.skipped.clone(),
        })
    }
}
