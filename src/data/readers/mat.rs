//! MATLAB's MAT-files of level 5: arrays of unsigned bytes, compressed or not.
//!
//! After *MAT-File Format* (The MathWorks): a header of 128 bytes, then data elements of a type, a size and content
//! padded to 8 bytes. A matrix is an element of elements: flags, dimensions, name, values with the first index
//! fastest. Since version 7 each matrix is itself compressed by zlib. Nothing in a file is trusted: no size is
//! allocated that the file's own length cannot account for.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use flate2::read::ZlibDecoder;

use super::ReadError;

/// Bytes of the header.
const HEADER: usize = 128;
/// Data types.
const MI_INT8: u32 = 1;
const MI_UINT8: u32 = 2;
const MI_INT32: u32 = 5;
const MI_UINT32: u32 = 6;
const MI_MATRIX: u32 = 14;
const MI_COMPRESSED: u32 = 15;
/// deflate makes at most so many bytes of one (RFC 1951: 258 bytes of two bits).
const LARGEST_RATIO: u64 = 1032;

/// An array of bytes.
pub(super) struct Array {
    pub name: String,
    pub dimensions: Vec<usize>,
    /// The first index is the fastest.
    pub values: Vec<u8>,
}

/// What a file holds.
#[derive(Default)]
pub(super) struct Arrays {
    /// Arrays whose values are stored as unsigned bytes.
    pub bytes: Vec<Array>,
    /// Names of the others, in words that say what they are.
    pub others: Vec<String>,
}

