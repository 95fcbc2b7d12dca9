//! Files with holes as GNU tar stores them in archives of POSIX form: the holes' places stand in the member's attributes
//! or before its data (GNU tar's manual, "Storing Sparse Files"). Those in archives of GNU form the tar crate reads.

use std::io::{self, Read};
use std::str::FromStr;

use super::limits;

/// Pieces of a file between holes, at most.
const MOST_PIECES: usize = 1 << 20;

/// How the file was before its holes were left out.
pub(super) struct Layout {
    pub bytes: u64,
    /// Its own name, where the member's is made up.
    pub name: Option<Vec<u8>>,
    /// Place and length of each piece; `None` where they stand before the data.
    pieces: Option<Vec<(u64, u64)>>,
}

impl Layout {
    /// The layout of a member with holes; `None` for one without.
    pub fn of<R: Read>(entry: &mut tar::Entry<R>) -> io::Result<Option<Layout>> {
        // Attributes of the archive as a whole may be as long as they like; nothing in them is of use here.
        if entry.header().entry_type().is_pax_global_extensions() {
            return Ok(None);
        }
        let Some(attributes) = entry.pax_extensions()? else {
            return Ok(None);
        };
        let (mut bytes, mut name, mut major) = (None, None, None);
        let mut numbers: Vec<u64> = Vec::new();
        for attribute in attributes {
            let attribute = attribute?;
            let value = attribute.value_bytes();
            match attribute.key_bytes() {
                b"GNU.sparse.size" | b"GNU.sparse.realsize" => bytes = Some(number(value)?),
                b"GNU.sparse.name" => name = Some(value.to_vec()),
                b"GNU.sparse.major" => major = Some(number::<u64>(value)?),
                b"GNU.sparse.offset" | b"GNU.sparse.numbytes" => numbers.push(number(value)?),
                b"GNU.sparse.map" => {
                    numbers = value
                        .split(|&b| b == b',')
                        .filter(|text| !text.is_empty())
                        .map(number)
                        .collect::<io::Result<_>>()?;
                }
                _ => {}
            }
        }
        let pieces = match major {
            Some(1) => None,
            Some(n) if n > 1 => return Err(wrong()),
            _ => Some(pairs(&numbers)?),
        };
        Ok(bytes.map(|bytes| Layout {
            bytes,
            name,
            pieces,
        }))
    }

    /// The file with its holes as zeros.
    pub fn read(&self, entry: &mut impl Read) -> io::Result<Vec<u8>> {
        if let Some(why) = limits::too_large(self.bytes) {
            return Err(io::Error::other(why));
        }
        let made;
        let pieces = match &self.pieces {
            Some(pieces) => pieces,
            None => {
                made = before(entry)?;
                &made
            }
        };
        let mut out = vec![0; self.bytes as usize];
        for &(at, length) in pieces {
            let end = at.checked_add(length).ok_or_else(wrong)?;
            let piece = out.get_mut(at as usize..end as usize).ok_or_else(wrong)?;
            entry.read_exact(piece)?;
        }
        Ok(out)
    }
}

/// Form 1.0: the number of pieces, then place and length of each, a number a line, filled up to whole blocks of 512.
fn before(entry: &mut impl Read) -> io::Result<Vec<(u64, u64)>> {
    const BLOCK: usize = 512;
    let mut numbers = Vec::new();
    let mut digits = Vec::new();
    let mut block = [0; BLOCK];
    while numbers
        .first()
        .is_none_or(|&n: &u64| (numbers.len() as u64) < 1 + 2 * n)
    {
        entry.read_exact(&mut block)?;
        for &byte in &block {
            match byte {
                b'0'..=b'9' if digits.len() < 20 => digits.push(byte),
                b'\n' => numbers.push(number(&std::mem::take(&mut digits))?),
                0 => break,
                _ => return Err(wrong()),
            }
        }
        if numbers.first().is_some_and(|&n| n > MOST_PIECES as u64) {
            return Err(wrong());
        }
    }
    pairs(numbers.get(1..).unwrap_or_default())
}

fn pairs(numbers: &[u64]) -> io::Result<Vec<(u64, u64)>> {
    match numbers.len().is_multiple_of(2) {
        true => Ok(numbers.chunks_exact(2).map(|p| (p[0], p[1])).collect()),
        false => Err(wrong()),
    }
}

fn number<T: FromStr>(text: &[u8]) -> io::Result<T> {
    let text = std::str::from_utf8(text).map_err(|_| wrong())?;
    text.parse().map_err(|_| wrong())
}

fn wrong() -> io::Error {
    io::Error::other("the places of the holes in a sparse file are damaged")
}
