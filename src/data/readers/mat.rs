//! MATLAB's MAT-files of level 5: arrays of small whole numbers, compressed or not.
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
const MI_INT16: u32 = 3;
const MI_UINT16: u32 = 4;
const MI_INT32: u32 = 5;
const MI_UINT32: u32 = 6;
const MI_SINGLE: u32 = 7;
const MI_DOUBLE: u32 = 9;
const MI_INT64: u32 = 12;
const MI_UINT64: u32 = 13;
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

/// What is done with an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Take {
    /// Nothing but its name.
    Name,
    /// Its values, if they are stored as unsigned bytes.
    Bytes,
    /// Its values, of whatever type, if each is a whole number from 0 to 255.
    Numbers,
}

/// What a file holds.
#[derive(Default)]
pub(super) struct Arrays {
    /// The arrays that are wanted and could be had.
    pub bytes: Vec<Array>,
    /// Names of the others, in words that say what they are.
    pub others: Vec<String>,
}

/// Read the arrays of the file at `path`, each as `wanted` says by its name.
pub(super) fn arrays(path: &Path, wanted: &dyn Fn(&str) -> Take) -> Result<Arrays, ReadError> {
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
    wanted: &dyn Fn(&str) -> Take,
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
        _ if header.trim_ascii_start().starts_with(b"<") => {
            return content(
                "is not a MAT-file but a web page, as a server sends that lacks the file; remove it and get the file again",
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

/// Read a matrix element's elements up to its values; keep these where they are wanted.
fn matrix(
    from: &mut dyn Read,
    len: u64,
    limit: u64,
    little: bool,
    wanted: &dyn Fn(&str) -> Take,
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
    let take = wanted(&name);
    if take == Take::Name {
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
    let stored = Stored::of(tag.kind).filter(|s| s.kind == MI_UINT8 || take == Take::Numbers);
    let Some(stored) = stored else {
        let kind = Stored::of(tag.kind).map_or("unknown", |s| s.name);
        found.others.push(format!(
            "`{name}` (of type {kind}; write it as `uint8({name})` and save the file again)"
        ));
        return Ok(());
    };
    let claimed = dimensions
        .iter()
        .try_fold(stored.size, |n, &d| n.checked_mul(d as u64));
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
    let values = stored.bytes(&name, tag.content(&mut from)?, little)?;
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

/// How the numbers of an array are stored.
struct Stored {
    kind: u32,
    name: &'static str,
    /// Bytes of one.
    size: u64,
}

impl Stored {
    fn of(kind: u32) -> Option<Stored> {
        let (name, size) = match kind {
            MI_INT8 => ("int8", 1),
            MI_UINT8 => ("uint8", 1),
            MI_INT16 => ("int16", 2),
            MI_UINT16 => ("uint16", 2),
            MI_INT32 => ("int32", 4),
            MI_UINT32 => ("uint32", 4),
            MI_SINGLE => ("single", 4),
            MI_DOUBLE => ("double", 8),
            MI_INT64 => ("int64", 8),
            MI_UINT64 => ("uint64", 8),
            _ => return None,
        };
        Some(Stored { kind, name, size })
    }

    /// The values as bytes, each of which must be a whole number from 0 to 255.
    fn bytes(&self, name: &str, stored: Vec<u8>, little: bool) -> Result<Vec<u8>, Trouble> {
        if self.kind == MI_UINT8 {
            return Ok(stored);
        }
        let byte = |(i, value): (usize, &[u8])| {
            let value = self.value(value, little);
            // An integer beyond what a double tells apart is far beyond 255 as well.
            match (0.0..=255.0).contains(&value) && value.fract() == 0.0 {
                true => Ok(value as u8),
                false => content(format!(
                    "has the value {value} at place {i} of `{name}` (of type {}), but whole numbers from 0 to 255 are \
                     expected; the file is of another data set",
                    self.name
                )),
            }
        };
        let values = stored.chunks_exact(self.size as usize);
        values.enumerate().map(byte).collect()
    }

    fn value(&self, bytes: &[u8], little: bool) -> f64 {
        let mut wide = [0; 8];
        for (i, byte) in bytes.iter().enumerate() {
            wide[if little { i } else { bytes.len() - 1 - i }] = *byte;
        }
        let bits = u64::from_le_bytes(wide);
        match self.kind {
            MI_INT8 => f64::from(bits as i8),
            MI_INT16 => f64::from(bits as i16),
            MI_INT32 => f64::from(bits as i32),
            MI_INT64 => bits as i64 as f64,
            MI_SINGLE => f64::from(f32::from_bits(bits as u32)),
            MI_DOUBLE => f64::from_bits(bits),
            _ => bits as f64,
        }
    }
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
        // What is claimed is within what the file can hold, but may still be more than there is.
        let mut bytes = Vec::new();
        let len = usize::try_from(self.len).unwrap_or(usize::MAX);
        if bytes.try_reserve_exact(len).is_err() {
            return content(format!(
                "has an element of {} bytes, for which there is no memory; the file is damaged or too large",
                self.len
            ));
        }
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
