//! Errors of folders and archives of images.

use std::path::PathBuf;

use crate::data::{DataError, Skipped};
use crate::track::progress::Stopped;

/// Why a folder of images could not be had.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Nothing lies under that path.
    #[error(
        "`folder:{path}`: there is no `{path}`; name a folder of images or a tar archive of them, absolute or relative \
         to the working directory", path = path.display()
    )]
    Missing { path: PathBuf },
    /// A file that is no archive.
    #[error(
        "`folder:{path}`: `{path}` is a file, but neither a .tar nor a .tar.gz or .tgz; name a folder of images or such an archive of them",
        path = path.display()
    )]
    NotAFolder { path: PathBuf },
    /// Neither a folder nor a file.
    #[error(
        "`folder:{path}`: `{path}` is a pipe, a device or a socket; name a folder of images or a tar archive of them, which is a file",
        path = path.display()
    )]
    NoFile { path: PathBuf },
    /// A part of it cannot be read.
    #[error("`folder:{}`: cannot read {what}: {why}", path.display())]
    Read {
        path: PathBuf,
        /// What of it.
        what: String,
        why: String,
    },
    /// No file that could be an image.
    #[error(
        "`folder:{path}`: there is no image in `{path}`: of the {files} files below it none has a name that ends in {endings}; \
         name the folder that holds the images{}", passed.as_ref().map_or(String::new(), |p| format!("; passed over: {p}")),
        path = path.display()
    )]
    NoImage {
        path: PathBuf,
        files: usize,
        /// Endings of images' names.
        endings: String,
        /// What else was not read, in words.
        passed: Option<String>,
    },
    /// None of the images is in the split.
    #[error(
        "`folder:{}`: none of its {images} images falls into the split `{split}`, which has {share} of them; use the split `all`",
        path.display()
    )]
    EmptySplit {
        path: PathBuf,
        split: String,
        images: usize,
        share: &'static str,
    },
    /// More than half of the images do not decode.
    #[error(
        "`folder:{}`: {} of {of} images cannot be decoded, more than half: {}; they are of a format that is not read (JPEG, \
         PNG, WebP and BMP are), or damaged", path.display(), skipped.len(), Skipped::list(skipped)
    )]
    Undecodable {
        path: PathBuf,
        skipped: Vec<Skipped>,
        of: usize,
    },
    /// A size is wanted.
    #[error("`folder:{}`: its images may have any size; say which size is wanted", path.display())]
    NoSize { path: PathBuf },
    /// A size that no picture is made.
    #[error("`folder:{}`: images of {size}x{size} pixels are asked for; a side has 1 to {most} pixels", path.display())]
    Size {
        path: PathBuf,
        size: usize,
        most: usize,
    },
    /// The images do not fit into memory.
    #[error(
        "`folder:{}`: {images} images of {channels} x {size} x {size} bytes do not fit into memory; ask for smaller ones",
        path.display()
    )]
    Memory {
        path: PathBuf,
        images: usize,
        channels: usize,
        size: usize,
    },
    /// Neither grey nor colour.
    #[error("`folder:{}`: images of {channels} channels are asked for; expected 1 (grey) or 3 (colour)", path.display())]
    Channels { path: PathBuf, channels: usize },
    /// The user asked to stop.
    #[error("{0}")]
    Stopped(#[from] Stopped),
}

impl From<FolderError> for DataError {
    fn from(e: FolderError) -> DataError {
        match e {
            FolderError::Stopped(stopped) => DataError::Stopped(stopped),
            e => DataError::Folder(e),
        }
    }
}
