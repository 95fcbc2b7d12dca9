//! Whether a card's fields fit each other; types alone cannot say that.

use super::{Card, Format, Part, Source};
use crate::spec::tree::{Node, Value};
use crate::spec::{SpecError, load};

/// A card's name is also a folder's, and may not lead out of the store.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c))
}

/// A final file's name is one component of a path, and not hidden: hidden names are the store's own.
fn is_file_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', ':', '\0'])
}

fn is_hex(text: &str) -> bool {
    text.bytes()
        .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// The typed card, once its fields fit each other.
pub(super) fn typed(tree: &Node, name: &str) -> Result<Card, SpecError> {
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
        let (digits, len) = (file.checksum.digits(), file.checksum.len());
        if digits.len() != len || !is_hex(digits) {
            return wrong(
                &format!("files.{i}.{}", file.checksum.key()),
                format!("expected {len} lower-case hexadecimal digits, found `{digits}`"),
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
        let (kind, parts) = match source {
            Source::Archive(a) => ("archive", Some(&a.files)),
            Source::Npm(n) => ("npm", Some(&n.files)),
            Source::Files(_) => ("files", None),
        };
        for file in source.names() {
            let path = format!("sources.{i}.{kind}.files.{file}");
            if card.file(file).is_none() {
                return wrong(&path, unlisted(file));
            }
            let part = parts.and_then(|parts| parts.get(file));
            if matches!(part, Some(Part::Sheet(_))) && card.format != Format::Cifar {
                return wrong(
                    &path,
                    "a sheet makes a CIFAR batch, so the card's format must be `cifar`".into(),
                );
            }
        }
        if let Source::Files(source) = source
            && let Some((file, there)) = source.files.iter().find(|(_, t)| !is_file_name(t))
        {
            return wrong(
                &format!("sources.{i}.files.files.{file}"),
                format!("`{there}` is not a plain file name"),
            );
        }
    }
    Ok(card)
}

fn unlisted(file: &str) -> String {
    format!("`{file}` is not among the card's `files`, which give its size and hash")
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

    const CIFAR10: &str = include_str!("../../datasets/cifar10.yaml");

    fn error_of(text: &str) -> String {
        Card::parse(text, "datasets/cifar10.yaml", "cifar10")
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn errors_in_a_card_have_their_place() {
        let unknown = CIFAR10.replace("licence:", "license:");
        insta::assert_snapshot!(error_of(&unknown), @"datasets/cifar10.yaml:7:1: unknown key `license` (did you mean `licence`?); expected one of `name`, `title`, `description`, `licence`, `citation`, `homepage`, `classes`, `image`, `format`, `sources`, `files`, `splits`");
        let hash = CIFAR10.replace("sha256: cee9", "sha256: xyz9");
        insta::assert_snapshot!(error_of(&hash), @"datasets/cifar10.yaml:44:55: `files.0.sha256`: expected 64 lower-case hexadecimal digits, found `xyz916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5`");
        let split = CIFAR10.replace("files: [test_batch.bin]", "files: [test.bin]");
        insta::assert_snapshot!(error_of(&split), @"datasets/cifar10.yaml:56:13: `splits.test.files.0`: `test.bin` is not among the card's `files`, which give its size and hash");
        let made = CIFAR10.replace("test_batch.bin: {member", "tset_batch.bin: {member");
        insta::assert_snapshot!(error_of(&made), @"datasets/cifar10.yaml:29:25: `sources.0.archive.files.tset_batch.bin`: `tset_batch.bin` is not among the card's `files`, which give its size and hash");
        let part = CIFAR10.replace("first: 10000", "frist: 10000");
        insta::assert_snapshot!(error_of(&part), @"datasets/cifar10.yaml:37:104: unknown key `frist` (did you mean `first`?); expected one of `image`, `labels`, `first`");
        let name = CIFAR10.replace("name: cifar10", "name: ../cifar10");
        insta::assert_snapshot!(error_of(&name), @"datasets/cifar10.yaml:2:7: `name`: the card calls itself `../cifar10` but its file is `cifar10.yaml`; a name has lower-case letters, digits, `_` and `-`");
        let outside = CIFAR10.replace("name: test_batch.bin", "name: ../test_batch.bin");
        insta::assert_snapshot!(error_of(&outside), @"datasets/cifar10.yaml:49:12: `files.5.name`: `../test_batch.bin` is not a plain file name");
    }
}
