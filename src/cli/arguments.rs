//! The command line as it was typed: read by clap, told in errors, and written again so that a shell takes it back.

use std::ffi::OsStr;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use dcgan::spec::visible_lines;

use super::out::{self, err};

/// Read the arguments, or print help or what is wrong with them and say how to exit.
pub fn parse<C: Parser>() -> Result<C, ExitCode> {
    C::try_parse().map_err(|error| {
        if error.kind() == ErrorKind::InvalidUtf8 {
            err!("error: {}", not_utf8(std::env::args_os().skip(1)));
            return ExitCode::from(2);
        }
        let plain = error.render().to_string();
        let shown = visible_lines(&plain);
        let printed = match (shown == plain, error.use_stderr()) {
            // In colour on a terminal.
            (true, _) => error.print(),
            (false, _) => {
                out::note_lines(&plain);
                Ok(())
            }
        };
        match printed {
            Err(e) if !error.use_stderr() && e.kind() != std::io::ErrorKind::BrokenPipe => {
                err!("error: cannot write to standard output: {e}");
                ExitCode::from(2)
            }
            _ => ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2)),
        }
    })
}

fn not_utf8(arguments: impl Iterator<Item = std::ffi::OsString>) -> String {
    let named: Vec<String> = arguments
        .filter(|a| a.to_str().is_none())
        .map(|a| format!("`{}`", bytes_shown(&a)))
        .collect();
    format!(
        "{} cannot be read as UTF-8, which names of data sets, keys and values must be; rename the file or folder, or name it through a link",
        named.join(" and ")
    )
}

/// An argument with each byte that is no UTF-8 written out as `\xff`.
fn bytes_shown(argument: &OsStr) -> String {
    let chunks = argument.as_encoded_bytes().utf8_chunks();
    chunks
        .map(|chunk| {
            let wrong = chunk.invalid().iter().map(|b| format!("\\x{b:02x}"));
            format!("{}{}", chunk.valid(), wrong.collect::<String>())
        })
        .collect()
}

/// The command as typed, each argument quoted where a shell would take it apart.
pub fn command_line() -> String {
    let rest: Vec<String> = std::env::args_os().skip(1).map(|a| quoted(&a)).collect();
    format!("dcgan {}", rest.join(" "))
}

fn quoted(argument: &OsStr) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    match argument.to_str() {
        Some(text) if !text.is_empty() && text.chars().all(plain) => text.to_string(),
        Some(text) if !text.chars().any(char::is_control) => {
            format!("'{}'", text.replace('\'', r"'\''"))
        }
        // Bash's form for bytes that have no look of their own.
        _ => {
            let bytes = argument.as_encoded_bytes().iter().map(|&b| match b {
                b'\'' | b'\\' => format!("\\{}", b as char),
                b' '..=b'~' => (b as char).to_string(),
                b => format!("\\x{b:02x}"),
            });
            format!("$'{}'", bytes.collect::<String>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_the_command_back() {
        let words = [
            "plain=1",
            "",
            "it's",
            "a b",
            "#",
            "line\nbreak",
            "\u{1b}[31m",
            "back\\\n'slash'",
            "猫 naïve",
            "é\t",
        ];
        for word in words {
            let script = format!("printf %s {}", quoted(OsStr::new(word)));
            let Ok(back) = std::process::Command::new("bash")
                .args(["-c", &script])
                .output()
            else {
                // No bash here to ask.
                return;
            };
            assert_eq!(String::from_utf8_lossy(&back.stdout), word, "{script}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_no_text_are_written_out() {
        use std::os::unix::ffi::OsStrExt;
        let argument = OsStr::from_bytes(b"caf\xe9 it's");
        assert_eq!(quoted(argument), r"$'caf\xe9 it\'s'");
        assert_eq!(bytes_shown(argument), r"caf\xe9 it's");
    }
}
