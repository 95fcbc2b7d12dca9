//! Errors of the search for nearest neighbours.

use std::path::PathBuf;

use crate::track::atomic::WriteError;
use crate::track::progress::Stopped;

/// What can go wrong in a search for nearest neighbours.
#[derive(Debug, thiserror::Error)]
pub enum NearestError {
    /// The user asked to stop.
    #[error("{0}")]
    Stopped(#[from] Stopped),
    /// There is nothing to classify, or nothing to classify by.
    #[error("the nearest-neighbour search has no {0}, expected at least one image")]
    Empty(&'static str),
    /// Neighbours must be one or more.
    #[error("a vote of 0 neighbours is asked for; expected 1 or more")]
    NoNeighbours,
    /// The bytes do not make whole images.
    #[error(
        "{bytes} bytes of {what} do not make whole images of {columns} bytes each; \
         both sides of a nearest-neighbour search must have images of one size and one number of channels"
    )]
    Columns {
        what: &'static str,
        bytes: usize,
        columns: usize,
    },
    /// Sums of 32 bits hold no more.
    #[error(
        "images of {columns} bytes are too large for the nearest-neighbour search, expected 1 to {max}; use smaller ones"
    )]
    Size { columns: usize, max: usize },
    /// One label per image is needed.
    #[error("{images} {what} come with {labels} labels, expected one label an image")]
    Labels {
        what: &'static str,
        images: usize,
        labels: usize,
    },
    /// Numbers of samples must rise.
    #[error("the numbers of samples are {found:?}, expected rising numbers of 1 or more")]
    Samples { found: Vec<u64> },
    /// What was saved half-way is damaged.
    #[error("the half-done search in `{}` cannot be read: {why}; delete that file to start it over", path.display())]
    State { path: PathBuf, why: String },
    #[error(transparent)]
    Write(#[from] WriteError),
}
