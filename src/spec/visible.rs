//! Names and messages as people may see them: characters that would steer a terminal, or hide, are written out.

use std::borrow::Cow;

/// `text` on one line: a line break is `\n`, an escape character `\u{1b}`, a mark that turns the direction of writing
/// `\u{202e}`. What is left is safe in a terminal and has a place in XML.
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, |c| needs_escape(c) || matches!(c, '\n' | '\t'))
}

/// As [`visible`] for text of our own in lines: line breaks and tabs stay.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    escaped(text, needs_escape)
}

/// As [`visible`], with each white space other than the common one written out: two keys may look the same.
pub fn visible_key(text: &str) -> Cow<'_, str> {
    escaped(text, |c| needs_escape(c) || (c.is_whitespace() && c != ' '))
}

fn escaped(text: &str, escape: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&escape) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match escape(c) {
            true => out.extend(c.escape_default()),
            false => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Whether a character has no look of its own, or is forbidden in XML 1.0. Line breaks and tabs are not among them.
fn needs_escape(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        // Marks that turn the direction of writing, line and paragraph separators, the byte order mark, noncharacters.
        '\u{061c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{fffe}'
        | '\u{ffff}' => true,
        c => c.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_steers_a_terminal_is_written_out_and_names_stay() {
        assert_eq!(visible("\u{1b}[31mred\u{7}"), r"\u{1b}[31mred\u{7}");
        assert_eq!(visible("a\nb\tc\r"), r"a\nb\tc\r");
        assert_eq!(visible_lines("a\nb\tc\r"), "a\nb\tc\\r");
        assert_eq!(visible("cat\u{202e}gpj.exe"), r"cat\u{202e}gpj.exe");
        assert_eq!(visible("\u{9b}31m"), r"\u{9b}31m");
        for name in ["naïvé 猫", "a, b", r"C:\cats", "👩\u{200d}🔬", "it's"] {
            assert!(matches!(visible(name), Cow::Borrowed(same) if same == name));
        }
        assert_eq!(visible_key("epochs:\u{a0}2"), r"epochs:\u{a0}2");
    }

    proptest! {
        #[test]
        fn nothing_unseen_is_left(text in any::<String>()) {
            let shown = visible(&text);
            prop_assert!(!shown.chars().any(|c| c.is_control()));
            prop_assert_eq!(visible(&shown), shown.as_ref());
        }
    }
}
