//! Images of one's own: any tree of image files, or a tar archive of one, gzipped or not, named `folder:PATH`.
//!
//! Nothing is asked of the tree but that its images are below it. Names are relative to the deepest folder that holds
//! all of them, so that a tree and its archive are the same set; the folder of an image is its class, and where there
//! is only one such folder there are no labels. The split `train` is nine in ten of the images, `test` the others, by
//! a hash of the name alone, so that an image stays on its side when others come or go; `all` is both.
//!
//! Images are turned upright as their EXIF says, laid on white where they are transparent, resized so that the shorter
//! side fits and cut to the centre, one chunk of files at a time on all threads. What cannot be decoded is left out,
//! counted and named.

mod decode;
mod error;
mod index;
mod read;
mod scan;
mod set;
mod visit;

pub use error::FolderError;
pub use index::Index;
pub use set::{Folder, PREFIX};
