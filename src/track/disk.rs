//! Every change that the program makes on disk: folders made, files created, appended to, renamed, removed.
//!
//! Nothing else in the program calls the file system to change it (Clippy holds us to that), so that a test can let any one
//! of these changes fail. For that, and for nothing else, there is the variable `DCGAN_FAULT`: `full:N` lets the N-th
//! change and every later one find no space, `once:N` the N-th alone, and `kill:N` ends the process at it, as
//! `kill -9` would. A write that fails leaves half of its bytes behind.
#![allow(clippy::disallowed_methods)]

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Result, Write};
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The variable that orders a fault.
const VARIABLE: &str = "DCGAN_FAULT";

/// Make a folder and those above it.
///
/// # Errors
/// The operating system's.
pub fn create_dir_all(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    change()?;
    std::fs::create_dir_all(path)
}

/// Remove a file; one that is not there is no error.
///
/// # Errors
/// The operating system's.
pub fn remove_file(path: &Path) -> Result<()> {
    change()?;
    absent_is_fine(std::fs::remove_file(path))
}

/// Remove a folder with all that is in it; one that is not there is no error.
///
/// # Errors
/// The operating system's.
pub fn remove_dir_all(path: &Path) -> Result<()> {
    change()?;
    absent_is_fine(std::fs::remove_dir_all(path))
}

/// Give a file another name in the same file system.
///
/// # Errors
/// The operating system's.
pub fn rename(from: &Path, to: &Path) -> Result<()> {
    change()?;
    std::fs::rename(from, to)
}

/// A folder below `parent` for work in progress; it goes with the value.
///
/// # Errors
/// The operating system's.
pub fn scratch(parent: &Path, prefix: &str) -> Result<tempfile::TempDir> {
    change()?;
    tempfile::Builder::new().prefix(prefix).tempdir_in(parent)
}

/// Open a file that locks are taken on, as it is; make it where there is none.
///
/// # Errors
/// The operating system's.
pub fn lock_file(path: &Path) -> Result<File> {
    change()?;
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
}

/// An open file that bytes go into.
#[derive(Debug)]
pub struct Out(File);

impl Out {
    /// An empty file of this name; what it held is gone.
    ///
    /// # Errors
    /// The operating system's.
    pub fn create(path: &Path) -> Result<Out> {
        change()?;
        File::create(path).map(Out)
    }

    /// A file that must not exist yet.
    ///
    /// # Errors
    /// The operating system's.
    pub fn create_new(path: &Path) -> Result<Out> {
        change()?;
        File::create_new(path).map(Out)
    }

    /// The end of a file, which is made where there is none.
    ///
    /// # Errors
    /// The operating system's.
    pub fn append(path: &Path) -> Result<Out> {
        change()?;
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .map(Out)
    }

    /// Write to a file that is open already.
    pub fn of(file: File) -> Out {
        Out(file)
    }

    /// The open file.
    pub fn file(&self) -> &File {
        &self.0
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        if let Some(fault) = due() {
            // What a full disk or a killed process leaves of a write.
            let _ = self.0.write_all(&bytes[..bytes.len() / 2]);
            return Err(fault.strike());
        }
        self.0.write(bytes)
    }

    fn flush(&mut self) -> Result<()> {
        self.0.flush()
    }
}

fn absent_is_fine(removed: Result<()>) -> Result<()> {
    match removed {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Full,
    Kill,
}

impl Fault {
    fn strike(self) -> Error {
        match self {
            Fault::Full => ErrorKind::StorageFull.into(),
            Fault::Kill => std::process::abort(),
        }
    }
}

/// Count one change, or fail it.
fn change() -> Result<()> {
    match due() {
        Some(fault) => Err(fault.strike()),
        None => Ok(()),
    }
}

/// The fault that is ordered for the change that comes now.
fn due() -> Option<Fault> {
    static ORDER: OnceLock<Option<Order>> = OnceLock::new();
    static CHANGES: AtomicU64 = AtomicU64::new(0);
    let order = ORDER.get_or_init(|| Order::parse(&std::env::var(VARIABLE).ok()?));
    let order = order.as_ref()?;
    order.at(CHANGES.fetch_add(1, Ordering::SeqCst) + 1)
}

/// `full:N`, `once:N` or `kill:N`.
#[derive(Debug, PartialEq, Eq)]
struct Order {
    fault: Fault,
    /// Counted from 1.
    from: u64,
    lasting: bool,
}

impl Order {
    fn parse(text: &str) -> Option<Order> {
        let (kind, from) = text.split_once(':')?;
        let (fault, lasting) = match kind {
            "full" => (Fault::Full, true),
            "once" => (Fault::Full, false),
            "kill" => (Fault::Kill, false),
            _ => return None,
        };
        Some(Order {
            fault,
            from: from.parse().ok()?,
            lasting,
        })
    }

    fn at(&self, change: u64) -> Option<Fault> {
        let now = change == self.from || self.lasting && change > self.from;
        now.then_some(self.fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_strikes_when_it_says() {
        let strikes = |text: &str| -> Vec<bool> {
            let order = Order::parse(text).unwrap();
            (1..=4).map(|n| order.at(n).is_some()).collect()
        };
        assert_eq!(strikes("full:2"), [false, true, true, true]);
        assert_eq!(strikes("once:3"), [false, false, true, false]);
        assert_eq!(strikes("kill:1"), [true, false, false, false]);
        assert_eq!(Order::parse("kill:1").unwrap().fault, Fault::Kill);
        for bad in ["", "full", "full:x", "burn:1"] {
            assert_eq!(Order::parse(bad), None, "{bad}");
        }
    }
}
