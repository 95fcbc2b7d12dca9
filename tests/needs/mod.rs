//! What some tests need and not every machine has: real data sets, weights, images, a Python with PyTorch.
//!
//! A test asks for what it needs and returns early where that is absent. The absence is printed past the test harness, appended to the
//! file that `DCGAN_SKIP_LOG` names, and a failure where `DCGAN_REQUIRE` (names with commas between) has its name.
//! To add a need, add a variant of [`Need`] with its name in [`Need::ALL`].

// Every test program includes this file and calls some of it.
#![allow(dead_code)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use dcgan::data::{self, Card, DataError, Dataset, Store, Want};
use dcgan::track::progress::Silent;

/// What a test can be skipped for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    Cifar10,
    Mnist,
    FashionMnist,
    /// The authors' released weights: `DCGAN_WEIGHTS`, else `../shared/weights`.
    Weights,
    /// Pictures of faces, labelled: `DCGAN_FACES`, else `../shared/data/smiles.tar.gz`.
    Faces,
    /// Original photographs of ImageNet: `DCGAN_PHOTOGRAPHS`, else `../shared/data/imagenet-sample`.
    Photographs,
    /// A Python with `tests/requirements.txt` in it: `DCGAN_PYTHON`.
    Torch,
    /// The kernel's account of this process in `/proc`.
    Proc,
}

impl Need {
    /// Each with its name in `DCGAN_REQUIRE`.
    const ALL: [(Need, &str); 8] = [
        (Need::Cifar10, "cifar10"),
        (Need::Mnist, "mnist"),
        (Need::FashionMnist, "fashion_mnist"),
        (Need::Weights, "weights"),
        (Need::Faces, "faces"),
        (Need::Photographs, "photographs"),
        (Need::Torch, "torch"),
        (Need::Proc, "proc"),
    ];

    pub fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(need, _)| *need == self);
        found.map(|(_, name)| *name).expect("every need has a name")
    }
}

/// The needs that a value of `DCGAN_REQUIRE` names.
pub fn parse(names: &str) -> Result<Vec<Need>, String> {
    let names = names.split(',').map(str::trim).filter(|n| !n.is_empty());
    names
        .map(|name| {
            let known = Need::ALL.iter().find(|(_, known)| *known == name);
            known.map(|(need, _)| *need).ok_or_else(|| {
                format!(
                    "DCGAN_REQUIRE names `{name}`; expected some of {}, with commas between",
                    Need::ALL.map(|(_, known)| known).join(", ")
                )
            })
        })
        .collect()
}

/// What was found, else `None` after the skip was said and recorded. `test` is the name of the test's function.
///
/// Panics where `DCGAN_REQUIRE` asks for `need` and it is absent, and where that variable cannot be understood.
pub fn found<T>(test: &str, need: Need, looked: Result<T, String>) -> Option<T> {
    let required = parse(&std::env::var("DCGAN_REQUIRE").unwrap_or_default());
    let required = required.unwrap_or_else(|why| panic!("{why}"));
    let why = match looked {
        Ok(found) => return Some(found),
        Err(why) => why,
    };
    let name = need.name();
    if required.contains(&need) {
        panic!("DCGAN_REQUIRE asks for {name}, which is absent: {why}");
    }
    let program = std::env::current_exe().unwrap_or_default();
    let program = program.file_stem().unwrap_or_default().to_string_lossy();
    // Without the hash that cargo appends.
    let program = program.rsplit_once('-').map_or(&*program, |(name, _)| name);
    // Past the harness, which hides what a passing test prints.
    let _ = writeln!(
        std::io::stderr(),
        "SKIPPED {program}::{test} for want of {name}: {why}"
    );
    if let Some(log) = std::env::var_os("DCGAN_SKIP_LOG") {
        let line = format!("{name}\t{program}::{test}\n");
        let file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&log);
        // One write: tests of one program append at once.
        file.and_then(|mut file| file.write_all(line.as_bytes()))
            .unwrap_or_else(|e| {
                panic!("DCGAN_SKIP_LOG: cannot append to `{}`: {e}", log.display())
            });
    }
    None
}

/// The card and the store of real CIFAR-10, fetched if need be.
pub fn cifar10(test: &str) -> Option<(Card, Store)> {
    found(test, Need::Cifar10, fetched("cifar10"))
}

/// Both splits of a real set of 28x28 grey digits or clothes, fetched if need be.
pub fn grey28(test: &str, need: Need) -> Option<(Dataset, Dataset)> {
    let (card, store) = found(test, need, fetched(need.name()))?;
    let read = |split: &str| data::open(&card, split, &Want::STORED, &store, &Silent).unwrap();
    Some((read("train"), read("test")))
}

fn fetched(name: &str) -> Result<(Card, Store), String> {
    let datasets = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets");
    let card = Card::find(name, Some(&datasets)).unwrap_or_else(|e| panic!("{e}"));
    let store = Store::locate(None).map_err(|e| e.to_string())?;
    match data::fetch(&card, &store, &Silent) {
        Ok(_) => Ok((card, store)),
        Err(e @ DataError::Unavailable { .. }) => Err(e.to_string()),
        // A full disk or a damaged card is a fault, not an absence.
        Err(e) => panic!("{e}"),
    }
}

/// A folder of the authors' released weights.
pub fn weights(test: &str, folder: &str) -> Option<PathBuf> {
    let root = place("DCGAN_WEIGHTS", "../shared/weights");
    found(
        test,
        Need::Weights,
        root.and_then(|root| there(root.join(folder))),
    )
}

/// An archive of faces in two folders, `smile` and `neutral`.
pub fn faces(test: &str) -> Option<PathBuf> {
    found(
        test,
        Need::Faces,
        place("DCGAN_FACES", "../shared/data/smiles.tar.gz"),
    )
}

/// A tree of photographs.
pub fn photographs(test: &str) -> Option<PathBuf> {
    found(
        test,
        Need::Photographs,
        place("DCGAN_PHOTOGRAPHS", "../shared/data/imagenet-sample"),
    )
}

/// Where `variable` points, else `beside`, relative to the checkout.
fn place(variable: &str, beside: &str) -> Result<PathBuf, String> {
    match std::env::var_os(variable) {
        Some(path) => there(path.into()),
        None => there(Path::new(env!("CARGO_MANIFEST_DIR")).join(beside))
            .map_err(|why| format!("{why} (and {variable} is not set)")),
    }
}

fn there(path: PathBuf) -> Result<PathBuf, String> {
    match path.exists() {
        true => Ok(path),
        false => Err(format!("`{}` does not exist", path.display())),
    }
}

/// A Python that has PyTorch and safetensors.
pub fn torch(test: &str) -> Option<PathBuf> {
    let looked = match std::env::var_os("DCGAN_PYTHON") {
        Some(python) => has_torch(Path::new(&python)),
        None => Err("DCGAN_PYTHON names no Python with `tests/requirements.txt` in it".into()),
    };
    found(test, Need::Torch, looked)
}

fn has_torch(python: &Path) -> Result<PathBuf, String> {
    let tried = Command::new(python)
        .args(["-c", "import torch, safetensors.torch"])
        .output();
    let tried =
        tried.map_err(|e| format!("DCGAN_PYTHON: cannot run `{}`: {e}", python.display()))?;
    let said = String::from_utf8_lossy(&tried.stderr);
    match tried.status.success() {
        true => Ok(python.to_path_buf()),
        false => Err(format!(
            "`{}` (DCGAN_PYTHON): {}",
            python.display(),
            said.lines().last().unwrap_or("cannot import torch")
        )),
    }
}
