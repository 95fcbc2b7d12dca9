//! A figure again, from the record beside it.

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::digits::{self, digits};
use super::drawing::{Drawing, FORMAT};
use super::guided::{self, guided};
use super::{ExploreError, Identity, Net, Written};
use crate::data::Store;
use crate::track::progress::Progress;

/// Figures that are [`Drawing`]s, by the names of their files.
const DRAWINGS: [&str; 6] = [
    "interpolation",
    "arithmetic",
    "turn",
    "browse",
    "drop",
    // As browse was called.
    "samples",
];

/// What every record begins with.
#[derive(Deserialize)]
struct Head {
    format: u32,
    figure: String,
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
    match head.figure.as_str() {
        guided::FIGURE => {
            let record: guided::Record = parse(record, &bytes)?;
            guided(&net, &record.options, out, store, progress)
        }
        digits::FIGURE => {
            let found: digits::Record = parse(record, &bytes)?;
            found.check_beside(record)?;
            digits(&net, &found.options, out, store, progress)
        }
        // The name becomes that of files.
        name if DRAWINGS.contains(&name) => {
            let drawing: Drawing = parse(record, &bytes)?;
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
            if let Some(name) = drawing.name.as_ref().filter(|n| !n.chars().all(plain)) {
                return Err(ExploreError::Record {
                    path: record.to_path_buf(),
                    message: format!("`{name}` cannot name a file"),
                });
            }
            drawing.draw(&net, out, progress)
        }
        name => Err(ExploreError::Record {
            path: record.to_path_buf(),
            message: format!("no figure is called `{name}`"),
        }),
    }
}

fn parse<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, ExploreError> {
    serde_json::from_slice(bytes).map_err(|e| ExploreError::Record {
        path: path.to_path_buf(),
        message: e.to_string(),
    })
}
