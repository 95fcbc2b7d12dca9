//! A folder that one process works in at a time: the operating system's lock on its file `.lock`.
//!
//! The lock goes with the process that holds it, however that ends, so a lock file that was left says nothing. What is
//! written in the file, the process's number, is only for people.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::atomic::WriteError;
use super::disk::{self, Out};

/// Why a folder cannot be had alone.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process, or another part of this one, holds it.
    #[error(
        "`{}` is in use by {}; wait for it or stop it, and run the same command again",
        folder.display(),
        holder.as_ref().map_or("another process".to_string(), |pid| format!("process {pid}"))
    )]
    InUse {
        folder: PathBuf,
        /// Its number as it wrote it down; it may have had no time for that.
        holder: Option<u32>,
    },
    /// Nothing keeps two processes out of one folder there.
    #[error(
        "the file system of `{}` has no file locks ({source}), so that two runs at once could spoil each other's files; choose a folder on another disk",
        folder.display()
    )]
    NoLocks {
        folder: PathBuf,
        source: std::io::Error,
    },
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// A folder held by this process until the value is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: Out,
}

impl Lock {
    /// Hold `folder`, which is made where there is none.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn take(folder: &Path) -> Result<Lock, LockError> {
        let path = folder.join(".lock");
        let unwritable = |source| WriteError {
            path: path.clone(),
            source,
        };
        disk::create_dir_all(folder).map_err(unwritable)?;
        let mut file = disk::lock_file(&path).map_err(unwritable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LockError::InUse {
                    folder: folder.to_path_buf(),
                    holder: holder(&mut file),
                });
            }
            Err(TryLockError::Error(source)) => {
                return Err(LockError::NoLocks {
                    folder: folder.to_path_buf(),
                    source,
                });
            }
        }
        let mut file = Out::of(file);
        // The lock is held whether its holder can be told or not.
        let _ = sign(&mut file);
        Ok(Lock { _file: file })
    }
}

fn sign(out: &mut Out) -> std::io::Result<()> {
    out.file().set_len(0)?;
    out.file().rewind()?;
    out.write_all(std::process::id().to_string().as_bytes())
}

fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(20).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_holder_and_old_files_hold_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(".lock");
        // Of a process that is gone, of one that has another's number now, of no process at all.
        for old in ["4294967295", "1", "", "not a number"] {
            std::fs::write(&path, old).unwrap();
            let held = Lock::take(dir.path()).unwrap();
            let e = Lock::take(dir.path()).unwrap_err();
            let me = std::process::id();
            assert!(
                matches!(&e, LockError::InUse { holder: Some(pid), .. } if *pid == me),
                "{e}"
            );
            drop(held);
        }
        assert!(Lock::take(dir.path()).is_ok());
    }

    #[test]
    fn the_message_says_who_and_what_to_do() {
        let e = |holder| LockError::InUse {
            folder: "results/a/b".into(),
            holder,
        };
        insta::assert_snapshot!(e(Some(12)), @"`results/a/b` is in use by process 12; wait for it or stop it, and run the same command again");
        insta::assert_snapshot!(e(None), @"`results/a/b` is in use by another process; wait for it or stop it, and run the same command again");
    }
}
