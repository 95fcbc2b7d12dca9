//! Errors of data sets and of the sources that they are fetched from.

use std::path::PathBuf;

use super::verify::Verdict;
use super::{Checksum, FileSpec, FolderError, ImagesError, ReadError};
use crate::spec::SpecError;
use crate::track::atomic::WriteError;
use crate::track::progress::Stopped;

/// Why a data set could not be had.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// No card of that name.
    #[error(
        "no data set is called `{name}`{}; known are {}; a card of your own goes to `{}`, and images of your own are `folder:PATH`",
        nearest.as_ref().map_or(String::new(), |n| format!(" (did you mean `{n}`?)")),
        known.join(", "),
        folder.join("NAME.yaml").display()
    )]
    UnknownCard {
        name: String,
        nearest: Option<String>,
        known: Vec<String>,
        folder: PathBuf,
    },
    /// The card has no such split.
    #[error("data set `{card}` has no split `{split}`; it has {}", known.join(", "))]
    UnknownSplit {
        card: String,
        split: String,
        known: Vec<String>,
    },
    /// The card itself is wrong.
    #[error(transparent)]
    Card(#[from] SpecError),
    /// The platform has no cache folder, and none was named.
    #[error(
        "this account has no cache folder; name a folder for data sets with --data-dir or DCGAN_DATA"
    )]
    NoFolder,
    /// The files are not there and no source gave them.
    #[error("{}", unavailable(title, folder, reasons, files, instead))]
    Unavailable {
        title: String,
        /// Where the files belong.
        folder: PathBuf,
        /// Each source tried and why it failed, in order.
        reasons: Vec<(String, SourceError)>,
        /// What is still wanted, and how each file stands.
        files: Vec<(FileSpec, Verdict)>,
        /// What may be put into the folder in the files' stead, in words.
        instead: Vec<String>,
    },
    /// A file of the store, or its folder, cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    /// A file of the store cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A file is whole but does not hold what its format says.
    #[error(transparent)]
    Format(ReadError),
    /// A folder of one's own images cannot be read.
    #[error(transparent)]
    Folder(FolderError),
    /// The images do not fit together or the request.
    #[error(transparent)]
    Images(#[from] ImagesError),
    /// The user asked to stop.
    #[error("{0}")]
    Stopped(#[from] Stopped),
}

fn unavailable(
    title: &str,
    folder: &std::path::Path,
    reasons: &[(String, SourceError)],
    files: &[(FileSpec, Verdict)],
    instead: &[String],
) -> String {
    let mut text = format!("{title} is not complete in `{}`", folder.display());
    if reasons.is_empty() {
        text.push_str(", and its card names no source to fetch it from.\n");
    } else {
        text.push_str(", and no source gave what is missing:\n");
        for (source, reason) in reasons {
            text.push_str(&format!("  {source}: {reason}\n"));
        }
    }
    text.push_str(
        "Run the same command again with a network, or put these files into that folder:\n",
    );
    for (file, verdict) in files {
        text.push_str(&format!(
            "  {} ({} bytes, {}): {verdict}\n",
            file.name, file.bytes, file.checksum
        ));
    }
    for other in instead {
        text.push_str(&format!("  or {other}\n"));
    }
    text.push_str("Another place for data sets is chosen with --data-dir or DCGAN_DATA.");
    text
}

/// Why one source of a data set failed.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The server could not be reached at all.
    #[error("cannot reach the server: {0}")]
    Unreachable(String),
    /// The server answered, but not with the file.
    #[error("the server answered with HTTP status {0}")]
    Status(u16),
    /// The connection broke, and tries to go on from there did not help.
    #[error("the download broke off at {got} bytes{}: {why}", of.map_or(String::new(), |n| format!(" of {n}")))]
    BrokeOff {
        got: u64,
        of: Option<u64>,
        why: String,
    },
    /// The server sends more than the file has.
    #[error(
        "the server sent more than {0} bytes, which the card says that the download has; it was thrown away: name another source, or correct the source's `bytes` in the card"
    )]
    TooLong(u64),
    /// Nobody says where the download ends.
    #[error(
        "neither the server nor the card says how long the download is; give the source's `bytes` in the card"
    )]
    NoLength,
    /// Something else than a file lies where one is expected.
    #[error("`{}` is no file; put the file itself there", path.display())]
    NoFile { path: PathBuf },
    /// The archive is not the one that the card describes.
    #[error("the download has {found}, but the card says {expected}; it was thrown away")]
    WrongArchive { found: Checksum, expected: Checksum },
    /// The archive cannot be unpacked.
    #[error("`{}` is damaged: {why}", path.display())]
    Damaged { path: PathBuf, why: String },
    /// The archive lacks a member.
    #[error("the archive has no member `{0}`")]
    NoMember(String),
    /// What the archive gave is not the file that the card describes.
    #[error(
        "its `{file}` has {}, but the card says {}; it was thrown away",
        found,
        expected
    )]
    WrongFile {
        file: String,
        /// `N bytes`, `SHA-256 H` or `MD5 H`.
        found: String,
        expected: String,
    },
    /// A sheet of images or its labels are not what the card says.
    #[error("`{member}` {why}")]
    Sheet { member: String, why: String },
    /// npm is not there.
    #[error("`npm` is not installed (or not on the PATH); it comes with Node.js")]
    NoNpm,
    /// npm ran and failed.
    #[error("`{command}` failed: {why}")]
    Npm { command: String, why: String },
    /// Something on this machine failed, such as a full disk.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A file in the store cannot be read or made.
    #[error("cannot use `{}`: {source}", path.display())]
    Local {
        path: PathBuf,
        source: std::io::Error,
    },
    /// The user asked to stop.
    #[error("{0}")]
    Stopped(#[from] Stopped),
}
