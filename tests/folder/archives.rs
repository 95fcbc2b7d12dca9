//! Archives as other programs make them: holes, damage.

use dcgan::data::Want;
use image::{GrayImage, ImageFormat, Luma};

use super::place::{Place, encoded};
use super::run::data;

const SIZE: usize = 8192;

/// A BMP of `SIZE` and some bytes, black but for its last row.
fn mostly_black() -> Vec<u8> {
    let image = GrayImage::from_fn(64, 400, |x, y| Luma([if y == 0 { x as u8 * 3 } else { 0 }]));
    encoded(image, ImageFormat::Bmp)
}

/// What is not zero: place and bytes, in whole blocks of 512.
fn pieces(bytes: &[u8]) -> Vec<(usize, &[u8])> {
    let mut ranges: Vec<std::ops::Range<usize>> = Vec::new();
    for (i, block) in bytes.chunks(512).enumerate() {
        let (at, end) = (i * 512, i * 512 + block.len());
        match ranges.last_mut() {
            _ if block.iter().all(|&b| b == 0) => {}
            Some(last) if last.end == at => last.end = end,
            _ => ranges.push(at..end),
        }
    }
    assert!(ranges.len() > 1, "there are holes");
    ranges.into_iter().map(|r| (r.start, &bytes[r])).collect()
}

#[test]
fn files_with_holes_are_the_files_that_they_were() {
    let place = Place::new();
    let bytes = mostly_black();
    assert!(bytes.len() > SIZE);
    place.write("black.bmp", &bytes);
    let tree = place.open(&place.root(), "all", &Want::size(32)).unwrap();
    let pieces = pieces(&bytes);
    let data: Vec<u8> = pieces.iter().flat_map(|(_, b)| b.iter().copied()).collect();
    let pairs: Vec<String> = pieces
        .iter()
        .map(|(at, b)| format!("{at},{}", b.len()))
        .collect();
    let size = bytes.len().to_string();
    let map = pairs.join(",");
    let mut before = format!("{}\n{}\n", pieces.len(), map.replace(',', "\n")).into_bytes();
    before.resize(before.len().next_multiple_of(512), 0);
    let before = [before, data.clone()].concat();
    let one: Vec<(&str, &[u8])> = vec![
        ("GNU.sparse.major", b"1"),
        ("GNU.sparse.minor", b"0"),
        ("GNU.sparse.name", b"x/black.bmp"),
        ("GNU.sparse.realsize", size.as_bytes()),
    ];
    let nought: Vec<(&str, &[u8])> = vec![
        ("GNU.sparse.size", size.as_bytes()),
        ("GNU.sparse.name", b"x/black.bmp"),
        ("GNU.sparse.map", map.as_bytes()),
    ];
    for (name, attributes, content) in [("1.0.tar", one, &before), ("0.1.tar", nought, &data)] {
        let mut tar = tar::Builder::new(Vec::new());
        tar.append_pax_extensions(attributes).unwrap();
        let mut header = tar::Header::new_ustar();
        header.set_path("x/GNUSparseFile.0/black.bmp").unwrap();
        header.set_size(content.len() as u64);
        header.set_cksum();
        tar.append(&header, content.as_slice()).unwrap();
        let path = place.dir.path().join(name);
        std::fs::write(&path, tar.into_inner().unwrap()).unwrap();
        let archived = place.open(&path, "all", &Want::size(32)).unwrap();
        assert_eq!(archived.images, tree.images, "{name}");
        assert_eq!(archived.fingerprint, tree.fingerprint, "{name}");
    }
}

#[test]
fn gnu_s_own_form_of_holes_is_read() {
    let place = Place::new();
    let bytes = mostly_black();
    place.write("black.bmp", &bytes);
    let tree = place.open(&place.root(), "all", &Want::size(32)).unwrap();
    let pieces = pieces(&bytes);
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::GNUSparse);
    header.set_path("black.bmp").unwrap();
    header.set_size(pieces.iter().map(|(_, b)| b.len() as u64).sum());
    let octal =
        |field: &mut [u8; 12], n: usize| field.copy_from_slice(format!("{n:011o}\0").as_bytes());
    let gnu = header.as_gnu_mut().unwrap();
    octal(&mut gnu.realsize, bytes.len());
    assert!(pieces.len() <= gnu.sparse.len());
    for (field, (at, piece)) in gnu.sparse.iter_mut().zip(&pieces) {
        octal(&mut field.offset, *at);
        octal(&mut field.numbytes, piece.len());
    }
    header.set_cksum();
    let data: Vec<u8> = pieces.iter().flat_map(|(_, b)| b.iter().copied()).collect();
    tar.append(&header, data.as_slice()).unwrap();
    let path = place.dir.path().join("gnu.tar");
    std::fs::write(&path, tar.into_inner().unwrap()).unwrap();
    let archived = place.open(&path, "all", &Want::size(32)).unwrap();
    assert_eq!(archived.images, tree.images);
    assert_eq!(archived.fingerprint, tree.fingerprint);
}

#[test]
fn damaged_archives_are_named() {
    let place = Place::filled();
    let path = place.archive("a.tar.gz");
    let bytes = std::fs::read(&path).unwrap();
    // The checksum at the end of what is compressed.
    let mut wrong = bytes.clone();
    let at = wrong.len() - 8;
    wrong[at] ^= 1;
    std::fs::write(&path, &wrong).unwrap();
    let ran = data(&place, &["show", "folder:a.tar.gz"]);
    assert_eq!(ran.code, Some(2), "{}", ran.out);
    assert!(
        ran.error.contains("cannot read the archive"),
        "{}",
        ran.error
    );
    let plain = place.archive("a.tar");
    let bytes = std::fs::read(&plain).unwrap();
    for part in [3, 5, 7] {
        std::fs::write(&plain, &bytes[..bytes.len() * part / 9]).unwrap();
        let ran = data(&place, &["show", "folder:a.tar"]);
        assert_eq!(ran.code, Some(2), "{part}: {}", ran.out);
        assert!(
            ran.error.contains("cannot read the archive"),
            "{}",
            ran.error
        );
    }
}
