//! A reader of Python's pickles that executes nothing: what a pickle builds is laid out as plain values, and a call that it asks for is
//! kept as the callable's name and its arguments.
//!
//! All values lie in one table and refer to each other by number, so that sharing costs no copies, and neither reading nor dropping
//! them recurses, however deeply they are nested. A text or a run of bytes is never longer than what is left of the file.
//! Protocols 0 to 5 (PEP 307, 3154 and 574).

mod cursor;
mod machine;
mod stack;
mod value;

pub(super) use cursor::{Cursor, PickleError};
pub(super) use machine::read;
pub(super) use value::{Id, Instance, Pickle, Value};
