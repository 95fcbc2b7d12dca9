//! One pass over the image files of a tree or an archive.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use rayon::prelude::*;

use super::FolderError;
use crate::track::progress::Progress;

/// What an image's name ends in, in any case. What it is, its content says.
const ENDINGS: [&str; 5] = ["jpg", "jpeg", "png", "webp", "bmp"];
/// Files of a chunk, at most.
const CHUNK: usize = 512;
/// Bytes of a chunk, roughly at most: whole files are held while they are decoded.
const CHUNK_BYTES: u64 = 64 << 20;
/// No photograph has as many bytes; an archive's word for it is not taken.
const LARGEST: u64 = 1 << 30;

/// An image file's name, relative to the root and with `/`, and its bytes.
pub(super) struct Item {
    pub name: String,
    pub bytes: Result<Vec<u8>, String>,
}

/// An image file of a tree.
pub(super) struct Listed {
    pub name: String,
    pub path: PathBuf,
    pub metadata: std::fs::Metadata,
}

/// Every image file below `root`, by name, and the number of other files.
pub(super) fn list(root: &Path) -> Result<(Vec<Listed>, usize), FolderError> {
    let mut images = Vec::new();
    let mut others = 0;
    let failed = |e: walkdir::Error| {
        let what = e.path().unwrap_or(root).display();
        FolderError::Read {
            path: root.to_path_buf(),
            what: format!("`{what}`"),
            why: e.io_error().map_or(e.to_string(), |e| e.to_string()),
        }
    };
    // Sets are often trees of links into other sets.
    for entry in walkdir::WalkDir::new(root).follow_links(true) {
        let entry = entry.map_err(failed)?;
        if !entry.file_type().is_file() {
            continue;
        }
        let relative = entry.path().strip_prefix(root).unwrap_or(entry.path());
        let name = slashed(relative);
        if !is_image(&name) {
            others += 1;
            continue;
        }
        images.push(Listed {
            name,
            metadata: entry.metadata().map_err(failed)?,
            path: entry.into_path(),
        });
    }
    images.sort_by(|a, b| a.name.cmp(&b.name));
    Ok((images, others))
}

/// Read these files of a tree, a chunk at a time, on all threads.
pub(super) fn tree(
    files: &[&Listed],
    progress: &dyn Progress,
    each: &mut dyn FnMut(Vec<Item>),
) -> Result<(), FolderError> {
    let mut rest = files;
    while !rest.is_empty() {
        stop(progress)?;
        let mut bytes = 0;
        let fit = rest.iter().take(CHUNK).take_while(|file| {
            let before = bytes;
            bytes += file.metadata.len();
            before == 0 || bytes <= CHUNK_BYTES
        });
        let (chunk, next) = rest.split_at(fit.count().max(1));
        rest = next;
        let read = |file: &&Listed| Item {
            name: file.name.clone(),
            bytes: std::fs::read(&file.path).map_err(|e| e.to_string()),
        };
        each(chunk.par_iter().map(read).collect());
    }
    Ok(())
}

/// Read the image files of an archive that are wanted by their names, a chunk at a time. Returns the number of files
/// that are no images.
pub(super) fn archive(
    path: &Path,
    wanted: &dyn Fn(&str) -> bool,
    progress: &dyn Progress,
    each: &mut dyn FnMut(Vec<Item>),
) -> Result<usize, FolderError> {
    let failed = |e: std::io::Error| FolderError::Read {
        path: path.to_path_buf(),
        what: "the archive".into(),
        why: e.to_string(),
    };
    let mut others = 0;
    let mut chunk = Vec::new();
    let mut bytes = 0;
    let mut archive = tar::Archive::new(open(path).map_err(failed)?);
    for entry in archive.entries().map_err(failed)? {
        stop(progress)?;
        let entry = entry.map_err(failed)?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = {
            let member = entry.path().map_err(failed)?;
            slashed(member.strip_prefix(".").unwrap_or(&member))
        };
        if !is_image(&name) {
            others += 1;
            continue;
        }
        if !wanted(&name) {
            continue;
        }
        let mut content = Vec::new();
        entry
            .take(LARGEST)
            .read_to_end(&mut content)
            .map_err(failed)?;
        bytes += content.len() as u64;
        chunk.push(Item {
            name,
            bytes: Ok(content),
        });
        if chunk.len() == CHUNK || bytes >= CHUNK_BYTES {
            each(std::mem::take(&mut chunk));
            bytes = 0;
        }
    }
    if !chunk.is_empty() {
        each(chunk);
    }
    Ok(others)
}

/// The endings, for people.
pub(super) fn endings() -> String {
    ENDINGS.map(|e| format!(".{e}")).join(", ")
}

/// An image by its name; hidden files are other programs' notes, though they may be called like images.
fn is_image(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name);
    let Some((stem, ending)) = name.rsplit_once('.') else {
        return false;
    };
    !stem.is_empty()
        && !stem.starts_with('.')
        && ENDINGS.iter().any(|e| e.eq_ignore_ascii_case(ending))
}

fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path
        .components()
        .map(|c| c.as_os_str().to_string_lossy())
        .collect();
    parts.join("/")
}

fn stop(progress: &dyn Progress) -> Result<(), FolderError> {
    match progress.stop_requested() {
        true => Err(FolderError::Stopped),
        false => Ok(()),
    }
}

/// The tar stream of an archive; gzip is known by its first two bytes (RFC 1952, section 2.3.1).
fn open(path: &Path) -> std::io::Result<Box<dyn Read>> {
    let mut file = File::open(path)?;
    let mut magic = [0u8; 2];
    let gzipped = file.read_exact(&mut magic).is_ok() && magic == [0x1f, 0x8b];
    file.rewind()?;
    let file = BufReader::with_capacity(1 << 20, file);
    Ok(match gzipped {
        true => Box::new(MultiGzDecoder::new(file)),
        false => Box::new(file),
    })
}
