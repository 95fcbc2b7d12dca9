//! Asked before work begins: whether its results can be written where they are to go.

use std::io::{Error, ErrorKind};
use std::path::Path;

use super::atomic::WriteError;

/// Whether files can be written into `folder`, which need not exist yet. Nothing is left behind.
///
/// # Errors
/// [`WriteError`] with the folder.
pub fn folder(folder: &Path) -> Result<(), WriteError> {
    attempt(folder).map_err(|source| WriteError {
        path: folder.to_path_buf(),
        source,
    })
}

/// Whether `file` can be written, in a folder that need not exist yet. Nothing is left behind.
///
/// # Errors
/// [`WriteError`] with the file.
pub fn file(file: &Path) -> Result<(), WriteError> {
    let failed = |source| WriteError {
        path: file.to_path_buf(),
        source,
    };
    if file.is_dir() {
        return Err(failed(Error::new(
            ErrorKind::IsADirectory,
            "it is a folder; name a file",
        )));
    }
    attempt(file.parent().unwrap_or(Path::new(""))).map_err(failed)
}

/// Makes a file without a name in the nearest folder that exists.
fn attempt(folder: &Path) -> std::io::Result<()> {
    let mut nearest = folder;
    loop {
        let here = if nearest.as_os_str().is_empty() {
            Path::new(".")
        } else {
            nearest
        };
        match std::fs::metadata(here) {
            Ok(found) if found.is_dir() => return tempfile::tempfile_in(here).map(|_| ()),
            Ok(_) => {
                let what = format!("`{}` is a file, not a folder", here.display());
                return Err(Error::new(ErrorKind::NotADirectory, what));
            }
            Err(e) if e.kind() != ErrorKind::NotFound && e.kind() != ErrorKind::NotADirectory => {
                return Err(e);
            }
            Err(e) => nearest = nearest.parent().ok_or(e)?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_written_is_told_and_nothing_is_made() {
        let here = tempfile::tempdir().unwrap();
        folder(&here.path().join("a/b")).unwrap();
        file(&here.path().join("a/b.json")).unwrap();
        assert_eq!(std::fs::read_dir(here.path()).unwrap().count(), 0);
        let taken = here.path().join("taken");
        std::fs::write(&taken, "a file").unwrap();
        let message = folder(&taken.join("results/x")).unwrap_err().to_string();
        assert!(message.contains("is a file, not a folder"), "{message}");
        assert!(message.contains("taken/results/x"), "{message}");
        let message = file(here.path()).unwrap_err().to_string();
        assert!(message.contains("name a file"), "{message}");
        // Linux's own folder takes no files from anyone, the superuser included.
        if Path::new("/proc/self").exists() {
            assert!(folder(Path::new("/proc/results")).is_err());
        }
        file(Path::new("only-a-name.png")).unwrap();
    }
}
