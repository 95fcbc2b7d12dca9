//! Exact nearest neighbours: MNIST's test images among its training images.

use std::path::PathBuf;

use anyhow::{Context, Result};
use dcgan::data::{self, Card, Dataset, Store, Want};
use dcgan::probe::nearest::Nearest;
use dcgan::track::progress::Silent;

use super::{Catalogue, Unit, Work};

/// The nearest of `count` references to each of the 10,000 test images, from bytes to answers. It comes to the number of wrong ones.
///
/// References are the training images from the first on; where they end they begin again, each time shifted by a pixel more.
///
/// # Errors
/// No MNIST in the cache.
pub fn search(catalogue: &Catalogue, count: usize) -> Result<Work> {
    let (train, test) = (mnist("train")?, mnist("test")?);
    let labels = |set: &Dataset| set.labels.clone().context("MNIST has labels");
    let (train_labels, truth) = (labels(&train)?, labels(&test)?);
    let images = &train.images;
    let (mut pixels, mut answers) = (Vec::with_capacity(count * images.stride()), Vec::new());
    for i in 0..count {
        let (round, row) = (i / images.n, i % images.n);
        let (head, tail) = images.image(row).split_at(images.stride() - round);
        pixels.extend_from_slice(tail);
        pixels.extend_from_slice(head);
        answers.push(train_labels[row]);
    }
    let queries = test.images;
    let file: PathBuf = catalogue.folder.join(format!("nearest-{count}.u8"));
    if catalogue.share {
        let all = [&pixels[..], &answers, &queries.pixels, &truth].concat();
        std::fs::write(&file, all)?;
    }
    let run = move || {
        let mut search = Nearest::new(&queries.pixels, queries.stride(), 1).expect("queries");
        search.add(&pixels, &answers).expect("references");
        search.errors(&truth).expect("labels") as f64
    };
    let work = Work::new(count as f64, Unit::Searched, run);
    Ok(match catalogue.share {
        true => work.on("MNIST", file),
        false => work,
    })
}

/// Whether MNIST is there.
///
/// # Errors
/// Where it is not in the cache.
pub fn check() -> Result<()> {
    mnist("test").map(|_| ())
}

fn mnist(split: &str) -> Result<Dataset> {
    let card = Card::find("mnist", None)?;
    let store = Store::locate(None)?;
    if !store.presence(&card).is_complete() {
        anyhow::bail!("MNIST is not in the cache; `dcgan data fetch mnist` gets it");
    }
    Ok(data::open(&card, split, &Want::STORED, &store, &Silent)?)
}
