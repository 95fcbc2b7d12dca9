//! Files that are whole or absent: written under a temporary name in the same folder, then renamed.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::disk::{self, Out};

/// What the names of unfinished files begin with.
const PARTIAL: &str = ".partial-";

/// A file could not be put in place; nothing half-written is left under its name.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`: {source}{}", path.display(), hint(source))]
pub struct WriteError {
    pub path: PathBuf,
    pub source: std::io::Error,
}

fn hint(e: &std::io::Error) -> &'static str {
    match e.kind() {
        std::io::ErrorKind::StorageFull => "; free some space and run the same command again",
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            "; choose a folder that you may write to"
        }
        _ => "",
    }
}

/// Write a file through `fill`, making its parent folders; on any error the old file stays as it was.
///
/// # Errors
/// [`WriteError`] with the final path.
pub fn write_with<F>(path: &Path, fill: F) -> Result<(), WriteError>
where
    F: FnOnce(&mut BufWriter<Out>) -> std::io::Result<()>,
{
    let attempt = || -> std::io::Result<()> {
        let folder = match path.parent() {
            Some(p) if !p.as_os_str().is_empty() => p,
            _ => Path::new("."),
        };
        disk::create_dir_all(folder)?;
        let (temp, out) = partial(folder)?;
        let mut out = BufWriter::with_capacity(1 << 20, out);
        fill(&mut out)?;
        out.flush()?;
        let out = out.into_inner().map_err(|e| e.into_error())?;
        out.file().sync_data()?;
        disk::rename(&temp, path)?;
        // It has its name: nothing is left to remove.
        let _ = temp.keep();
        Ok(())
    };
    attempt().map_err(|source| WriteError {
        path: path.to_path_buf(),
        source,
    })
}

/// A new unfinished file in `folder`, locked for as long as it is open, so that [`sweep`] leaves it alone.
fn partial(folder: &Path) -> std::io::Result<(tempfile::TempPath, Out)> {
    loop {
        let made = tempfile::Builder::new()
            .prefix(PARTIAL)
            .make_in(folder, Out::create_new)?;
        let (out, temp) = made.into_parts();
        // A file system without locks has nothing swept either.
        let _ = out.file().try_lock();
        // Another process may have swept the file before it was locked.
        if temp.exists() {
            return Ok((temp, out));
        }
    }
}

/// Remove the unfinished files that processes left which were killed, in `folder` and at most `depth` folders down.
///
/// A file that a living process writes is locked and stays. What cannot be removed only takes room, so nothing here fails.
pub fn sweep(folder: &Path, depth: usize) {
    let entries = walkdir::WalkDir::new(folder)
        .min_depth(1)
        .max_depth(depth + 1)
        .into_iter()
        .filter_map(Result::ok)
        .filter(|e| e.file_type().is_file())
        .filter(|e| e.file_name().to_string_lossy().starts_with(PARTIAL));
    for entry in entries {
        if let Ok(file) = std::fs::File::open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = disk::remove_file(entry.path());
        }
    }
}

/// Write `bytes` as a whole file.
///
/// # Errors
/// As [`write_with`].
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    write_with(path, |out| out.write_all(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_writes_is_swept() {
        let dir = tempfile::tempdir().unwrap();
        let dead = dir.path().join("a/.partial-dead");
        let deep = dir.path().join("a/b/.partial-deep");
        std::fs::create_dir_all(deep.parent().unwrap()).unwrap();
        for path in [&dead, &deep, &dir.path().join("a/kept")] {
            std::fs::write(path, "half").unwrap();
        }
        let swept = dir.path().to_path_buf();
        write_with(&dir.path().join("a/whole"), |out| {
            out.write_all(b"whole")?;
            sweep(&swept, 1);
            Ok(())
        })
        .unwrap();
        assert!(!dead.exists() && deep.exists());
        assert_eq!(std::fs::read(dir.path().join("a/whole")).unwrap(), b"whole");
        assert_eq!(std::fs::read(dir.path().join("a/kept")).unwrap(), b"half");
        sweep(&dir.path().join("no such folder"), 1);
    }

    #[test]
    #[cfg(unix)]
    fn a_written_file_is_as_readable_as_any_other() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let (ours, other) = (dir.path().join("ours"), dir.path().join("other"));
        write(&ours, b"").unwrap();
        std::fs::write(&other, b"").unwrap();
        let mode = |p: &Path| std::fs::metadata(p).unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&other));
    }

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b.txt");
        write(&path, b"old").unwrap();
        let e = write_with(&path, |out| {
            out.write_all(b"half")?;
            Err(std::io::Error::from(std::io::ErrorKind::StorageFull))
        })
        .unwrap_err();
        assert!(e.to_string().contains("free some space"), "{e}");
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(
            std::fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1
        );
    }
}
