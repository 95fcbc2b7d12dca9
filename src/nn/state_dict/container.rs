//! Tells the formats apart, in one place: PyTorch's zip archive, its older format, safetensors.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::contents::Contents;
use super::error::Trouble;
use super::legacy::Pickled;
use super::python::save;
use super::{flat, legacy, zipped};

/// Enough to tell them apart.
const BEGIN: u64 = 512;
/// Where an archive of `tar` says that it is one.
const TAR: (usize, &[u8]) = (257, b"ustar");
const PICKLE: u8 = 0x80;

/// Files that are met in a checkpoint's place, by how they begin.
const OTHERS: [(&[u8], &str); 5] = [
    (
        b"version https://git-lfs",
        "it is a pointer of Git LFS, which `git lfs pull` replaces by the file",
    ),
    (b"<", "it is a web page"),
    (b"\x89HDF", "it is an HDF5 file, as Keras writes"),
    (b"\x93NUMPY", "it is an array of NumPy"),
    (
        b"\x1f\x8b",
        "it is compressed by gzip, which `gunzip` undoes",
    ),
];

/// The file's contents and its length.
///
/// # Errors
/// [`Trouble`], for what is none of the three.
pub(super) fn open(path: &Path, file: &mut File) -> Result<(Contents, u64), Trouble> {
    let facts = file.metadata()?;
    if !facts.is_file() {
        return Err(Trouble::Format("it is not a file".into()));
    }
    let length = facts.len();
    let mut begin = Vec::new();
    file.by_ref().take(BEGIN).read_to_end(&mut begin)?;
    if begin.is_empty() {
        return Err(Trouble::Damaged("it is empty".into()));
    }
    let contents = if let Some(header) = flat::header(&begin) {
        flat::read(file, length, header)?
    } else if begin.starts_with(b"PK") {
        zipped::read(path, file, length)?
    } else if begin.first() == Some(&PICKLE) {
        match legacy::read(file, length)? {
            Pickled::Saved(contents) => contents,
            Pickled::Bare(contents) => {
                return Err(Trouble::Again {
                    message: format!(
                        "it is a pickle that Python wrote without `torch.save`, of {}",
                        contents.summary
                    ),
                    python: save(
                        &format!("pickle.load(open({:?}, \"rb\"))", path.to_string_lossy()),
                        path,
                    ),
                });
            }
        }
    } else if begin.get(TAR.0..).is_some_and(|b| b.starts_with(TAR.1)) {
        let load = super::python::load(path, true);
        return Err(Trouble::Again {
            message: "it is an archive of `tar`, as PyTorch before 0.1.10 wrote".into(),
            python: save(&load, path),
        });
    } else {
        let known = OTHERS.iter().find(|(start, _)| begin.starts_with(start));
        let what = known.map_or(
            "it begins as neither PyTorch's formats nor safetensors do",
            |(_, what)| what,
        );
        return Err(Trouble::Format(what.into()));
    };
    Ok((contents, length))
}
