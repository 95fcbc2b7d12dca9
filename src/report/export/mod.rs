//! Files of a table, a format a file: [`all::FORMATS`] names them, adding one is a file and a line there.
//!
//! CSV and Parquet hold the numbers at full precision; Markdown, LaTeX and the terminal's text hold what people read.

pub mod all;
mod csv;
mod latex;
mod markdown;
mod parquet;
mod text;

pub use text::{text, wrapped};
