//! What a data set is, as its card tells it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Checksum;

/// A data set's card: one YAML file in `datasets/`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// Lower-case letters, digits, `_` and `-`; the card's file name and the folder's name in the store.
    pub name: String,
    /// The name that people use.
    pub title: String,
    pub description: String,
    pub licence: String,
    pub citation: String,
    pub homepage: String,
    /// Class names in the order of the labels; empty where the set has no labels.
    #[serde(default)]
    pub classes: Vec<String>,
    /// What every image of the set looks like.
    pub image: ImageShape,
    pub format: Format,
    /// Where the files can be had, best first.
    #[serde(default)]
    pub sources: Vec<Source>,
    /// The final files, as the format's reader wants them.
    pub files: Vec<FileSpec>,
    pub splits: BTreeMap<String, Split>,
    /// Where this card was read.
    #[serde(skip)]
    pub origin: Origin,
}

/// Where a card was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Origin {
    /// The copy inside the program.
    #[default]
    BuiltIn,
    /// A file, which wins over the built-in copy of the same name.
    File(PathBuf),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Origin::BuiltIn => f.write_str("built in"),
            Origin::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Channels, height and width of an image, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageShape {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
}

impl ImageShape {
    /// Bytes of one image: channels x height x width.
    pub fn len(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// True where a side is 0; a card with such an image is refused.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// How the final files hold images; one [`Reader`](super::Reader) each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// CIFAR's binary batches: a label byte, then the channel planes in row order.
    Cifar,
    /// MNIST's IDX files of unsigned bytes, gzipped or not: images, and labels in a file of their own.
    Idx,
    /// SVHN's MAT-files: images `X` in column order, labels `y` with 10 for the digit 0.
    Svhn,
}

/// A final file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WrittenFileSpec", into = "WrittenFileSpec")]
pub struct FileSpec {
    pub name: String,
    pub bytes: u64,
    /// `sha256` or `md5` in the card.
    pub checksum: Checksum,
}

/// A [`FileSpec`] as a card writes it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFileSpec {
    name: String,
    bytes: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    md5: Option<String>,
}

impl TryFrom<WrittenFileSpec> for FileSpec {
    type Error = String;

    fn try_from(file: WrittenFileSpec) -> Result<FileSpec, String> {
        let checksum = match (file.sha256, file.md5) {
            (Some(digits), None) => Checksum::Sha256(digits),
            (None, Some(digits)) => Checksum::Md5(digits),
            (found, _) => {
                let found = if found.is_some() { "both" } else { "neither" };
                return Err(format!(
                    "a file has either `sha256` or, where that is not known, `md5`; `{}` has {found}",
                    file.name
                ));
            }
        };
        Ok(FileSpec {
            name: file.name,
            bytes: file.bytes,
            checksum,
        })
    }
}

impl From<FileSpec> for WrittenFileSpec {
    fn from(file: FileSpec) -> WrittenFileSpec {
        let (sha256, md5) = match file.checksum {
            Checksum::Sha256(digits) => (Some(digits), None),
            Checksum::Md5(digits) => (None, Some(digits)),
        };
        WrittenFileSpec {
            name: file.name,
            bytes: file.bytes,
            sha256,
            md5,
        }
    }
}

/// A part of the set, such as `train`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// Names of final files, in the order of the images.
    pub files: Vec<String>,
    /// Number of images in them.
    pub images: usize,
}

/// A place that the files can be had from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Archive(ArchiveSource),
    Files(FilesSource),
    Npm(NpmSource),
}

/// A gzipped tar archive on a web server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchiveSource {
    pub url: String,
    /// Size of the download, which ends there; the final files' hashes judge it.
    #[serde(default)]
    pub bytes: Option<u64>,
    /// SHA-256 of the archive itself, where it is known.
    #[serde(default)]
    pub sha256: Option<String>,
    /// Final file -> what makes it.
    pub files: BTreeMap<String, Part>,
}

/// A folder that holds the final files one by one, gzipped or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilesSource {
    /// URL of a folder, or the path of one on this machine that another package manager fills.
    pub folder: String,
    /// Size of the whole download, which ends there; the final files' hashes judge it.
    #[serde(default)]
    pub bytes: Option<u64>,
    /// Final file -> its name in that folder; `NAME.gz` is unpacked where the final file is not called so itself.
    pub files: BTreeMap<String, String>,
}

impl FilesSource {
    /// True for a URL.
    pub(super) fn is_on_the_web(&self) -> bool {
        self.folder.contains("://")
    }
}

/// A package of the npm registry, had through `npm pack` with the user's own npm settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NpmSource {
    pub package: String,
    pub version: String,
    /// Size of the download, for people; the final files' hashes judge it.
    #[serde(default)]
    pub bytes: Option<u64>,
    /// Final file -> what makes it; npm puts every member under `package/`.
    pub files: BTreeMap<String, Part>,
}

/// What in an archive makes a final file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The member of this path, as it is.
    Member(String),
    /// A PNG sheet and a JSON list of labels, to be written as a CIFAR batch.
    Sheet(SheetPart),
}

/// See [`Part::Sheet`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SheetPart {
    /// Path of the PNG inside the archive: a row of it is an image, its pixels in row order.
    pub image: String,
    /// Path of the JSON list of labels inside the archive.
    pub labels: String,
    /// Index in that list of the sheet's first image.
    #[serde(default)]
    pub first: usize,
}

impl Source {
    /// The final files that it has.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Source::Archive(ArchiveSource { files, .. }) | Source::Npm(NpmSource { files, .. }) => {
                files.keys().map(String::as_str).collect()
            }
            Source::Files(source) => source.files.keys().map(String::as_str).collect(),
        }
    }

    /// Size of the download in bytes, where the card tells it.
    pub fn bytes(&self) -> Option<u64> {
        match self {
            Source::Archive(a) => a.bytes,
            Source::Files(f) => f.bytes,
            Source::Npm(n) => n.bytes,
        }
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Source::Archive(a) => f.write_str(&a.url),
            Source::Files(s) => f.write_str(&s.folder),
            Source::Npm(n) => write!(f, "npm package {}@{}", n.package, n.version),
        }
    }
}

impl Card {
    /// What the data are, in one hash: SHA-256 over the digits of the files' hashes in the card's order.
    ///
    /// It changes with any byte of any file and with their order, and with nothing else, so two machines with the
    /// same fingerprint trained on the same images.
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for file in &self.files {
            hash.update(file.checksum.digits());
        }
        crate::track::hash::hex(&hash.finalize())
    }

    /// The final file called `name`.
    pub fn file(&self, name: &str) -> Option<&FileSpec> {
        self.files.iter().find(|f| f.name == name)
    }

    /// Bytes of all final files together.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|f| f.bytes).sum()
    }
}
