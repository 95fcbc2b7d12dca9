//! One file over HTTP, going on where an earlier try broke off.
//!
//! The bytes gather in `NAME.part`, and the server's version tag in `NAME.part.tag`, so that a resumed download never
//! mixes two versions of a file (RFC 9110, sections 13.1.5 and 14.2).

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::SourceError;
use crate::track::atomic::WriteError;
use crate::track::progress::{Progress, Unit};

/// A server that does not answer within this is taken for absent, so that the next source is tried soon.
const CONNECT: Duration = Duration::from_secs(10);
/// A connection that brings no byte for this long is taken for dead.
const SILENCE: Duration = Duration::from_secs(30);
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
        let _ = std::fs::remove_file(&self.part);
        let _ = std::fs::remove_file(tag_path(&self.part));
    }
}

/// How one request ended, when it did not end well.
enum Trouble {
    /// Another request may go on from here.
    Again(SourceError),
    /// No request will do better.
    Final(SourceError),
}

/// Download `url` into `folder`/`name`.part.
pub(super) fn download(
    url: &str,
    folder: &Path,
    name: &str,
    progress: &dyn Progress,
) -> Result<Download, SourceError> {
    let part = folder.join(format!("{name}.part"));
    let resumed = length(&part) > 0;
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_resolve(Some(CONNECT))
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(SILENCE))
        .timeout_per_read(Some(SILENCE))
        .http_status_as_error(false)
        // The archive itself is wanted, byte by byte, not a re-encoding whose ranges would not fit.
        .accept_encoding("identity")
        .user_agent(concat!("dcgan/", env!("CARGO_PKG_VERSION")))
        .build()
        .into();
    let mut most = length(&part);
    let mut reached = false;
    let mut idle = 0;
    loop {
        match request(&agent, url, &part, name, progress) {
            Ok(()) => return Ok(Download { part, resumed }),
            Err(Trouble::Final(e)) => return Err(e),
            // Nothing was ever heard from this server: leave it at once.
            Err(Trouble::Again(e @ SourceError::Unreachable(_))) if !reached => return Err(e),
            Err(Trouble::Again(e)) => {
                reached = true;
                idle = if length(&part) > most { 0 } else { idle + 1 };
                most = most.max(length(&part));
                if idle == TRIES {
                    return Err(e);
                }
                std::thread::sleep(Duration::from_millis(100 << idle));
            }
        }
    }
}

fn request(
    agent: &ureq::Agent,
    url: &str,
    part: &Path,
    name: &str,
    progress: &dyn Progress,
) -> Result<(), Trouble> {
    let have = length(part);
    let tag = tag_path(part);
    let mut call = agent.get(url);
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
            let _ = std::fs::remove_file(part);
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
        .map(|n| start + n);
    // A weak tag may stand for different bytes.
    let version = header("etag")
        .filter(|t| !t.starts_with("W/"))
        .or(header("last-modified"));
    let noted = match version {
        Some(version) => std::fs::write(&tag, version),
        None => std::fs::remove_file(&tag).or_else(|e| match e.kind() {
            std::io::ErrorKind::NotFound => Ok(()),
            _ => Err(e),
        }),
    };
    noted.map_err(|e| unwritable(&tag, e))?;

    let mut file = open(part, start).map_err(|e| unwritable(part, e))?;
    let mut bar = progress.begin(&format!("downloading {name}"), total, Unit::Bytes);
    bar.advance(start);
    let mut got = start;
    let mut body = response.into_body().into_reader();
    let mut buffer = vec![0u8; 1 << 16];
    loop {
        if progress.stop_requested() {
            return Err(Trouble::Final(SourceError::Stopped));
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

fn open(part: &Path, start: u64) -> std::io::Result<File> {
    if start == 0 {
        File::create(part)
    } else {
        OpenOptions::new().append(true).open(part)
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
