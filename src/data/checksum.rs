//! What a file's bytes must come to.

use md5::Md5;
use sha2::digest::DynDigest;
use sha2::{Digest, Sha256};

use crate::track::hash::hex;

/// The hash that a card gives of a file: SHA-256, or MD5 where the authors published no other.
///
/// MD5 finds damage as surely as SHA-256 does; it does not keep out somebody who makes two files of one hash on
/// purpose, so a card names it only where SHA-256 is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checksum {
    /// 64 lower-case hexadecimal digits.
    Sha256(String),
    /// 32 lower-case hexadecimal digits.
    Md5(String),
}

impl Checksum {
    /// The hexadecimal digits alone.
    pub fn digits(&self) -> &str {
        match self {
            Checksum::Sha256(digits) | Checksum::Md5(digits) => digits,
        }
    }

    /// The key that gives it in a card.
    pub(super) fn key(&self) -> &'static str {
        match self {
            Checksum::Sha256(_) => "sha256",
            Checksum::Md5(_) => "md5",
        }
    }

    /// How many digits it must have.
    pub(super) fn len(&self) -> usize {
        match self {
            Checksum::Sha256(_) => 64,
            Checksum::Md5(_) => 32,
        }
    }

    /// A hash of the same kind over no bytes yet.
    pub(super) fn hasher(&self) -> Hasher {
        match self {
            Checksum::Sha256(_) => Hasher {
                of: Checksum::Sha256,
                state: Box::new(Sha256::new()),
            },
            Checksum::Md5(_) => Hasher {
                of: Checksum::Md5,
                state: Box::new(Md5::new()),
            },
        }
    }
}

impl std::fmt::Display for Checksum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self {
            Checksum::Sha256(_) => "SHA-256",
            Checksum::Md5(_) => "MD5",
        };
        write!(f, "{kind} {}", self.digits())
    }
}

/// A hash being taken.
pub(super) struct Hasher {
    of: fn(String) -> Checksum,
    state: Box<dyn DynDigest>,
}

impl Hasher {
    pub fn update(&mut self, bytes: &[u8]) {
        self.state.update(bytes);
    }

    pub fn finish(self) -> Checksum {
        (self.of)(hex(&self.state.finalize()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_are_as_their_standards_say() {
        let of = |checksum: Checksum| {
            let mut hasher = checksum.hasher();
            hasher.update(b"a");
            hasher.update(b"bc");
            hasher.finish().to_string()
        };
        // RFC 1321, appendix A.5, and FIPS 180-4's example.
        insta::assert_snapshot!(of(Checksum::Md5(String::new())), @"MD5 900150983cd24fb0d6963f7d28e17f72");
        insta::assert_snapshot!(of(Checksum::Sha256(String::new())), @"SHA-256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
