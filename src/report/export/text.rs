//! Tables as text for a terminal.

use polars::error::PolarsResult;

use crate::report::tables::Table;
use crate::spec::visible;

/// Lines are no longer than this where the columns allow it.
const WIDTH: usize = 110;

/// The table for a terminal: aligned columns, lettered notes below.
///
/// # Errors
/// As [`Table::lettered`].
pub fn text(table: &Table) -> PolarsResult<String> {
    let lettered = table.lettered()?;
    let mut heads = lettered.heads;
    heads.push(String::new());
    let rows: Vec<Vec<String>> = lettered
        .rows
        .into_iter()
        .zip(lettered.letters)
        .map(|(mut row, letter)| {
            row.push(letter);
            row
        })
        .collect();
    let widths: Vec<usize> = (0..heads.len())
        .map(|i| {
            let cells = rows.iter().map(|r| length(&r[i]));
            cells.chain([length(&heads[i])]).max().unwrap_or(0)
        })
        .collect();
    let line = |cells: &[String]| {
        let padded: Vec<String> = (0..cells.len())
            .map(|i| {
                let gap = " ".repeat(widths[i] - length(&cells[i]));
                match table.is_left(&heads[i]) || heads[i].is_empty() {
                    true => format!("{}{gap}", cells[i]),
                    false => format!("{gap}{}", cells[i]),
                }
            })
            .collect();
        padded.join("  ").trim_end().to_string()
    };
    let rule = "─".repeat(widths.iter().sum::<usize>() + 2 * (widths.len() - 1));
    let mut out = vec![
        visible(&table.title).into_owned(),
        rule.clone(),
        line(&heads),
        rule.clone(),
    ];
    for (i, row) in rows.iter().enumerate() {
        if table.rules.contains(&i) {
            out.push(rule.clone());
        }
        out.push(line(row));
    }
    out.push(rule);
    for (letter, note) in &lettered.notes {
        out.extend(wrapped(&format!("{letter}  {note}"), 3));
    }
    for remark in &table.remarks {
        out.extend(wrapped(&visible(remark), 0));
    }
    Ok(out.join("\n") + "\n")
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// Text in lines for a terminal, broken at spaces; lines after the first are set in by `indent`.
pub fn wrapped(text: &str, indent: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let words = text.trim_start();
    let mut current = " ".repeat(length(text) - length(words));
    // Nothing but its indent stands on the line yet.
    let mut fresh = true;
    for word in words.split(' ') {
        if !fresh && length(&current) + 1 + length(word) > WIDTH {
            lines.push(std::mem::replace(&mut current, " ".repeat(indent)));
        } else if !fresh {
            current.push(' ');
        }
        current += word;
        fresh = false;
    }
    lines.push(current);
    lines
}
