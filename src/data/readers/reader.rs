//! What a format's reader does.

use std::path::{Path, PathBuf};

use crate::data::{Card, DataError, Format, ImageShape, Images, Skipped, Want};
use crate::track::progress::{Bar, Progress, Stopped, Unit};

/// Reads the files of a split into memory.
pub trait Reader: Sync {
    /// Read `files`, which hold a split of `card` in the order given. Their sizes and hashes are verified before;
    /// a reader still trusts nothing inside them.
    ///
    /// A reader of images that differ in size makes them what is wanted as it reads; one whose images are all of the
    /// card's shape may leave that to its caller.
    ///
    /// # Errors
    /// [`ReadError`] names the file and the place in it.
    fn read(
        &self,
        card: &Card,
        files: &[PathBuf],
        want: &Want,
        progress: &dyn Progress,
    ) -> Result<Contents, ReadError>;
}

/// What the files of a split hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    pub images: Images,
    /// A label for each image, below the number of the card's classes; `None` where the set has no labels.
    pub labels: Option<Vec<u8>>,
    /// Images that were there and could not be decoded, and are not among the images.
    pub skipped: Vec<Skipped>,
}

/// Read each file in turn under one bar; a stop is heeded between two.
pub(super) fn each(
    card: &Card,
    files: &[PathBuf],
    progress: &dyn Progress,
    mut read: impl FnMut(&Path, &mut dyn Bar) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let mut bar = progress.begin(&format!("reading {}", card.title), None, Unit::Images);
    for path in files {
        progress.check()?;
        read(path, &mut *bar)?;
    }
    Ok(())
}

impl Contents {
    /// Images of the shape `shape`, one after the other in `pixels`, with their labels.
    pub(super) fn of(shape: ImageShape, pixels: Vec<u8>, labels: Option<Vec<u8>>) -> Contents {
        let images = Images {
            n: pixels.len() / shape.len().max(1),
            c: shape.channels,
            h: shape.height,
            w: shape.width,
            pixels,
        };
        Contents::new(images, labels)
    }

    /// Images that could all be read, with their labels.
    pub fn new(images: Images, labels: Option<Vec<u8>>) -> Contents {
        Contents {
            images,
            labels,
            skipped: Vec::new(),
        }
    }
}

impl Format {
    /// The reader of this format.
    pub fn reader(self) -> &'static dyn Reader {
        match self {
            Format::Cifar => &super::cifar::Cifar,
            Format::Idx => &super::idx::Idx,
            Format::Svhn => &super::svhn::Svhn,
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
    /// What the file holds is not what its format, the card or the reader says.
    #[error("`{}` {why}", path.display())]
    Content { path: PathBuf, why: String },
    /// Another number of labels than of images.
    #[error(
        "{} with {images} images but {labels} labels; the file is damaged, or the files are of different sets or splits",
        quoted(files)
    )]
    Unequal {
        files: Vec<PathBuf>,
        images: usize,
        labels: usize,
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
    #[error("{0}")]
    Stopped(#[from] Stopped),
}

fn quoted(files: &[PathBuf]) -> String {
    let names: Vec<String> = files.iter().map(|f| format!("`{}`", f.display())).collect();
    names.join(" and ")
}

impl From<ReadError> for DataError {
    fn from(e: ReadError) -> DataError {
        match e {
            ReadError::Stopped(stopped) => DataError::Stopped(stopped),
            e => DataError::Format(e),
        }
    }
}
