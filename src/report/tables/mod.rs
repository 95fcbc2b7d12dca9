//! The report's tables: what each holds, row by row, as numbers for programs and as text for people.
//!
//! [`all::TABLES`] names them: adding one is a file and a line there. A [`Table`] is two polars frames with what stands
//! below them; what its signs mean is declared once, in [`marks`].

pub mod accuracy;
pub mod all;
mod few_labels;
mod filters;
mod marks;
mod memorisation;
mod quality;
mod stability;
mod table;
pub mod table1;
mod table2;
pub mod table3;

pub use all::tables;
pub use marks::{ABSENT, or_absent};
pub use table::{Columns, Table, failed};
