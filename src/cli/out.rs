//! Where the program prints: results to standard output, what happens on the way to standard error.
//!
//! Nothing here panics or ends the program. A reader that went away (`| head -1`, a `tee` that died) is no error: what is
//! left is not printed, the work goes on. A standard output that cannot take more (a full disk) is one error at the end,
//! [`failure`]. What cannot be told on standard error is lost.

use std::io::{ErrorKind, Write};
use std::sync::{Mutex, PoisonError};

use dcgan::spec::{visible, visible_lines};

/// The first failure of standard output; nothing is printed after it.
static FAILED: Mutex<Option<std::io::Error>> = Mutex::new(None);

/// A line of results. Control characters in it are shown written out.
macro_rules! out {
    () => { $crate::cli::out::line("") };
    ($($part:tt)*) => { $crate::cli::out::line(&format!($($part)*)) };
}

/// A line of what happens. Control characters in it are shown written out.
macro_rules! err {
    ($($part:tt)*) => { $crate::cli::out::note(&format!($($part)*)) };
}

pub(crate) use {err, out};

/// Print a line of results.
pub fn line(text: &str) {
    print(&visible(text));
}

/// Print results that are lines already, without their last line break.
pub fn lines(text: &str) {
    print(&visible_lines(text));
}

fn print(text: &str) {
    let mut failed = FAILED.lock().unwrap_or_else(PoisonError::into_inner);
    if failed.is_none() {
        let mut stdout = std::io::stdout().lock();
        *failed = writeln!(stdout, "{text}")
            .and_then(|()| stdout.flush())
            .err();
    }
}

/// Print a line to standard error.
pub fn note(text: &str) {
    note_lines(&visible(text));
}

/// Print lines of our own making to standard error.
pub fn note_lines(text: &str) {
    // Where standard error is gone there is nobody left to tell.
    let _ = writeln!(std::io::stderr().lock(), "{}", visible_lines(text));
}

/// Whether nobody reads standard output any more.
pub fn unread() -> bool {
    let failed = FAILED.lock().unwrap_or_else(PoisonError::into_inner);
    failed.as_ref().is_some_and(gone)
}

/// Why results could not be printed; `None` also where their reader went away.
pub fn failure() -> Option<String> {
    let failed = FAILED.lock().unwrap_or_else(PoisonError::into_inner);
    failed
        .as_ref()
        .filter(|e| !gone(e))
        .map(ToString::to_string)
}

fn gone(error: &std::io::Error) -> bool {
    error.kind() == ErrorKind::BrokenPipe
}
