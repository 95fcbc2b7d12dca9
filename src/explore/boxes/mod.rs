//! Boxes that a person draws on samples, for [`super::drop`]: their file, and a page on this machine to draw them on.

mod file;
mod page;
mod server;

pub use file::{Boxes, Rect};
pub use page::Page;
pub use server::serve;
