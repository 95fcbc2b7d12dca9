//! Images to train on and to extract features from: CIFAR-10's where it has been fetched, else random pixels.

use std::path::PathBuf;

use anyhow::Result;
use dcgan::data::{self, Card, Dataset, Images, Store, Want};
use dcgan::track::progress::Silent;
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::Catalogue;

/// CIFAR-10's training images; `None` where they are not in the cache. Nothing is fetched.
///
/// # Errors
/// Files that are there but damaged.
pub fn cifar() -> Result<Option<Dataset>> {
    let card = Card::find("cifar10", None)?;
    let store = Store::locate(None)?;
    if !store.presence(&card).is_complete() {
        return Ok(None);
    }
    Ok(Some(data::open(
        &card,
        "train",
        &Want::STORED,
        &store,
        &Silent,
    )?))
}

/// `count` images of 3 colours and `side` pixels, what they are, and the file of their bytes.
///
/// # Errors
/// A damaged cache, or a file that cannot be written.
pub fn images(
    catalogue: &Catalogue,
    count: usize,
    side: usize,
) -> Result<(Images, String, PathBuf)> {
    let (images, what) = match cifar()? {
        Some(set) => {
            let rows: Vec<usize> = (0..count.min(set.images.n)).collect();
            let fitted = set.subset(&rows)?.fit(side)?;
            (fitted.images, "CIFAR-10")
        }
        None => {
            let mut pixels = vec![0; count * 3 * side * side];
            ChaCha8Rng::seed_from_u64(0).fill_bytes(&mut pixels);
            (Images::new(3, side, side, pixels)?, "random pixels")
        }
    };
    let file = catalogue.folder.join(format!("images-{count}-{side}.u8"));
    std::fs::write(&file, &images.pixels)?;
    Ok((images, what.to_string(), file))
}
