//! The last step of every source: bytes that are what the card describes get their place, others never.

use std::io::{Read, Write};

use super::{Card, FileSpec, SourceError, Store};
use crate::track::atomic;
use crate::track::progress::{Bar, Progress, Stopped};

/// Where files land.
#[derive(Clone, Copy)]
pub(super) struct Landing<'a> {
    pub card: &'a Card,
    pub store: &'a Store,
    pub progress: &'a dyn Progress,
}

impl Landing<'_> {
    /// Put the bytes of `from` in place as `spec`, if they are that file; `damaged` words a failure to read them.
    pub fn land(
        &self,
        spec: &FileSpec,
        from: &mut dyn Read,
        bar: &mut dyn Bar,
        damaged: &dyn Fn(&std::io::Error) -> SourceError,
    ) -> Result<(), SourceError> {
        let path = self.store.path(self.card, &spec.name);
        let mut hash = spec.checksum.hasher();
        let mut bytes = 0u64;
        let mut reason = None;
        // One byte more than expected is enough to know a file that is too long.
        let mut from = from.take(spec.bytes + 1);
        let written = atomic::write_with(&path, |out| {
            let copied = copy(&mut from, &mut |chunk| {
                hash.update(chunk);
                bytes += chunk.len() as u64;
                bar.advance(chunk.len() as u64);
                match self.progress.stop_requested() {
                    true => Err(std::io::ErrorKind::Interrupted.into()),
                    false => out.write_all(chunk),
                }
            });
            match copied {
                Ok(()) => {}
                Err(Side::To(e)) if e.kind() == std::io::ErrorKind::Interrupted => {
                    reason = Some(Stopped.into());
                    return Err(e);
                }
                Err(Side::To(e)) => return Err(e),
                Err(Side::From(e)) => {
                    reason = Some(damaged(&e));
                    return Err(e);
                }
            }
            let found = hash.finish();
            if bytes != spec.bytes || found != spec.checksum {
                reason = Some(wrong_file(spec, bytes, &found.to_string()));
                return Err(std::io::ErrorKind::InvalidData.into());
            }
            Ok(())
        });
        match reason {
            Some(reason) => Err(reason),
            None => Ok(written?),
        }
    }

    pub fn poll(&self) -> Result<(), SourceError> {
        Ok(self.progress.check()?)
    }
}

/// True where the failure is of one file and another may still land.
pub(super) fn is_of_one_file(e: &SourceError) -> bool {
    matches!(
        e,
        SourceError::WrongFile { .. } | SourceError::NoMember(_) | SourceError::Sheet { .. }
    )
}

/// Which end of a copy failed: what is read is damaged, or the disk is full.
pub(super) enum Side {
    From(std::io::Error),
    To(std::io::Error),
}

pub(super) fn copy(
    from: &mut dyn Read,
    to: &mut dyn FnMut(&[u8]) -> std::io::Result<()>,
) -> Result<(), Side> {
    let mut buffer = vec![0u8; 1 << 18];
    loop {
        match from.read(&mut buffer).map_err(Side::From)? {
            0 => return Ok(()),
            n => to(&buffer[..n]).map_err(Side::To)?,
        }
    }
}

fn wrong_file(spec: &FileSpec, bytes: u64, hash: &str) -> SourceError {
    let (found, expected) = match bytes.cmp(&spec.bytes) {
        std::cmp::Ordering::Less => (format!("{bytes} bytes"), format!("{} bytes", spec.bytes)),
        std::cmp::Ordering::Greater => (
            format!("more than {} bytes", spec.bytes),
            format!("{} bytes", spec.bytes),
        ),
        std::cmp::Ordering::Equal => (hash.to_string(), spec.checksum.to_string()),
    };
    SourceError::WrongFile {
        file: spec.name.clone(),
        found,
        expected,
    }
}
