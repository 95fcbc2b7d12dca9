//! Bytes of a pickle, one after the other, never more than there are.

use std::io::BufRead;

/// A longer text is no name of anything and is passed over.
const LONGEST_TEXT: u64 = 4096;

/// Why a pickle could not be read.
#[derive(Debug, thiserror::Error)]
pub enum PickleError {
    #[error("it ends at byte {at}, within the description of its contents")]
    Cut { at: u64 },
    #[error("{message} at byte {at}")]
    Bad { message: String, at: u64 },
    #[error("its description has more than {limit} parts, far more than the tensors of a net need")]
    TooMuch { limit: usize },
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// A place in a stream of known length.
pub struct Cursor<R> {
    from: R,
    at: u64,
    end: u64,
}

impl<R: BufRead> Cursor<R> {
    /// The first `length` bytes of `from`.
    pub fn new(from: R, length: u64) -> Self {
        Cursor {
            from,
            at: 0,
            end: length,
        }
    }

    /// Bytes read so far.
    pub fn at(&self) -> u64 {
        self.at
    }

    pub fn bad(&self, message: impl Into<String>) -> PickleError {
        PickleError::Bad {
            message: message.into(),
            at: self.at,
        }
    }

    pub fn byte(&mut self) -> Result<u8, PickleError> {
        Ok(self.array::<1>()?[0])
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], PickleError> {
        let mut bytes = [0; N];
        self.advance(N as u64)?;
        self.from
            .read_exact(&mut bytes)
            .map_err(|e| self.ended(e))?;
        Ok(bytes)
    }

    /// Bytes of that length, `None` where they are too many to be a text of use.
    pub fn text(&mut self, length: u64) -> Result<Option<Vec<u8>>, PickleError> {
        if length > LONGEST_TEXT {
            self.skip(length)?;
            return Ok(None);
        }
        self.advance(length)?;
        let mut bytes = vec![0; length as usize];
        self.from
            .read_exact(&mut bytes)
            .map_err(|e| self.ended(e))?;
        Ok(Some(bytes))
    }

    /// Pass over so many bytes.
    pub fn skip(&mut self, length: u64) -> Result<(), PickleError> {
        self.advance(length)?;
        let mut left = length;
        while left > 0 {
            let buffer = self.from.fill_buf()?;
            if buffer.is_empty() {
                return Err(PickleError::Cut { at: self.at });
            }
            let now = left.min(buffer.len() as u64);
            self.from.consume(now as usize);
            left -= now;
        }
        Ok(())
    }

    /// The bytes up to the end of the line, which is passed.
    pub fn line(&mut self) -> Result<Vec<u8>, PickleError> {
        let mut line = Vec::new();
        loop {
            match self.byte()? {
                b'\n' => break,
                _ if line.len() as u64 == LONGEST_TEXT => {
                    return Err(self.bad("a line is too long"));
                }
                byte => line.push(byte),
            }
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok(line)
    }

    fn advance(&mut self, length: u64) -> Result<(), PickleError> {
        match self.end - self.at >= length {
            true => {
                self.at += length;
                Ok(())
            }
            false => Err(PickleError::Cut { at: self.end }),
        }
    }

    fn ended(&self, e: std::io::Error) -> PickleError {
        match e.kind() {
            std::io::ErrorKind::UnexpectedEof => PickleError::Cut { at: self.at },
            _ => e.into(),
        }
    }
}
