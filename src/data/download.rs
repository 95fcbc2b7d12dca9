//! One file over HTTP, going on where an earlier try broke off.
//!
//! The bytes gather in `NAME.part`, and the server's version tag in `NAME.part.tag`, so that a resumed download never
//! mixes two versions of a file (RFC 9110, sections 13.1.5 and 14.2).

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::SourceError;
use crate::track::atomic::{self, WriteError};
use crate::track::disk::{self, Out};
use crate::track::progress::{Progress, Stopped, Unit};

/// A server that does not answer within this is taken for absent, so that the next source is tried soon.
const CONNECT: Duration = Duration::from_secs(10);
/// A connection that brings no byte for this long is taken for dead.
const SILENCE: Duration = Duration::from_secs(30);
/// The longest head of an answer in bytes.
const LONGEST_HEAD: usize = 64 << 10;
/// Tries in a row that bring no new byte before the download is given up.
const TRIES: u32 = 4;

/// A download that ended with every byte that the server promised.
pub(super) struct Download {
    /// The file, still under its `.part` name: what is in it has not been judged.
    pub part: PathBuf,
    /// True where bytes of an earlier try were kept.
    pub resumed: bool,
}

impl Download {
    /// Remove the file and its tag.
    pub fn discard(&self) {
        // A file that cannot be removed is resumed by the next fetch and judged again.
        let _ = disk::remove_file(&self.part);
        let _ = disk::remove_file(&tag_path(&self.part));
    }
}

/// How one request ended, when it did not end well.
enum Trouble {
    /// Another request may go on from here.
    Again(SourceError),
    /// No request will do better.
    Final(SourceError),
}

/// Download `url` into `folder`/`name`.part; one of more than `most` bytes, where that is known, is ended and thrown away.
pub(super) fn download(
    url: &str,
    folder: &Path,
    name: &str,
    most: Option<u64>,
    progress: &dyn Progress,
) -> Result<Download, SourceError> {
    let part = folder.join(format!("{name}.part"));
    let file = Wanted { url, name, most };
    if most.is_some_and(|most| length(&part) > most) {
        // Of another version, or of a server that did not stop.
        let _ = disk::remove_file(&part);
    }
    let resumed = length(&part) > 0;
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_resolve(Some(CONNECT))
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(SILENCE))
        .timeout_per_read(Some(SILENCE))
        .max_response_header_size(LONGEST_HEAD)
        .http_status_as_error(false)
        // The archive itself is wanted, byte by byte, not a re-encoding whose ranges would not fit.
        .accept_encoding("identity")
        .user_agent(concat!("dcgan/", env!("CARGO_PKG_VERSION")))
        .build()
        .into();
    let mut longest = length(&part);
    let mut reached = false;
    let mut idle = 0;
    loop {
        match request(&agent, &file, &part, progress) {
            Ok(()) => return Ok(Download { part, resumed }),
            Err(Trouble::Final(e)) => return Err(e),
            // Nothing was ever heard from this server: leave it at once.
            Err(Trouble::Again(e @ SourceError::Unreachable(_))) if !reached => return Err(e),
            Err(Trouble::Again(e)) => {
                reached = true;
                idle = if length(&part) > longest { 0 } else { idle + 1 };
                longest = longest.max(length(&part));
                if idle == TRIES {
                    return Err(e);
                }
                std::thread::sleep(Duration::from_millis(100 << idle));
            }
        }
    }
}

/// What is downloaded.
struct Wanted<'a> {
    url: &'a str,
    name: &'a str,
    /// The most bytes that it may have.
    most: Option<u64>,
}

