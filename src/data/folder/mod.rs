//! Images of one's own: any tree of image files, or a tar archive of one, gzipped or not, named `folder:PATH`.
//!
//! Nothing is asked of the tree but that its images are below it. Names are relative to the deepest folder that holds
//! all of them, so that a tree and its archive are the same set; the folder of an image is its class, and where there
//! is only one such folder there are no labels. The split `train` is nine in ten of the images, `test` the others, by
//! a hash of the name alone, so that an image stays on its side when others come or go; `all` is both.
//!
//! Links are followed, in an archive as they would be on disk. What is no image, and what cannot be reached, is counted
//! and told ([`Litter`]). Names are bytes: what cannot be printed of them is escaped, and no two names become one.
//!
//! Images are turned upright as their EXIF says, laid on white where they are transparent, resized so that the shorter
//! side fits and cut to the centre, one chunk of files at a time on all threads. What cannot be decoded is left out,
//! counted and named; so is a file of which a part is missing, and one that is too large.
//!
//! Memory: a file has 256 MiB at most, a picture 2^26 pixels and 256 MiB, and a thread that decodes takes less than
//! 1 GiB for pictures that become 512 x 512 pixels or smaller, whatever the files say of themselves. Beside it stand up
//! to 64 MiB of files that were read and one more file.

mod decode;
mod error;
mod index;
mod jpeg;
mod limits;
mod links;
mod litter;
mod members;
mod name;
mod read;
mod scan;
mod set;
mod sparse;
mod stamp;
mod tree;
mod visit;

pub use error::FolderError;
pub use index::Index;
pub use litter::Litter;
pub(super) use set::evenly;
pub use set::{Folder, PREFIX};
