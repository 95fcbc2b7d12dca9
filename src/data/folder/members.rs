//! The members of a tar archive one after another, in little memory whatever the archive says of itself.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;
use std::rc::Rc;

use flate2::read::MultiGzDecoder;

use super::{FolderError, limits, sparse};
use crate::track::progress::{Bar, Progress, Stopped};

/// Bytes of what may stand between two members: long names, links' targets, attributes. A path has 4096 at most.
const MOST_NOTES: u64 = 2 << 20;

/// A member as its header describes it.
pub(super) struct Member {
    /// Its position among the members, from 0.
    pub number: u64,
    /// As it stands in the archive.
    pub name: Vec<u8>,
    pub kind: Kind,
}

pub(super) enum Kind {
    /// A file of so many bytes.
    File(u64),
    /// Or a note on the archive as a whole.
    Folder,
    /// Another name of the member called so.
    Hard(Vec<u8>),
    /// A link to that path, seen from its own folder.
    Symbolic(Vec<u8>),
    /// Devices, pipes and what only other programs understand.
    Other,
}

/// Reads the content of a file's member.
pub(super) type Content<'a> = dyn FnMut() -> io::Result<Vec<u8>> + 'a;

/// Show `each` every member of the archive at `path`, in order, with what reads a file's content. `bar` counts the bytes of the archive's
/// own file.
///
/// # Errors
/// [`FolderError::Read`] for a damaged archive; [`FolderError::Stopped`].
pub(super) fn each(
    path: &Path,
    progress: &dyn Progress,
    bar: &mut dyn Bar,
    each: &mut dyn FnMut(Member, &mut Content) -> io::Result<()>,
) -> Result<(), FolderError> {
    walk(path, progress, bar, each).map_err(|e| match progress.stop_requested() {
        true => Stopped.into(),
        false => FolderError::Read {
            path: path.to_path_buf(),
            what: "the archive".into(),
            why: e.to_string(),
        },
    })
}

fn walk(
    path: &Path,
    progress: &dyn Progress,
    bar: &mut dyn Bar,
    each: &mut dyn FnMut(Member, &mut Content) -> io::Result<()>,
) -> io::Result<()> {
    let (read, left) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(MOST_NOTES)));
    let stream = Bounded {
        inner: open(path, read.clone())?,
        left: left.clone(),
        progress,
    };
    let mut archive = tar::Archive::new(stream);
    let mut told = 0;
    for (number, entry) in (0..).zip(archive.entries()?) {
        let mut entry = entry?;
        // Passing over what is left of the member is allowed, and the notes before the next.
        let content = entry.header().entry_size()?.max(entry.size());
        left.set(u64::MAX);
        let layout = sparse::Layout::of(&mut entry)?;
        let member = Member {
            number,
            name: match layout.as_ref().and_then(|layout| layout.name.clone()) {
                Some(name) => name,
                None => entry.path_bytes().into_owned(),
            },
            kind: kind(&entry, layout.as_ref()),
        };
        each(member, &mut || match &layout {
            Some(layout) => layout.read(&mut entry),
            None => exactly(&mut entry),
        })?;
        left.set(content.saturating_add(MOST_NOTES));
        bar.advance(read.get() - told);
        told = read.get();
    }
    // The checksum of what is compressed stands at its very end.
    left.set(u64::MAX);
    io::copy(&mut archive.into_inner(), &mut io::sink())?;
    bar.advance(read.get() - told);
    Ok(())
}

fn kind<R: Read>(entry: &tar::Entry<R>, layout: Option<&sparse::Layout>) -> Kind {
    let kind = entry.header().entry_type();
    let link = || entry.link_name_bytes().unwrap_or_default().into_owned();
    if kind.is_hard_link() {
        Kind::Hard(link())
    } else if kind.is_symlink() {
        Kind::Symbolic(link())
    } else if kind.is_dir()
        || kind.is_pax_global_extensions()
        || (kind.is_file() && entry.path_bytes().ends_with(b"/"))
    {
        // Before POSIX a folder was a file whose name ends so.
        Kind::Folder
    } else if kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse() {
        Kind::File(layout.map_or(entry.size(), |layout| layout.bytes))
    } else {
        Kind::Other
    }
}

/// A member's content, all of it.
fn exactly<R: Read>(entry: &mut tar::Entry<R>) -> io::Result<Vec<u8>> {
    let size = entry.size();
    // Memory is taken when it is written to, not before.
    let mut content = Vec::with_capacity(size.min(limits::MOST_BYTES) as usize);
    entry.read_to_end(&mut content)?;
    match content.len() as u64 == size {
        true => Ok(content),
        false => Err(io::Error::other("it ends in the middle of a file")),
    }
}

/// The tar stream of an archive; gzip is known by its first two bytes (RFC 1952, section 2.3.1). `read` is told the
/// bytes of the file that were read.
fn open(path: &Path, read: Rc<Cell<u64>>) -> io::Result<Box<dyn Read>> {
    let mut file = File::open(path)?;
    let mut magic = [0u8; 2];
    let gzipped = file.read_exact(&mut magic).is_ok() && magic == [0x1f, 0x8b];
    file.rewind()?;
    let file = BufReader::with_capacity(1 << 20, Counted { inner: file, read });
    Ok(match gzipped {
        true => Box::new(MultiGzDecoder::new(file)),
        false => Box::new(file),
    })
}

/// Counts the bytes that it gives.
struct Counted<R> {
    inner: R,
    read: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.read.set(self.read.get() + n as u64);
        Ok(n)
    }
}

/// Gives no more than `left` bytes, and none once the user asked to stop.
struct Bounded<'a> {
    inner: Box<dyn Read>,
    left: Rc<Cell<u64>>,
    progress: &'a dyn Progress,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.progress.stop_requested() {
            return Err(io::Error::other("stopped"));
        }
        if self.left.get() == 0 && !buffer.is_empty() {
            return Err(io::Error::other(format!(
                "a name or note in it has more than {} MiB",
                MOST_NOTES >> 20
            )));
        }
        let most = usize::try_from(self.left.get()).unwrap_or(usize::MAX);
        let most = most.min(buffer.len());
        let n = self.inner.read(&mut buffer[..most])?;
        self.left.set(self.left.get().saturating_sub(n as u64));
        Ok(n)
    }
}
