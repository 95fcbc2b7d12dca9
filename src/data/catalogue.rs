//! The cards at hand: those built in, and the user's, which win.

use std::collections::BTreeSet;
use std::path::Path;

use super::validate::{is_name, typed};
use super::{Card, DataError, Origin};
use crate::spec::{SpecError, load};

/// Cards inside the program, so that it works outside its source tree.
const BUILT_IN: [(&str, &str); 4] = [
    ("cifar10", include_str!("../../datasets/cifar10.yaml")),
    (
        "fashion_mnist",
        include_str!("../../datasets/fashion_mnist.yaml"),
    ),
    ("mnist", include_str!("../../datasets/mnist.yaml")),
    ("svhn", include_str!("../../datasets/svhn.yaml")),
];

/// Where cards lie unless another folder is named, below the working directory.
const FOLDER: &str = "datasets";

impl Card {
    /// The card called `name`: `FOLDER/name.yaml` (`folder`, else `datasets` in the working directory), else the
    /// built-in one.
    ///
    /// # Errors
    /// [`DataError::UnknownCard`] lists what there is; [`DataError::Card`] points into the YAML.
    pub fn find(name: &str, folder: Option<&Path>) -> Result<Card, DataError> {
        let folder = folder.unwrap_or(Path::new(FOLDER));
        let path = folder.join(format!("{name}.yaml"));
        if is_name(name) && path.is_file() {
            return read(&path);
        }
        match BUILT_IN.iter().find(|(known, _)| *known == name) {
            Some((_, text)) => built_in(name, text),
            None => {
                let known = names(folder);
                Err(DataError::UnknownCard {
                    name: name.to_string(),
                    nearest: load::nearest(name, &known),
                    known,
                    folder: folder.to_path_buf(),
                })
            }
        }
    }

    /// Every card there is, by name; one that cannot be read is its error, as of [`Card::find`].
    pub fn all(folder: Option<&Path>) -> Vec<(String, Result<Card, DataError>)> {
        names(folder.unwrap_or(Path::new(FOLDER)))
            .into_iter()
            .map(|name| {
                let card = Card::find(&name, folder);
                (name, card)
            })
            .collect()
    }

    /// A card from YAML text; `source` names it in errors, `name` is what it must call itself.
    ///
    /// # Errors
    /// [`SpecError`] with line and column: not YAML, an unknown key, a wrong type, or fields that do not fit each
    /// other.
    pub fn parse(text: &str, source: &str, name: &str) -> Result<Card, SpecError> {
        typed(&load::parse(text, source)?, name)
    }
}

fn read(path: &Path) -> Result<Card, DataError> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut card = typed(&load::tree(path)?, &name)?;
    card.origin = Origin::File(path.to_path_buf());
    Ok(card)
}

fn built_in(name: &str, text: &str) -> Result<Card, DataError> {
    Ok(Card::parse(
        text,
        &format!("built-in card {name}.yaml"),
        name,
    )?)
}

fn names(folder: &Path) -> Vec<String> {
    let on_disk = walkdir::WalkDir::new(folder)
        .max_depth(1)
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.path().extension().is_some_and(|e| e == "yaml"))
        .filter_map(|entry| Some(entry.path().file_stem()?.to_str()?.to_string()))
        .filter(|name| is_name(name));
    let all: BTreeSet<String> = BUILT_IN
        .iter()
        .map(|(n, _)| n.to_string())
        .chain(on_disk)
        .collect();
    all.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CIFAR10: &str = BUILT_IN[0].1;

    #[test]
    fn every_built_in_card_holds_together() {
        let nowhere = Path::new("no-such-folder");
        let cards = Card::all(Some(nowhere));
        assert_eq!(cards.len(), BUILT_IN.len());
        for (_, card) in cards {
            let card = card.unwrap();
            assert_eq!(card.origin, Origin::BuiltIn);
            for source in &card.sources {
                let made = source.names();
                assert_eq!(made.len(), card.files.len(), "{source} makes only {made:?}");
            }
        }
    }

    #[test]
    fn a_card_on_disk_wins_and_is_listed() {
        let dir = tempfile::tempdir().unwrap();
        let mine = CIFAR10.replace("title: CIFAR-10", "title: Mine");
        std::fs::write(dir.path().join("cifar10.yaml"), mine).unwrap();
        std::fs::write(
            dir.path().join("other.yaml"),
            CIFAR10.replace("name: cifar10", "name: other"),
        )
        .unwrap();
        let card = Card::find("cifar10", Some(dir.path())).unwrap();
        assert_eq!(card.title, "Mine");
        assert_eq!(card.origin, Origin::File(dir.path().join("cifar10.yaml")));
        std::fs::write(dir.path().join("other2.yaml"), "name: [").unwrap();
        let (bad, good): (Vec<_>, Vec<_>) = Card::all(Some(dir.path()))
            .into_iter()
            .partition(|(_, card)| card.is_err());
        assert_eq!(bad.len(), 1);
        assert_eq!(bad[0].0, "other2");
        let names: Vec<_> = good.into_iter().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            ["cifar10", "fashion_mnist", "mnist", "other", "svhn"]
        );
    }

    #[test]
    fn an_unknown_card_names_the_nearest() {
        let e = Card::find("cifr10", Some(Path::new("no-such-folder"))).unwrap_err();
        insta::assert_snapshot!(e, @"no data set is called `cifr10` (did you mean `cifar10`?); known are cifar10, fashion_mnist, mnist, svhn; a card of your own goes to `no-such-folder/NAME.yaml`, and images of your own are `folder:PATH`");
        let e = Card::find("../../etc/passwd", Some(Path::new("no-such-folder"))).unwrap_err();
        insta::assert_snapshot!(e, @"no data set is called `../../etc/passwd`; known are cifar10, fashion_mnist, mnist, svhn; a card of your own goes to `no-such-folder/NAME.yaml`, and images of your own are `folder:PATH`");
    }

    #[test]
    fn the_fingerprint_is_of_the_hashes_in_order() {
        let card = Card::parse(CIFAR10, "cifar10.yaml", "cifar10").unwrap();
        // As `sha256sum` says of the six hashes written one after the other.
        assert_eq!(
            card.fingerprint(),
            "9a5bcfec531a52ec23c8b757ae038db2a9db1b0c869b7da8543f4cd0cfb14034"
        );
        let mut swapped = card.clone();
        swapped.files.swap(0, 1);
        assert_ne!(card.fingerprint(), swapped.fingerprint());
    }
}
