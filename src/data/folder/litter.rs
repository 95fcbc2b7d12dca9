//! What lies in a folder beside its images, counted, so that nothing is passed over without a word.

use serde::{Deserialize, Serialize};

/// What was passed over, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Litter {
    /// Files that are no images by their names, and what is no file at all.
    others: usize,
    kinds: Vec<(Kind, Found)>,
}

/// How many of a kind there are, and the first of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Found {
    count: usize,
    first: String,
}

/// Why something is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    /// Hidden folders and those that systems make.
    System,
    /// Links to nothing.
    Dead,
    /// Links to a folder that they lie in.
    Loop,
    /// An archive's links to what is not in it.
    Outside,
    /// What may not be read.
    Unreadable,
    /// An archive's folders nested deeper than any disk has them.
    Deep,
}

impl Kind {
    fn words(self, count: usize) -> &'static str {
        match (self, count) {
            (Kind::System, 1) => "hidden or system folder",
            (Kind::System, _) => "hidden or system folders",
            (Kind::Dead, 1) => "link to nothing",
            (Kind::Dead, _) => "links to nothing",
            (Kind::Loop, 1) => "link to a folder that it lies in",
            (Kind::Loop, _) => "links to a folder that they lie in",
            (Kind::Outside, 1) => "link out of the archive",
            (Kind::Outside, _) => "links out of the archive",
            (Kind::Unreadable, 1) => "file or folder that cannot be read",
            (Kind::Unreadable, _) => "files or folders that cannot be read",
            (Kind::Deep, 1) => "folder that lies too deep",
            (Kind::Deep, _) => "folders that lie too deep",
        }
    }

    /// People put nothing of theirs there.
    fn is_ordinary(self) -> bool {
        self == Kind::System
    }
}

impl Litter {
    /// One more file that is no image.
    pub(super) fn other(&mut self) {
        self.others += 1;
    }

    /// One more of that kind.
    pub(super) fn add(&mut self, kind: Kind, name: String) {
        match self.kinds.iter_mut().find(|(k, _)| *k == kind) {
            Some((_, found)) => found.count += 1,
            None => self.kinds.push((
                kind,
                Found {
                    count: 1,
                    first: name,
                },
            )),
        }
    }

    /// Files that are no images.
    pub fn others(&self) -> usize {
        self.others
    }

    /// All of it in one line; `None` where there is none.
    pub fn told(&self) -> Option<String> {
        let mut parts = Vec::new();
        match self.others {
            0 => {}
            1 => parts.push("1 other file".to_string()),
            n => parts.push(format!("{n} other files")),
        }
        parts.extend(self.lines(|_| true));
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// What may well have been meant to be read, in one line; `None` where there is none.
    pub fn unexpected(&self) -> Option<String> {
        let parts: Vec<String> = self.lines(|kind| !kind.is_ordinary()).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    fn lines(&self, which: impl Fn(Kind) -> bool) -> impl Iterator<Item = String> {
        self.kinds.iter().filter(move |(kind, _)| which(*kind)).map(
            |(kind, Found { count, first })| match count {
                1 => format!("1 {} (`{first}`)", kind.words(1)),
                n => format!("{n} {} (`{first}` first)", kind.words(*n)),
            },
        )
    }
}
