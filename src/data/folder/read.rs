//! A split of a folder into memory.

use std::collections::BTreeMap;
use std::path::Path;

use rayon::prelude::*;

use super::members::Member;
use super::tree::{self, Listed};
use super::visit::{self, Item};
use super::{FolderError, Index, decode};
use crate::data::{Images, Skipped};
use crate::track::progress::{Progress, Silent, Unit};

/// The images called `names` as `channels` planes of `size` x `size` pixels, in the order of the names; those that could
/// not be decoded are left out. Returns the names of the images beside them.
pub(super) fn read<'a>(
    root: &Path,
    index: &Index,
    names: &[&'a str],
    (size, channels): (usize, usize),
    progress: &dyn Progress,
) -> Result<(Images, Vec<&'a str>, Vec<Skipped>), FolderError> {
    let one = channels * size * size;
    let mut pixels = zeros(names.len(), one).ok_or_else(|| FolderError::Memory {
        path: root.to_path_buf(),
        images: names.len(),
        channels,
        size,
    })?;
    // Whatever never comes is missing.
    let mut failures: Vec<Option<String>> = vec![Some("is not there any more".into()); names.len()];
    let mut bar = progress.begin(
        &format!("reading {}", root.display()),
        Some(names.len() as u64),
        Unit::Images,
    );
    // Several names may have the content of one member of an archive.
    let mut places: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    let listed = match root.is_dir() {
        true => tree::list(root)?.0,
        false => Vec::new(),
    };
    let mut files: Vec<&Listed> = Vec::new();
    if root.is_dir() {
        let place: BTreeMap<&str, usize> = names.iter().enumerate().map(|(i, n)| (*n, i)).collect();
        for file in &listed {
            if let Some(&at) = place.get(file.name.as_str()) {
                places.insert(files.len() as u64, vec![at]);
                files.push(file);
            }
        }
    } else {
        for (at, name) in names.iter().enumerate() {
            if let Some(number) = index.member(name) {
                places.entry(number).or_default().push(at);
            }
        }
    }
    let mut each = |items: Vec<Item>| {
        let squares: Vec<(u64, Result<Vec<u8>, String>)> = items
            .into_par_iter()
            .map(|item| {
                let square = item
                    .bytes
                    .and_then(|bytes| decode::square(&bytes, size, channels));
                (item.key, square)
            })
            .collect();
        for (key, square) in squares {
            for &at in places.get(&key).into_iter().flatten() {
                failures[at] = match &square {
                    Ok(square) => {
                        pixels[at * one..][..one].copy_from_slice(square);
                        None
                    }
                    Err(why) => Some(why.clone()),
                };
                bar.advance(1);
            }
        }
    };
    if root.is_dir() {
        visit::tree(&files, progress, &mut each)?;
    } else {
        let mut wanted = |member: &Member| places.contains_key(&member.number);
        visit::archive(root, progress, &mut Silent, &mut wanted, &mut each)?;
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

/// `n` times `one` bytes; `None` where there is not so much memory.
fn zeros(n: usize, one: usize) -> Option<Vec<u8>> {
    let length = n.checked_mul(one)?;
    let mut pixels = Vec::new();
    pixels.try_reserve_exact(length).ok()?;
    pixels.resize(length, 0);
    Some(pixels)
}
