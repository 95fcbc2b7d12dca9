//! Images from the outside world, each byte accounted for.
//!
//! A data set is a [`Card`] (`datasets/*.yaml`): what it is, its licence, where it can be had, the hash of every
//! file, its format and its splits. [`fetch`] tries the card's sources in order and lands only files whose hash is the
//! card's; [`open`] reads a split into a [`Dataset`] through the [`Reader`] of its format. Pixels stay bytes until
//! [`to_unit`] maps them to [-1, 1], the paper's only pre-processing (section 4). [`Loader`] deals mini-batches that a
//! resumed run sees again bit for bit; [`per_class`] and [`split_validation`] draw the labelled subsets of tables 1
//! and 2.
//!
//! A user's own images need no card: a [`Folder`] is any tree of them. [`Set`] is either, as a spec names it.
//!
//! To add a data set of a known format, write a card. To add a format, write a file in `readers/` and name it in
//! [`Format`].

mod archive;
mod card;
mod catalogue;
mod checksum;
mod dataset;
mod download;
mod draw;
mod error;
mod fetch;
mod files;
mod folder;
mod images;
mod land;
mod loader;
mod npm;
pub mod npy;
mod outline;
mod readers;
mod set;
mod sheet;
mod sources;
mod store;
mod transform;
mod validate;
mod verify;
mod want;

pub use card::{
    ArchiveSource, Card, FileSpec, FilesSource, Format, ImageShape, NpmSource, Origin, Part,
    SheetPart, Source, Split,
};
pub use checksum::Checksum;
pub use dataset::{Dataset, Skipped, open};
pub use draw::{DrawError, per_class, split_validation};
pub use error::{DataError, SourceError};
pub use fetch::{Failure, Report, fetch};
pub use folder::{Folder, FolderError, Index, Litter};
pub use images::{Images, ImagesError};
pub use loader::{Loader, LoaderError, LoaderState};
pub use outline::Outline;
pub use readers::{Contents, ReadError, Reader};
pub use set::Set;
pub use store::{Presence, Store};
pub use transform::{fit, to_bytes, to_channels, to_unit};
pub use verify::{Verdict, verify};
pub use want::Want;
