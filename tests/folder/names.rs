//! Whatever a folder or an image is called, it is what is read.

use dcgan::data::Want;
use image::{ImageFormat, Rgb, RgbImage};

use super::place::{Place, encoded, set};
use super::run::data;

fn tile(red: u8) -> Vec<u8> {
    encoded(
        RgbImage::from_pixel(5, 5, Rgb([red, 9, 9])),
        ImageFormat::Png,
    )
}

#[test]
fn the_folder_that_is_named_is_read() {
    let place = Place::new();
    let names = [
        "set",
        "set #2",
        "a, b",
        "a: b",
        "{x}",
        "~home",
        "trailing ",
        "it's",
        "naïvé 猫",
        " lead",
        "[0]",
        "%20",
        "a\"b",
    ];
    for (i, name) in names.iter().enumerate() {
        for j in 0..=i {
            let path = place.dir.path().join(name).join(format!("{j}.png"));
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, tile(i as u8)).unwrap();
        }
    }
    for (i, name) in names.iter().enumerate() {
        let ran = data(&place, &["show", &format!("folder:{name}")]);
        assert_eq!(ran.code, Some(0), "{name}: {}", ran.error);
        let images = format!("images    {} files", i + 1);
        assert!(ran.out.contains(&images), "{name}: {}", ran.out);
    }
}

#[cfg(unix)]
#[test]
fn names_that_are_no_text_stay_apart() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let place = Place::new();
    let names: [&[u8]; 6] = [
        b"caf\xe8.png",
        b"caf\xe9.png",
        b"caf\xea.png",
        br"caf\xe9.png",
        b"esc\x1b[31m.png",
        "café.png".as_bytes(),
    ];
    std::fs::create_dir_all(place.root()).unwrap();
    let mut tar = tar::Builder::new(Vec::new());
    for (i, name) in names.iter().enumerate() {
        let bytes = tile(i as u8 * 40);
        std::fs::write(place.root().join(OsStr::from_bytes(name)), &bytes).unwrap();
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        let path = [b"x/", *name].concat();
        tar.append_data(&mut header, OsStr::from_bytes(&path), bytes.as_slice())
            .unwrap();
    }
    // One that cannot be decoded, to see what it is called.
    std::fs::write(
        place.root().join(OsStr::from_bytes(b"\xff.png")),
        b"no image",
    )
    .unwrap();
    let got = place.open(&place.root(), "all", &Want::size(4)).unwrap();
    assert_eq!(got.images.n, 6);
    assert_eq!(got.skipped[0].name, r"\xff.png");
    let mut reds: Vec<u8> = (0..6).map(|i| got.images.image(i)[0]).collect();
    reds.sort();
    assert_eq!(reds, [0, 40, 80, 120, 160, 200]);
    std::fs::remove_file(place.root().join(OsStr::from_bytes(b"\xff.png"))).unwrap();
    let tree = place.open(&place.root(), "all", &Want::size(4)).unwrap();
    let path = place.dir.path().join("names.tar");
    std::fs::write(&path, tar.into_inner().unwrap()).unwrap();
    let archived = place.open(&path, "all", &Want::size(4)).unwrap();
    assert_eq!(archived.images, tree.images);
    assert_eq!(archived.fingerprint, tree.fingerprint);
    let ran = data(&place, &["show", "folder:names.tar"]);
    assert!(
        !ran.out.contains('\x1b') && ran.out.contains("images    6 files"),
        "{}",
        ran.out
    );
}

#[test]
fn pax_names_are_read() {
    let place = Place::new();
    let long = format!("{}/1.png", "long".repeat(60));
    place.write(&long, &tile(1));
    place.write("b/猫.png", &tile(2));
    let tree = place.open(&place.root(), "all", &Want::size(4)).unwrap();
    let mut tar = tar::Builder::new(Vec::new());
    for (name, red) in [(long.as_str(), 1), ("b/猫.png", 2)] {
        let bytes = tile(red);
        tar.append_pax_extensions([("path", name.as_bytes()), ("comment", b"x")])
            .unwrap();
        let mut header = tar::Header::new_ustar();
        header.set_path("short").unwrap();
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        tar.append(&header, bytes.as_slice()).unwrap();
    }
    let path = place.dir.path().join("pax.tar");
    std::fs::write(&path, tar.into_inner().unwrap()).unwrap();
    let archived = set(&path)
        .open(
            "all",
            &Want::size(4),
            &place.store,
            &dcgan::track::progress::Silent,
        )
        .unwrap();
    assert_eq!(archived.fingerprint, tree.fingerprint);
    assert_eq!(archived.classes, tree.classes);
}