/// Read every array of the file at `path` that is wanted by its name.
pub(super) fn arrays(path: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<Arrays, ReadError> {
    let io = |source| ReadError::Io {
        path: path.to_path_buf(),
        source,
    };
    let file = File::open(path).map_err(io)?;
    let bytes = file.metadata().map_err(io)?.len();
    let mut file = BufReader::with_capacity(1 << 20, file);
    parse(&mut file, bytes, wanted).map_err(|why| match why {
        Trouble::Io(e) if e.kind() != std::io::ErrorKind::UnexpectedEof => io(e),
        Trouble::Io(_) => wrong(path, "ends inside an array; the file is truncated".into()),
        Trouble::Content(why) => wrong(path, why),
    })
}

pub(super) fn wrong(path: &Path, why: String) -> ReadError {
    ReadError::Content {
        path: path.to_path_buf(),
        why,
    }
}

enum Trouble {
    Io(std::io::Error),
    Content(String),
}

impl From<std::io::Error> for Trouble {
    fn from(e: std::io::Error) -> Trouble {
        Trouble::Io(e)
    }
}

fn content<T>(why: impl Into<String>) -> Result<T, Trouble> {
    Err(Trouble::Content(why.into()))
}

fn parse(
    file: &mut dyn Read,
    bytes: u64,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Arrays, Trouble> {
    let mut header = Vec::new();
    file.take(HEADER as u64).read_to_end(&mut header)?;
    let little = match header.get(124..HEADER) {
        Some([_, 1, b'I', b'M']) => true,
        Some([1, _, b'M', b'I']) => false,
        _ if header.starts_with(b"\x89HDF") || header.starts_with(b"MATLAB 7.3") => {
            return content(
                "is a MAT-file of version 7.3 (HDF5), but version 5 to 7 is read; save it again with `-v7`",
            );
        }
        _ => return content("is not a MAT-file of version 5 to 7: its header lacks the signature"),
    };
    let mut found = Arrays::default();
    let mut left = bytes.saturating_sub(HEADER as u64);
    while left > 0 {
        let tag = Tag::read(file, little)?;
        if tag.len > left.saturating_sub(8) {
            return content(format!(
                "has an element of {} bytes, but only {} are left; the file is truncated or damaged",
                tag.len,
                left.saturating_sub(8)
            ));
        }
        let mut body = file.take(tag.len);
        match tag.kind {
            MI_COMPRESSED => {
                let limit = tag.len.saturating_mul(LARGEST_RATIO);
                let mut inner = ZlibDecoder::new(&mut body);
                let tag = Tag::read(&mut inner, little)?;
                if tag.kind == MI_MATRIX {
                    matrix(&mut inner, tag.len, limit, little, wanted, &mut found)?;
                }
                // The checksum at the end is checked by reading it.
                std::io::copy(&mut inner, &mut std::io::sink())?;
            }
            MI_MATRIX => matrix(&mut body, tag.len, tag.len, little, wanted, &mut found)?,
            _ => {}
        }
        std::io::copy(&mut body, &mut std::io::sink())?;
        let padding = match tag.kind {
            MI_COMPRESSED => 0,
            _ => tag.padding().min(left - 8 - tag.len),
        };
        std::io::copy(&mut file.take(padding), &mut std::io::sink())?;
        left -= 8 + tag.len + padding;
    }
    Ok(found)
}

/// Read a matrix element's elements up to its values; keep those that are bytes and wanted.
fn matrix(
    from: &mut dyn Read,
    len: u64,
    limit: u64,
    little: bool,
    wanted: &dyn Fn(&str) -> bool,
    found: &mut Arrays,
) -> Result<(), Trouble> {
    // MATLAB writes an empty matrix for what it cannot save.
    if len == 0 {
        return Ok(());
    }
    let mut from = from.take(len);
    let flags = element(&mut from, little, MI_UINT32, "flags", 8)?;
    let flags = words(&flags, little).first().copied().unwrap_or_default();
    let dimensions = element(&mut from, little, MI_INT32, "dimensions", 4 * 32)?;
    let dimensions: Vec<usize> = words(&dimensions, little)
        .into_iter()
        .map(|d| d as usize)
        .collect();
    let name = element(&mut from, little, MI_INT8, "name", 1 << 16)?;
    let name = String::from_utf8_lossy(&name).into_owned();
    if !wanted(&name) {
        found.others.push(format!("`{name}`"));
        return Ok(());
    }
    // Numeric classes are 6 (double) to 15; bit 11 marks complex values.
    let (class, complex) = (flags & 0xff, flags & 0x800 != 0);
    if !(6..=15).contains(&class) || complex {
        found
            .others
            .push(format!("`{name}` (not a real numeric array)"));
        return Ok(());
    }
    let tag = Tag::read(&mut from, little)?;
    if tag.kind != MI_UINT8 {
        found.others.push(format!("`{name}` (not of type uint8)"));
        return Ok(());
    }
    let claimed = dimensions
        .iter()
        .try_fold(1u64, |n, &d| n.checked_mul(d as u64));
    if claimed != Some(tag.len) {
        return content(format!(
            "says that `{name}` has the dimensions {dimensions:?} and {} bytes, which differ; the file is damaged",
            tag.len
        ));
    }
    if tag.len > limit {
        return content(format!(
            "says that `{name}` has {} bytes, more than the file can hold; the file is damaged",
            tag.len
        ));
    }
    let values = tag.content(&mut from)?;
    found.bytes.push(Array {
        name,
        dimensions,
        values,
    });
    Ok(())
}

/// The content of the next element, which must be of this type and at most this long.
fn element(
    from: &mut dyn Read,
    little: bool,
    kind: u32,
    what: &str,
    most: u64,
) -> Result<Vec<u8>, Trouble> {
    let tag = Tag::read(from, little)?;
    if tag.kind != kind || tag.len > most {
        return content(format!(
            "has an array whose {what} are of type {} and {} bytes; the file is damaged or of another format",
            tag.kind, tag.len
        ));
    }
    let bytes = tag.content(from)?;
    let padding = tag.padding();
    std::io::copy(&mut from.take(padding), &mut std::io::sink())?;
    Ok(bytes)
}

fn words(bytes: &[u8], little: bool) -> Vec<u32> {
    bytes
        .chunks_exact(4)
        .map(|b| word([b[0], b[1], b[2], b[3]], little))
        .collect()
}

fn word(bytes: [u8; 4], little: bool) -> u32 {
    match little {
        true => u32::from_le_bytes(bytes),
        false => u32::from_be_bytes(bytes),
    }
}

/// The head of an element.
struct Tag {
    kind: u32,
    len: u64,
    /// Content of up to four bytes, which then lies inside the tag.
    small: Option<[u8; 4]>,
}

impl Tag {
    fn read(from: &mut dyn Read, little: bool) -> Result<Tag, Trouble> {
        let mut bytes = [0; 8];
        from.read_exact(&mut bytes)?;
        let [a, b, c, d, rest @ ..] = bytes;
        let first = word([a, b, c, d], little);
        // A small element keeps its size in the type's upper half.
        match first >> 16 {
            0 => Ok(Tag {
                kind: first,
                len: u64::from(word(rest, little)),
                small: None,
            }),
            len @ 1..=4 => Ok(Tag {
                kind: first & 0xffff,
                len: u64::from(len),
                small: Some(rest),
            }),
            len => content(format!(
                "has a small element of {len} bytes, but such have at most 4; the file is damaged"
            )),
        }
    }

    fn content(&self, from: &mut dyn Read) -> Result<Vec<u8>, Trouble> {
        if let Some(bytes) = self.small {
            return Ok(bytes[..self.len as usize].to_vec());
        }
        let mut bytes = Vec::with_capacity(self.len as usize);
        from.take(self.len).read_to_end(&mut bytes)?;
        match bytes.len() as u64 == self.len {
            true => Ok(bytes),
            false => Err(Trouble::Io(std::io::ErrorKind::UnexpectedEof.into())),
        }
    }

    /// Bytes between the content and the next element.
    fn padding(&self) -> u64 {
        match self.small {
            Some(_) => 0,
            None => self.len.next_multiple_of(8) - self.len,
        }
    }
}
