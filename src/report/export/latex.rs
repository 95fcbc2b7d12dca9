//! Tables as LaTeX.

use polars::error::PolarsResult;

use crate::report::tables::Table;
use crate::spec::visible_lines;

/// A `table` float for the booktabs package, notes below it; text outside ASCII is set by commands.
pub fn encode(table: &Table) -> PolarsResult<Vec<u8>> {
    let lettered = table.lettered()?;
    let columns: String = lettered
        .heads
        .iter()
        .map(|head| if table.is_left(head) { 'l' } else { 'r' })
        .collect();
    let line = |cells: &[String]| format!("{} \\\\", cells.join(" & "));
    let heads: Vec<String> = lettered.heads.iter().map(|h| escape(h)).collect();
    let mut out = vec![
        "% \\usepackage{booktabs}".to_string(),
        "\\begin{table}".to_string(),
        "  \\centering".to_string(),
        format!("  \\caption{{{}}}", escape(&table.title)),
        format!("  \\label{{tab:{}}}", table.id),
        format!("  \\begin{{tabular}}{{{columns}}}"),
        "    \\toprule".to_string(),
        format!("    {}", line(&heads)),
        "    \\midrule".to_string(),
    ];
    for (i, (row, letter)) in lettered.rows.iter().zip(&lettered.letters).enumerate() {
        if table.rules.contains(&i) {
            out.push("    \\midrule".to_string());
        }
        let mut cells: Vec<String> = row.iter().map(|c| escape(c)).collect();
        if let Some(first) = cells.first_mut().filter(|_| !letter.is_empty()) {
            *first += &format!("\\textsuperscript{{{letter}}}");
        }
        out.push(format!("    {}", line(&cells)));
    }
    out.push("    \\bottomrule".to_string());
    out.push("  \\end{tabular}".to_string());
    let notes = lettered
        .notes
        .iter()
        .map(|(letter, note)| format!("\\textsuperscript{{{letter}}} {}", escape(note)));
    let lines: Vec<String> = notes
        .chain(table.remarks.iter().map(|r| escape(r)))
        .collect();
    if !lines.is_empty() {
        out.push("  \\par\\smallskip".to_string());
        out.push("  \\begin{minipage}{\\linewidth}\\footnotesize\\raggedright".to_string());
        out.push(format!("    {}", lines.join("\\\\\n    ")));
        out.push("  \\end{minipage}".to_string());
    }
    out.push("\\end{table}\n".to_string());
    Ok(out.join("\n").into_bytes())
}

fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in visible_lines(text).chars() {
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                out.push('\\');
                out.push(c);
            }
            '\\' => out += "\\textbackslash{}",
            '~' => out += "\\textasciitilde{}",
            '^' => out += "\\textasciicircum{}",
            '<' => out += "\\textless{}",
            '>' => out += "\\textgreater{}",
            '±' => out += "$\\pm$",
            '×' => out += "$\\times$",
            '†' => out += "$^\\dagger$",
            '‡' => out += "$^\\ddagger$",
            '–' => out += "--",
            '\n' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn text_cannot_become_commands() {
        assert_eq!(
            super::escape(r"50% of a_b & {\x} ±1"),
            r"50\% of a\_b \& \{\textbackslash{}x\} $\pm$1"
        );
    }
}
