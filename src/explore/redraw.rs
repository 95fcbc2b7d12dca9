//! A figure again, from the record beside it.

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::drawing::FORMAT;
use super::figure::{Destination, plain};
use super::table::Kind;
use super::{ExploreError, Identity, Net, Written};
use crate::data::Store;
use crate::track::progress::Progress;

/// What every record begins with.
#[derive(Deserialize)]
struct Head {
    format: u32,
    figure: String,
    /// The name of its files, where it is not the figure's.
    name: Option<String>,
    net: Identity,
}

/// Draw the figure of `record` into `out` again, to the byte, from the net that it names or from `net`.
///
/// # Errors
/// [`ExploreError::Record`], [`ExploreError::Newer`], [`ExploreError::OtherNet`] where the weights have changed, or as
/// when it was first drawn.
pub fn redraw(
    record: &Path,
    net: Option<&Path>,
    out: &Path,
    store: &Store,
    progress: &dyn Progress,
) -> Result<Written, ExploreError> {
    let bytes = std::fs::read(record).map_err(|source| ExploreError::Read {
        path: record.to_path_buf(),
        source,
    })?;
    let head: Head = parse(record, &bytes)?;
    if head.format > FORMAT {
        return Err(ExploreError::Newer {
            path: record.to_path_buf(),
            found: head.format,
            known: FORMAT,
        });
    }
    let refused = |message| ExploreError::Record {
        path: record.to_path_buf(),
        message,
    };
    let Some(kind) = Kind::of_record(&head.figure) else {
        return Err(refused(format!("no figure is called `{}`", head.figure)));
    };
    // The name becomes that of files.
    if let Some(name) = &head.name {
        plain(name).map_err(refused)?;
    }
    let folder = net.unwrap_or(&head.net.folder);
    let net = Net::open(folder)?;
    if net.identity.sha256 != head.net.sha256 {
        return Err(ExploreError::OtherNet {
            path: record.to_path_buf(),
            folder: folder.display().to_string(),
            expected: head.net.sha256,
            found: net.identity.sha256,
        });
    }
    let place = Destination {
        name: head.name,
        out,
        store,
        cards: None,
        progress,
    };
    (kind.again)(record, &bytes, &net, &place)
}

/// A record's JSON.
pub(super) fn parse<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, ExploreError> {
    serde_json::from_slice(bytes).map_err(|e| ExploreError::Record {
        path: path.to_path_buf(),
        message: e.to_string(),
    })
}