fn request(
    agent: &ureq::Agent,
    wanted: &Wanted,
    part: &Path,
    progress: &dyn Progress,
) -> Result<(), Trouble> {
    let have = length(part);
    let tag = tag_path(part);
    let mut call = agent.get(wanted.url);
    if have > 0 {
        call = call.header("Range", format!("bytes={have}-"));
        if let Ok(version) = std::fs::read_to_string(&tag) {
            call = call.header("If-Range", version);
        }
    }
    let response = call
        .call()
        .map_err(|e| Trouble::Again(SourceError::Unreachable(e.to_string())))?;
    let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok());
    let start = match response.status().as_u16() {
        200 => 0,
        206 if header("content-range").and_then(range_start) == Some(have) => have,
        // All of it was there already.
        416 if header("content-range").and_then(range_total) == Some(have) => return Ok(()),
        206 | 416 => {
            let _ = disk::remove_file(part);
            return Err(Trouble::Again(broke_off(
                0,
                None,
                "the server sent another range than was asked for",
            )));
        }
        status => return Err(Trouble::Final(SourceError::Status(status))),
    };
    let total = header("content-length")
        .and_then(|v| v.parse::<u64>().ok())
        .map(|n| start.saturating_add(n));
    // Without a length from either side nothing would end the download but a full disk.
    let Some(most) = wanted.most.or(total) else {
        return Err(Trouble::Final(SourceError::NoLength));
    };
    if total.is_some_and(|total| total > most) {
        let _ = disk::remove_file(part);
        return Err(Trouble::Final(SourceError::TooLong(most)));
    }
    // A weak tag may stand for different bytes.
    let version = header("etag")
        .filter(|t| !t.starts_with("W/"))
        .or(header("last-modified"));
    let noted = match version {
        Some(version) => atomic::write(&tag, version.as_bytes()).map_err(|e| e.source),
        None => disk::remove_file(&tag),
    };
    noted.map_err(|e| unwritable(&tag, e))?;

    let mut file = open(part, start).map_err(|e| unwritable(part, e))?;
    let mut bar = progress.begin(&format!("downloading {}", wanted.name), total, Unit::Bytes);
    bar.advance(start);
    let mut got = start;
    let mut body = response.into_body().into_reader();
    let mut buffer = vec![0u8; 1 << 16];
    loop {
        if progress.stop_requested() {
            return Err(Trouble::Final(Stopped.into()));
        }
        match body.read(&mut buffer) {
            Ok(0) if total.is_some_and(|t| got < t) => {
                return Err(Trouble::Again(broke_off(
                    got,
                    total,
                    "the server closed the connection",
                )));
            }
            Ok(0) => return Ok(()),
            Ok(n) if got + n as u64 > most => {
                let _ = disk::remove_file(part);
                let _ = disk::remove_file(&tag);
                return Err(Trouble::Final(SourceError::TooLong(most)));
            }
            Ok(n) => {
                file.write_all(&buffer[..n])
                    .map_err(|e| unwritable(part, e))?;
                bar.advance(n as u64);
                got += n as u64;
            }
            Err(e) => return Err(Trouble::Again(broke_off(got, total, &e.to_string()))),
        }
    }
}

fn open(part: &Path, start: u64) -> std::io::Result<Out> {
    match start {
        0 => Out::create(part),
        _ => Out::append(part),
    }
}

fn tag_path(part: &Path) -> PathBuf {
    part.with_added_extension("tag")
}

fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |m| m.len())
}

fn unwritable(path: &Path, source: std::io::Error) -> Trouble {
    Trouble::Final(SourceError::Write(WriteError {
        path: path.to_path_buf(),
        source,
    }))
}

fn broke_off(got: u64, of: Option<u64>, why: &str) -> SourceError {
    SourceError::BrokeOff {
        got,
        of,
        why: why.to_string(),
    }
}

/// S of `bytes S-E/T`.
fn range_start(value: &str) -> Option<u64> {
    value
        .strip_prefix("bytes ")?
        .split_once('-')?
        .0
        .parse()
        .ok()
}

/// T of `bytes S-E/T` or `bytes */T`.
fn range_total(value: &str) -> Option<u64> {
    value
        .strip_prefix("bytes ")?
        .split_once('/')?
        .1
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        assert_eq!(range_start("bytes 5-9/10"), Some(5));
        assert_eq!(range_start("bytes */10"), None);
        assert_eq!(range_total("bytes */10"), Some(10));
        assert_eq!(range_total("bytes 5-9/*"), None);
        assert_eq!(range_total("lines 5-9/10"), None);
    }
}
