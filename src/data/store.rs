//! Where the files of data sets lie: `ROOT/NAME/FILE`, a folder for each card.

use std::path::{Path, PathBuf};

use super::{Card, DataError};

/// The environment variable that names the root.
const VARIABLE: &str = "DCGAN_DATA";

/// The folder that holds every data set's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    root: PathBuf,
}

/// What of a data set is there, by name and size alone; [`verify`](super::verify()) looks inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    /// The data set's folder.
    pub folder: PathBuf,
    /// Files there with the card's size.
    pub files: usize,
    /// Files that the card lists.
    pub of_files: usize,
    /// Bytes of the files there.
    pub bytes: u64,
    /// Bytes of all files that the card lists.
    pub of_bytes: u64,
}

impl Presence {
    /// True where every file is there.
    pub fn is_complete(&self) -> bool {
        self.files == self.of_files
    }
}

impl Store {
    /// A store in this folder, which need not exist yet.
    pub fn new(root: impl Into<PathBuf>) -> Store {
        Store { root: root.into() }
    }

    /// The store that the user means: `flag` (`--data-dir`), else the variable `DCGAN_DATA`, else `dcgan` in the
    /// platform's cache folder.
    ///
    /// # Errors
    /// [`DataError::NoFolder`] where none of the three is to be had.
    pub fn locate(flag: Option<PathBuf>) -> Result<Store, DataError> {
        let cache = directories::BaseDirs::new().map(|d| d.cache_dir().to_path_buf());
        choose(flag, std::env::var_os(VARIABLE).map(PathBuf::from), cache)
            .map(Store::new)
            .ok_or(DataError::NoFolder)
    }

    /// The folder of all data sets.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The card's own folder.
    pub fn folder(&self, card: &Card) -> PathBuf {
        self.root.join(&card.name)
    }

    /// Where the card's file called `name` lies or belongs.
    pub fn path(&self, card: &Card, name: &str) -> PathBuf {
        self.folder(card).join(name)
    }

    /// What of `card` is there, without reading a file.
    pub fn presence(&self, card: &Card) -> Presence {
        let there: Vec<u64> = card
            .files
            .iter()
            .filter(|f| {
                let meta = std::fs::metadata(self.path(card, &f.name));
                meta.is_ok_and(|m| m.is_file() && m.len() == f.bytes)
            })
            .map(|f| f.bytes)
            .collect();
        Presence {
            folder: self.folder(card),
            files: there.len(),
            of_files: card.files.len(),
            bytes: there.iter().sum(),
            of_bytes: card.bytes(),
        }
    }
}

/// An empty variable counts as unset, as shells cannot always unset one.
fn choose(
    flag: Option<PathBuf>,
    variable: Option<PathBuf>,
    cache: Option<PathBuf>,
) -> Option<PathBuf> {
    flag.or(variable.filter(|v| !v.as_os_str().is_empty()))
        .or(cache.map(|c| c.join("dcgan")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_beats_the_variable_beats_the_cache() {
        let p = |s: &str| Some(PathBuf::from(s));
        assert_eq!(choose(p("flag"), p("var"), p("cache")), p("flag"));
        assert_eq!(choose(None, p("var"), p("cache")), p("var"));
        assert_eq!(choose(None, p(""), p("cache")), p("cache/dcgan"));
        assert_eq!(choose(None, None, None), None);
    }
}
