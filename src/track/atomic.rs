//! Files that are whole or absent: written under a temporary name in the same folder, then renamed.

use std::io::Write;
use std::path::{Path, PathBuf};

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
    F: FnOnce(&mut std::io::BufWriter<&std::fs::File>) -> std::io::Result<()>,
{
    let attempt = || -> std::io::Result<()> {
        let folder = match path.parent() {
            Some(p) if !p.as_os_str().is_empty() => p,
            _ => Path::new("."),
        };
        std::fs::create_dir_all(folder)?;
        let temp = tempfile::Builder::new()
            .prefix(".partial-")
            .tempfile_in(folder)?;
        {
            let mut out = std::io::BufWriter::with_capacity(1 << 20, temp.as_file());
            fill(&mut out)?;
            out.flush()?;
        }
        #[cfg(unix)]
        {
            // tempfile makes files private; results are as readable as any other file of the user.
            use std::os::unix::fs::PermissionsExt;
            temp.as_file()
                .set_permissions(std::fs::Permissions::from_mode(0o644))?;
        }
        temp.as_file().sync_data()?;
        temp.persist(path).map_err(|e| e.error)?;
        Ok(())
    };
    attempt().map_err(|source| WriteError {
        path: path.to_path_buf(),
        source,
    })
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
