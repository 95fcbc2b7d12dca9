//! A data set as a spec names it: a card's name, or `folder:PATH` for images of one's own.

use std::path::Path;

use super::folder::{self, Folder};
use super::{Card, DataError, Dataset, Store, Want};
use crate::track::progress::Progress;

/// A data set as a spec names it.
#[derive(Debug, Clone)]
pub enum Set {
    Card(Box<Card>),
    Folder(Folder),
}

impl Set {
    /// The set called `name`: `folder:PATH`, else the card that [`Card::find`] finds.
    ///
    /// # Errors
    /// As [`Card::find`]; a folder is looked at when it is read.
    pub fn find(name: &str, cards: Option<&Path>) -> Result<Set, DataError> {
        match name.strip_prefix(folder::PREFIX) {
            Some(path) => Ok(Set::Folder(Folder::new(path))),
            None => Ok(Set::Card(Box::new(Card::find(name, cards)?))),
        }
    }

    /// What the data are, in one hash; see [`Card::fingerprint`] and [`Folder::fingerprint`].
    ///
    /// # Errors
    /// [`DataError`] where a folder cannot be read or holds no image.
    pub fn fingerprint(&self, store: &Store, progress: &dyn Progress) -> Result<String, DataError> {
        match self {
            Set::Card(card) => Ok(card.fingerprint()),
            Set::Folder(folder) => folder.fingerprint(store, progress),
        }
    }

    /// Channels of the stored images: 1 where all are grey, else 3.
    ///
    /// # Errors
    /// As [`Set::fingerprint`].
    pub fn channels(&self, store: &Store, progress: &dyn Progress) -> Result<usize, DataError> {
        match self {
            Set::Card(card) => Ok(card.image.channels),
            Set::Folder(folder) => Ok(folder.index(store, progress)?.channels()),
        }
    }

    /// Classes of its labels; 0 where it has none.
    ///
    /// # Errors
    /// As [`Set::fingerprint`].
    pub fn classes(&self, store: &Store, progress: &dyn Progress) -> Result<usize, DataError> {
        match self {
            Set::Card(card) => Ok(card.classes.len()),
            Set::Folder(folder) => match folder.index(store, progress)?.classes().len() {
                // As it is read: one folder tells no images apart.
                1 => Ok(0),
                n => Ok(n),
            },
        }
    }

    /// Read a split as wanted; see [`super::open`] and [`Folder::open`].
    ///
    /// # Errors
    /// As those two.
    pub fn open(
        &self,
        split: &str,
        want: &Want,
        store: &Store,
        progress: &dyn Progress,
    ) -> Result<Dataset, DataError> {
        match self {
            Set::Card(card) => super::open(card, split, want, store, progress),
            Set::Folder(folder) => folder.open(split, want, store, progress),
        }
    }

    /// Up to `most` images of a split, spread evenly over it, as wanted. Only they are made, so that a few large ones of
    /// a large set take little memory.
    ///
    /// # Errors
    /// As [`Set::open`].
    pub fn sample(
        &self,
        split: &str,
        most: usize,
        want: &Want,
        store: &Store,
        progress: &dyn Progress,
    ) -> Result<Dataset, DataError> {
        match self {
            Set::Card(card) => {
                let stored = super::open(card, split, &Want::STORED, store, progress)?;
                let rows: Vec<usize> = folder::evenly(stored.images.n, most).collect();
                Ok(want.apply(stored.subset(&rows)?)?)
            }
            Set::Folder(folder) => folder.sample(split, most, want, store, progress),
        }
    }
}
