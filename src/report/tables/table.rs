//! A table of the report: its numbers for programs, its text for people.

use polars::error::PolarsResult;
use polars::prelude::{Column, DataFrame, NamedFrom, Series};

use crate::report::ReportError;

use crate::spec::visible;

/// A table as polars frames.
#[derive(Debug, Clone)]
pub struct Table {
    /// The name of its files, such as `table-1`.
    pub id: String,
    pub title: String,
    /// Full precision, one type a column, null where unknown: what CSV and Parquet hold.
    pub data: DataFrame,
    /// Text columns as people read them: what Markdown, LaTeX, the terminal and the page show.
    pub shown: DataFrame,
    /// Columns of `shown` set to the left; the others are numbers, set to the right.
    pub left: Vec<&'static str>,
    /// Columns of `shown` that go below the table as lettered notes where width is short.
    pub notes: Vec<&'static str>,
    /// Rows of `shown` before which a rule is drawn.
    pub rules: Vec<usize>,
    /// Sentences below the table.
    pub remarks: Vec<String>,
}

/// `shown` as rows of strings, with lettered notes in place of the note columns.
#[derive(Debug, Clone)]
pub struct Lettered {
    pub heads: Vec<String>,
    pub rows: Vec<Vec<String>>,
    /// The letter of each row's note; empty for rows without one.
    pub letters: Vec<String>,
    /// Letter and text, in order.
    pub notes: Vec<(String, String)>,
}

impl Table {
    /// Headings of `shown`.
    pub fn heads(&self) -> Vec<String> {
        self.shown
            .columns()
            .iter()
            .map(|c| c.name().to_string())
            .collect()
    }

    /// Cells of `shown`, row by row, as people may see them: names may hold control characters.
    ///
    /// # Errors
    /// A column that is not text.
    pub fn rows(&self) -> PolarsResult<Vec<Vec<String>>> {
        let mut rows = vec![Vec::new(); self.shown.height()];
        for column in self.shown.columns() {
            for (row, cell) in rows.iter_mut().zip(column.str()?.iter()) {
                row.push(visible(cell.unwrap_or_default()).into_owned());
            }
        }
        Ok(rows)
    }

    /// Whether a column is set to the left.
    pub fn is_left(&self, head: &str) -> bool {
        self.left.contains(&head)
    }

    /// The table with its note columns folded into notes; equal notes share a letter.
    ///
    /// # Errors
    /// As [`Table::rows`].
    pub fn lettered(&self) -> PolarsResult<Lettered> {
        let all = self.heads();
        let is_note = |i: &usize| self.notes.contains(&all[*i].as_str());
        let mut notes: Vec<(String, String)> = Vec::new();
        let mut letters = Vec::new();
        let mut rows = Vec::new();
        for row in self.rows()? {
            let parts: Vec<&str> = (0..row.len())
                .filter(is_note)
                .map(|i| row[i].as_str())
                .filter(|text| !text.is_empty())
                .collect();
            let text = parts.join(". ");
            letters.push(match notes.iter().find(|(_, known)| *known == text) {
                _ if text.is_empty() => String::new(),
                Some((letter, _)) => letter.clone(),
                None => {
                    notes.push((letter(notes.len()), text));
                    letter(notes.len() - 1)
                }
            });
            let kept = (0..row.len()).filter(|i| !is_note(i));
            rows.push(kept.map(|i| row[i].clone()).collect());
        }
        let kept = (0..all.len()).filter(|i| !is_note(i));
        Ok(Lettered {
            heads: kept.map(|i| all[i].clone()).collect(),
            rows,
            letters,
            notes,
        })
    }
}

/// a, b, ..., z, aa, ab, ...
fn letter(mut n: usize) -> String {
    let mut text = String::new();
    loop {
        text.insert(0, char::from(b'a' + (n % 26) as u8));
        match n / 26 {
            0 => return text,
            rest => n = rest - 1,
        }
    }
}

/// The columns of a frame, each made of the same rows.
pub struct Columns<'a, R> {
    rows: &'a [R],
    columns: Vec<Column>,
}

impl<'a, R> Columns<'a, R> {
    /// No column yet.
    pub fn of(rows: &'a [R]) -> Columns<'a, R> {
        Columns {
            rows,
            columns: Vec::new(),
        }
    }

    /// One more column: a cell for each row. Text makes a column of what people read; `None` is null.
    pub fn with<T>(mut self, name: &str, cell: impl Fn(&R) -> T) -> Columns<'a, R>
    where
        Series: NamedFrom<Vec<T>, [T]>,
    {
        let cells: Vec<T> = self.rows.iter().map(cell).collect();
        self.columns.push(Series::new(name.into(), cells).into());
        self
    }

    /// All of them as a frame.
    ///
    /// # Errors
    /// Two columns of one name.
    pub fn frame(self) -> PolarsResult<DataFrame> {
        DataFrame::new_infer_height(self.columns)
    }
}

/// A part of a file's name: what is no letter or digit of ASCII becomes `-`.
pub fn file_name(text: &str) -> String {
    text.replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}

/// Makes a table's error of what polars says.
pub fn failed(id: &str) -> impl Fn(polars::error::PolarsError) -> ReportError {
    move |source| ReportError::Table {
        table: id.to_string(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_go_on_after_z() {
        let some: Vec<String> = [0, 25, 26, 51, 52].map(letter).to_vec();
        assert_eq!(some, ["a", "z", "aa", "az", "ba"]);
    }
}
