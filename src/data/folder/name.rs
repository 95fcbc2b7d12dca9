//! What images' names are: bytes on disk and in archives, text that can be printed here.

use std::path::Path;

/// What an image's name ends in, in any case. What it is, its content says.
const ENDINGS: [&str; 5] = ["jpg", "jpeg", "png", "webp", "bmp"];

/// Folders that operating systems and programs make for themselves. Those whose names begin with a dot are hidden anyway.
const SYSTEM: [&str; 6] = [
    "__MACOSX",
    "@eaDir",
    "#recycle",
    "lost+found",
    "$RECYCLE.BIN",
    "System Volume Information",
];

/// A name as text, another one for every other name: bytes that are no UTF-8, control characters and the backslash
/// itself are escaped as `\xE9`, `\x1b` and `\\`, all else stays.
pub(super) fn printable(name: &[u8]) -> String {
    let mut text = String::with_capacity(name.len());
    let escape = |text: &mut String, bytes: &[u8]| {
        for byte in bytes {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    };
    for chunk in name.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\\' => text.push_str("\\\\"),
                c if c.is_control() => escape(&mut text, c.encode_utf8(&mut [0; 4]).as_bytes()),
                c => text.push(c),
            }
        }
        escape(&mut text, chunk.invalid());
    }
    text
}

/// A relative path with `/` between its parts, as [`printable`] makes them.
pub(super) fn of_path(path: &Path) -> String {
    let parts: Vec<String> = path
        .components()
        .map(|part| printable(part.as_os_str().as_encoded_bytes()))
        .collect();
    parts.join("/")
}

/// An image by its name; hidden files are other programs' notes, though they may be called like images.
pub(super) fn is_image(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name);
    let Some((stem, ending)) = name.rsplit_once('.') else {
        return false;
    };
    !stem.is_empty()
        && !stem.starts_with('.')
        && ENDINGS.iter().any(|e| e.eq_ignore_ascii_case(ending))
}

/// A folder that holds no images of the user's, by its name.
pub(super) fn is_system(folder: &str) -> bool {
    folder.starts_with('.') || SYSTEM.contains(&folder)
}

/// The endings, for people.
pub(super) fn endings() -> String {
    ENDINGS.map(|e| format!(".{e}")).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_names_stay_and_others_can_be_told_apart() {
        assert_eq!(
            printable("naïvé 猫/it's {x} #2 ".as_bytes()),
            "naïvé 猫/it's {x} #2 "
        );
        assert_eq!(printable(b"caf\xe9.png"), r"caf\xe9.png");
        assert_eq!(printable(br"caf\xe9.png"), r"caf\\xe9.png");
        assert_eq!(printable(b"\x1b[31m\n"), r"\x1b[31m\x0a");
    }

    proptest! {
        #[test]
        fn no_two_names_are_alike(a in prop::collection::vec(any::<u8>(), 0..6), b in prop::collection::vec(any::<u8>(), 0..6)) {
            prop_assert_eq!(printable(&a) == printable(&b), a == b);
            prop_assert!(!printable(&a).chars().any(char::is_control));
        }
    }
}
