//! One pass over the image files of a tree or an archive, some at a time, so that whole files are held only briefly.

use std::path::Path;

use rayon::prelude::*;

use super::members::{self, Kind, Member};
use super::tree::Listed;
use super::{FolderError, limits};
use crate::track::progress::{Bar, Progress};

/// Files of a chunk, at most.
const CHUNK: usize = 512;
/// Bytes of a chunk, roughly at most: whole files are held while they are decoded.
const CHUNK_BYTES: u64 = 64 << 20;

/// A file that was read.
pub(super) struct Item {
    /// Its position among the files that were asked for, or the number of an archive's member.
    pub key: u64,
    /// Bytes that it has, read or not.
    pub size: u64,
    /// Its content, or why there is none.
    pub bytes: Result<Vec<u8>, String>,
}

/// Read these files of a tree, a chunk at a time, on all threads.
pub(super) fn tree(
    files: &[&Listed],
    progress: &dyn Progress,
    each: &mut dyn FnMut(Vec<Item>),
) -> Result<(), FolderError> {
    let mut rest = files;
    let mut first = 0;
    while !rest.is_empty() {
        progress.check()?;
        let mut bytes = 0;
        let fit = rest.iter().take(CHUNK).take_while(|file| {
            let before = bytes;
            bytes += file.metadata.len().min(limits::MOST_BYTES);
            before == 0 || bytes <= CHUNK_BYTES
        });
        let (chunk, next) = rest.split_at(fit.count().max(1));
        rest = next;
        let read = |(at, file): (usize, &&Listed)| {
            let size = file.metadata.len();
            Item {
                key: (first + at) as u64,
                size,
                bytes: match limits::too_large(size) {
                    Some(why) => Err(why),
                    None => std::fs::read(&file.path).map_err(|e| e.to_string()),
                },
            }
        };
        each(chunk.par_iter().enumerate().map(read).collect());
        first += chunk.len();
    }
    Ok(())
}

/// Read the files of an archive for which `wanted`, which sees every member, says yes, a chunk at a time. `bar` counts
/// the bytes of the archive's own file.
pub(super) fn archive(
    path: &Path,
    progress: &dyn Progress,
    bar: &mut dyn Bar,
    wanted: &mut dyn FnMut(&Member) -> bool,
    each: &mut dyn FnMut(Vec<Item>),
) -> Result<(), FolderError> {
    let mut chunk = Vec::new();
    let mut held = 0;
    members::each(path, progress, bar, &mut |member, content| {
        let Kind::File(size) = member.kind else {
            wanted(&member);
            return Ok(());
        };
        if !wanted(&member) {
            return Ok(());
        }
        let bytes = match limits::too_large(size) {
            Some(why) => Err(why),
            None => Ok(content()?),
        };
        held += bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
        chunk.push(Item {
            key: member.number,
            size,
            bytes,
        });
        if chunk.len() == CHUNK || held >= CHUNK_BYTES {
            each(std::mem::take(&mut chunk));
            held = 0;
        }
        Ok(())
    })?;
    if !chunk.is_empty() {
        each(chunk);
    }
    Ok(())
}
