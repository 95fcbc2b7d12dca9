//! What a format's reader does.

use std::path::PathBuf;

use crate::data::{Card, DataError, Format, Images};
use crate::track::progress::Progress;

/// Reads the files of a split into memory.
pub trait Reader: Sync {
    /// Read `files`, which hold a split of `card` in the order given. Their sizes and hashes are verified before;
    /// a reader still trusts nothing inside them.
    ///
    /// # Errors
    /// [`ReadError`] names the file and the place in it.
    fn read(
        &self,
        card: &Card,
        files: &[PathBuf],
        progress: &dyn Progress,
    ) -> Result<Contents, ReadError>;
}

/// What the files of a split hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    pub images: Images,
    /// A label for each image, below the number of the card's classes; `None` where the set has no labels.
    pub labels: Option<Vec<u8>>,
}

impl Format {
    /// The reader of this format.
    pub fn reader(self) -> &'static dyn Reader {
        match self {
            Format::Cifar => &super::cifar::Cifar,
        }
    }
}

/// A file that does not hold what its format says.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read at all.
    #[error("cannot read `{}`: {source}", path.display())]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    /// The file ends inside a record.
    #[error(
        "`{}` has {bytes} bytes, which is no whole number of {record}-byte records ({what}): record {} would begin at \
         byte {} and has only {} bytes; the file is truncated or of another format, or the card's `image` is of another shape",
        path.display(), bytes / record, bytes / record * record, bytes % record
    )]
    Truncated {
        path: PathBuf,
        bytes: u64,
        /// Bytes of a record.
        record: u64,
        /// What a record is made of.
        what: String,
    },
    /// A label that no class has.
    #[error(
        "`{}`: record {record} (byte {offset}) has label {found}, but the card names {classes} classes, so a label is \
         0 to {}; the file is damaged or of another data set, or the card's `classes` lack some",
        path.display(), classes.saturating_sub(1)
    )]
    Label {
        path: PathBuf,
        /// Counted from 0 in this file.
        record: u64,
        /// Of the label, in bytes from the start of the file.
        offset: u64,
        found: u8,
        classes: usize,
    },
    /// The files hold another number of images than the card says.
    #[error(
        "split `{split}` of `{card}` has {found} images in its files, but the card says {expected}; correct the card's `images`"
    )]
    Count {
        card: String,
        split: String,
        found: usize,
        expected: usize,
    },
    /// The user asked to stop.
    #[error("stopped")]
    Stopped,
}

impl From<ReadError> for DataError {
    fn from(e: ReadError) -> DataError {
        match e {
            ReadError::Stopped => DataError::Stopped,
            e => DataError::Format(e),
        }
    }
}
