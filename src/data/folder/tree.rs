//! The image files of a tree on disk, and what lies between them.

use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::FolderError;
use super::litter::{Kind, Litter};
use super::name::{is_image, is_system, of_path};

/// An image file of a tree.
pub(super) struct Listed {
    /// Relative to the root, with `/`.
    pub name: String,
    pub path: PathBuf,
    pub metadata: std::fs::Metadata,
}

/// Every image file below `root`, by name, and what was passed over.
///
/// # Errors
/// [`FolderError::Read`] where the root itself cannot be read; whatever lies below it is passed over.
pub(super) fn list(root: &Path) -> Result<(Vec<Listed>, Litter), FolderError> {
    let mut images = Vec::new();
    let mut litter = Litter::default();
    let real_root = root.canonicalize().ok();
    // Sets are often trees of links into other sets.
    let mut walk = WalkDir::new(root).follow_links(true).into_iter();
    while let Some(entry) = walk.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(e) => {
                let path = e.path().unwrap_or(root);
                if e.depth() == 0 || path == root {
                    return Err(FolderError::Read {
                        path: root.to_path_buf(),
                        what: "it".into(),
                        why: e.io_error().map_or(e.to_string(), |e| e.to_string()),
                    });
                }
                litter.add(kind(&e, path), relative(path, root));
                continue;
            }
        };
        let name = relative(entry.path(), root);
        if entry.file_type().is_dir() {
            let passed = if entry.depth() == 0 {
                None
            } else if is_system(name.rsplit('/').next().unwrap_or_default()) {
                Some(Kind::System)
            } else if leads_back(&entry, real_root.as_deref()) {
                Some(Kind::Loop)
            } else {
                None
            };
            if let Some(kind) = passed {
                litter.add(kind, name);
                walk.skip_current_dir();
            }
            continue;
        }
        if !entry.file_type().is_file() || !is_image(&name) {
            litter.other();
            continue;
        }
        match entry.metadata() {
            Ok(metadata) => images.push(Listed {
                name,
                metadata,
                path: entry.into_path(),
            }),
            Err(e) => litter.add(kind(&e, entry.path()), name),
        }
    }
    images.sort_by(|a, b| a.name.cmp(&b.name));
    Ok((images, litter))
}

fn relative(path: &Path, root: &Path) -> String {
    of_path(path.strip_prefix(root).unwrap_or(path))
}

/// A link to a folder that the whole tree lies in; those to a folder inside it `walkdir` finds.
fn leads_back(entry: &DirEntry, root: Option<&Path>) -> bool {
    entry.path_is_symlink()
        && match (entry.path().canonicalize(), root) {
            (Ok(target), Some(root)) => root.starts_with(target),
            _ => false,
        }
}

fn kind(e: &walkdir::Error, path: &Path) -> Kind {
    if e.loop_ancestor().is_some() {
        return Kind::Loop;
    }
    match path.symlink_metadata() {
        Ok(metadata) if metadata.is_symlink() && path.metadata().is_err() => {
            match path.metadata().map_err(|e| e.kind()) {
                Err(std::io::ErrorKind::PermissionDenied) => Kind::Unreadable,
                // A link to itself is none that anything can be read from.
                _ => Kind::Dead,
            }
        }
        _ => Kind::Unreadable,
    }
}
