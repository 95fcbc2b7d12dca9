//! A split of a folder into memory.

use std::collections::BTreeMap;
use std::path::Path;

use rayon::prelude::*;

use super::visit::{self, Item};
use super::{FolderError, Index, decode};
use crate::data::{Images, Skipped};
use crate::track::progress::{Progress, Unit};

/// The images called `names` as `channels` planes of `size` x `size` pixels, in the order of the names; those that could
/// not be decoded are left out. Returns the names of the images beside them.
pub(super) fn read<'a>(
    root: &Path,
    index: &Index,
    names: &[&'a str],
    (size, channels): (usize, usize),
    progress: &dyn Progress,
) -> Result<(Images, Vec<&'a str>, Vec<Skipped>), FolderError> {
    let place: BTreeMap<&str, usize> = names.iter().enumerate().map(|(i, n)| (*n, i)).collect();
    let one = channels * size * size;
    let mut pixels = vec![0u8; names.len() * one];
    // Whatever never comes is missing.
    let mut failures: Vec<Option<String>> = vec![Some("is not there any more".into()); names.len()];
    let mut bar = progress.begin(
        &format!("reading {}", root.display()),
        Some(names.len() as u64),
        Unit::Images,
    );
    let mut each = |items: Vec<Item>| {
        let count = items.len() as u64;
        let squares: Vec<(String, Result<Vec<u8>, String>)> = items
            .into_par_iter()
            .map(|item| {
                let square = item
                    .bytes
                    .and_then(|bytes| decode::square(&bytes, size, channels));
                (item.name, square)
            })
            .collect();
        for (name, square) in squares {
            let Some(&at) = place.get(name.as_str()) else {
                continue;
            };
            failures[at] = match square {
                Ok(square) => {
                    pixels[at * one..][..one].copy_from_slice(&square);
                    None
                }
                Err(why) => Some(why),
            };
        }
        bar.advance(count);
    };
    if root.is_dir() {
        let (listed, _) = visit::list(root)?;
        let files: Vec<_> = listed
            .iter()
            .filter(|file| place.contains_key(file.name.as_str()))
            .collect();
        visit::tree(&files, progress, &mut each)?;
    } else {
        visit::archive(root, &|name| place.contains_key(name), progress, &mut each)?;
    }
    let mut kept = Vec::with_capacity(names.len());
    let mut skipped = Vec::new();
    for (at, why) in failures.into_iter().enumerate() {
        match why {
            None => {
                let from = at * one;
                pixels.copy_within(from..from + one, kept.len() * one);
                kept.push(names[at]);
            }
            Some(why) => skipped.push(Skipped {
                name: index.short(names[at]).to_string(),
                why,
            }),
        }
    }
    pixels.truncate(kept.len() * one);
    let images = Images {
        n: kept.len(),
        c: channels,
        h: size,
        w: size,
        pixels,
    };
    Ok((images, kept, skipped))
}
