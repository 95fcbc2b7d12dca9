//! Tables as Markdown.

use std::fmt::Write;

use polars::error::PolarsResult;

use crate::report::tables::Table;
use crate::spec::visible_lines;

/// A pipe table, padded so that it also reads as text.
pub fn encode(table: &Table) -> PolarsResult<Vec<u8>> {
    let heads = table.heads();
    let rows: Vec<Vec<String>> = table
        .rows()?
        .iter()
        .map(|row| row.iter().map(|cell| escape(cell)).collect())
        .collect();
    let widths: Vec<usize> = (0..heads.len())
        .map(|i| {
            let cells = rows.iter().map(|r| r[i].chars().count());
            cells
                .chain([heads[i].chars().count(), 3])
                .max()
                .unwrap_or(3)
        })
        .collect();
    let line = |cells: &[String]| {
        let padded: Vec<String> = cells
            .iter()
            .zip(&widths)
            .zip(&heads)
            .map(|((cell, &width), head)| match table.is_left(head) {
                true => format!("{cell:<width$}"),
                false => format!("{cell:>width$}"),
            })
            .collect();
        format!("| {} |\n", padded.join(" | "))
    };
    let mut out = format!("{}\n\n", escape(&table.title));
    out += &line(&heads);
    let rules: Vec<String> = heads
        .iter()
        .zip(&widths)
        .map(|(head, &width)| match table.is_left(head) {
            true => "-".repeat(width),
            false => format!("{}:", "-".repeat(width - 1)),
        })
        .collect();
    out += &line(&rules);
    rows.iter().for_each(|row| out += &line(row));
    for remark in &table.remarks {
        // Writing to a String cannot fail.
        let _ = write!(out, "\n{}\n", escape(remark));
    }
    Ok(out.into_bytes())
}

/// Keeps a cell in its cell, and text from being markup.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in visible_lines(text).chars() {
        match c {
            '\n' => out.push(' '),
            '|' | '*' | '_' | '`' | '<' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_pipe_does_not_end_the_cell() {
        assert_eq!(super::escape("a|b_c\nd"), "a\\|b\\_c d");
    }
}
