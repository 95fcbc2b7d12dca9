//! The cards at hand: those built in, and the user's, which win.

use std::collections::BTreeSet;
use std::path::Path;

use super::card::Part;
use super::{Card, DataError, Origin};
use crate::spec::tree::{Node, Value};
use crate::spec::{SpecError, load};

/// Cards inside the program, so that it works outside its source tree.
const BUILT_IN: [(&str, &str); 1] = [("cifar10", include_str!("../../datasets/cifar10.yaml"))];

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

    /// Every card there is, by name.
    ///
    /// # Errors
    /// As [`Card::find`], for the first card that cannot be read.
    pub fn all(folder: Option<&Path>) -> Result<Vec<Card>, DataError> {
        names(folder.unwrap_or(Path::new(FOLDER)))
            .iter()
            .map(|name| Card::find(name, folder))
            .collect()
    }

    /// A card from YAML text; `source` names it in errors, `name` is what it must call itself.
    ///
    /// # Errors
    /// [`SpecError`] with line and column: not YAML, an unknown key, a wrong type, or fields that do not fit each
    /// other.
    pub fn parse(text: &str, source: &str, name: &str) -> Result<Card, SpecError> {
        checked(&load::parse(text, source)?, name)
    }
}

fn read(path: &Path) -> Result<Card, DataError> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut card = checked(&load::tree(path)?, &name)?;
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

/// A card's name is also a folder's, and may not lead out of the store.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c))
}

/// A final file's name is one component of a path, and not hidden: hidden names are the store's own.
fn is_file_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', ':', '\0'])
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// The typed card, once its fields fit each other.
fn checked(tree: &Node, name: &str) -> Result<Card, SpecError> {
    let card: Card = load::typed(tree)?;
    let wrong = |path: &str, message: String| Err(error(tree, path, message));
    if card.name != name || !is_name(name) {
        return wrong(
            "name",
            format!(
                "the card calls itself `{}` but its file is `{name}.yaml`; a name has lower-case letters, digits, `_` and `-`",
                card.name
            ),
        );
    }
    if card.image.is_empty() {
        return wrong("image", "channels, height and width are 1 or more".into());
    }
    if card.classes.len() > 256 {
        return wrong(
            "classes",
            format!(
                "found {} classes; a label is a byte, so at most 256",
                card.classes.len()
            ),
        );
    }
    for (i, file) in card.files.iter().enumerate() {
        if !is_file_name(&file.name) {
            return wrong(
                &format!("files.{i}.name"),
                format!("`{}` is not a plain file name", file.name),
            );
        }
        if card.files[..i].iter().any(|f| f.name == file.name) {
            return wrong(
                &format!("files.{i}.name"),
                format!("`{}` is listed twice", file.name),
            );
        }
        if !is_sha256(&file.sha256) {
            return wrong(
                &format!("files.{i}.sha256"),
                format!(
                    "expected 64 lower-case hexadecimal digits, found `{}`",
                    file.sha256
                ),
            );
        }
    }
    for (split, content) in &card.splits {
        for (i, file) in content.files.iter().enumerate() {
            if card.file(file).is_none() {
                return wrong(&format!("splits.{split}.files.{i}"), unlisted(file));
            }
        }
    }
    for (i, source) in card.sources.iter().enumerate() {
        let kind = match source {
            super::Source::Archive(_) => "archive",
            super::Source::Npm(_) => "npm",
        };
        for (file, part) in source.files() {
            let path = format!("sources.{i}.{kind}.files.{file}");
            if card.file(file).is_none() {
                return wrong(&path, unlisted(file));
            }
            if matches!(part, Part::Sheet(_)) && card.format != super::Format::Cifar {
                return wrong(
                    &path,
                    "a sheet makes a CIFAR batch, so the card's format must be `cifar`".into(),
                );
            }
        }
    }
    Ok(card)
}

fn unlisted(file: &str) -> String {
    format!("`{file}` is not among the card's `files`, which give its size and SHA-256")
}

/// Points at the value under a path of keys; a file's name may hold dots, so the rest of a path may be one key.
fn error(tree: &Node, path: &str, message: String) -> SpecError {
    let mut node = tree;
    let mut rest = path;
    while !rest.is_empty() {
        let (head, tail) = rest.split_once('.').unwrap_or((rest, ""));
        let (child, tail) = match &node.value {
            Value::Seq(items) => (head.parse::<usize>().ok().and_then(|i| items.get(i)), tail),
            _ => match node.get(rest) {
                Some(child) => (Some(child), ""),
                None => (node.get(head), tail),
            },
        };
        let Some(child) = child else { break };
        node = child;
        rest = tail;
    }
    SpecError::Value {
        place: node.place.clone(),
        key: path.to_string(),
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CIFAR10: &str = BUILT_IN[0].1;

    fn error_of(text: &str) -> String {
        Card::parse(text, "datasets/cifar10.yaml", "cifar10")
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn every_built_in_card_holds_together() {
        let nowhere = Path::new("no-such-folder");
        let cards = Card::all(Some(nowhere)).unwrap();
        assert_eq!(cards.len(), BUILT_IN.len());
        for card in cards {
            assert_eq!(card.origin, Origin::BuiltIn);
            for source in &card.sources {
                let made: Vec<_> = source.files().keys().collect();
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
        let names: Vec<_> = Card::all(Some(dir.path()))
            .unwrap()
            .into_iter()
            .map(|c| c.name)
            .collect();
        assert_eq!(names, ["cifar10", "other"]);
    }

    #[test]
    fn an_unknown_card_names_the_nearest() {
        let e = Card::find("cifr10", Some(Path::new("no-such-folder"))).unwrap_err();
        insta::assert_snapshot!(e, @"");
        let e = Card::find("../../etc/passwd", Some(Path::new("no-such-folder"))).unwrap_err();
        insta::assert_snapshot!(e, @"");
    }

    #[test]
    fn errors_in_a_card_have_their_place() {
        let unknown = CIFAR10.replace("licence:", "license:");
        insta::assert_snapshot!(error_of(&unknown), @"");
        let hash = CIFAR10.replace("sha256: cee9", "sha256: xyz9");
        insta::assert_snapshot!(error_of(&hash), @"");
        let split = CIFAR10.replace("files: [test_batch.bin]", "files: [test.bin]");
        insta::assert_snapshot!(error_of(&split), @"");
        let made = CIFAR10.replace("test_batch.bin: {member", "tset_batch.bin: {member");
        insta::assert_snapshot!(error_of(&made), @"");
        let part = CIFAR10.replace("first: 10000", "frist: 10000");
        insta::assert_snapshot!(error_of(&part), @"");
        let name = CIFAR10.replace("name: cifar10", "name: ../cifar10");
        insta::assert_snapshot!(error_of(&name), @"");
        let outside = CIFAR10.replace("name: test_batch.bin", "name: ../test_batch.bin");
        insta::assert_snapshot!(error_of(&outside), @"");
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
