//! Files that ask for more memory than they should get cost little, and end nothing.

use std::io::Write;

use image::{GrayImage, ImageFormat, Rgb, RgbImage};

use super::place::{Place, encoded};
use super::run::{Ran, data, program};

/// What the README promises of a thread that decodes: MiB.
const THREAD: u64 = 1024;

fn tile(red: u8) -> Vec<u8> {
    encoded(
        RgbImage::from_pixel(9, 9, Rgb([red, 9, 9])),
        ImageFormat::Png,
    )
}

/// Twelve good images.
fn good() -> Place {
    let place = Place::new();
    for i in 0..12 {
        place.write(&format!("good{i:02}.png"), &tile(i * 20));
    }
    place
}

fn bounded(ran: &Ran, most: u64) {
    assert!(
        ran.peak.is_none_or(|peak| peak < most),
        "{:?} MiB, expected below {most}",
        ran.peak
    );
}

/// A PNG that declares these sides, with nothing much in it.
fn declared_png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = encoded(GrayImage::new(1, 1), ImageFormat::Png);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let mut crc = flate2::Crc::new();
    crc.update(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&crc.sum().to_be_bytes());
    bytes
}

fn declared_jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = encoded(RgbImage::new(8, 8), ImageFormat::Jpeg);
    let head = bytes.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
    bytes[head + 5..head + 7].copy_from_slice(&height.to_be_bytes());
    bytes[head + 7..head + 9].copy_from_slice(&width.to_be_bytes());
    bytes
}

fn declared_gif(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = encoded(RgbImage::new(1, 1), ImageFormat::Gif);
    bytes[6..8].copy_from_slice(&width.to_le_bytes());
    bytes[8..10].copy_from_slice(&height.to_le_bytes());
    bytes
}

fn declared_bmp(width: i32, height: i32) -> Vec<u8> {
    let mut bytes = encoded(RgbImage::new(1, 1), ImageFormat::Bmp);
    bytes[18..22].copy_from_slice(&width.to_le_bytes());
    bytes[22..26].copy_from_slice(&height.to_le_bytes());
    bytes
}

/// A lossless WebP whose head declares its greatest sides (RFC 9649, section 3.4).
fn declared_webp() -> Vec<u8> {
    let mut bytes = encoded(RgbImage::new(1, 1), ImageFormat::WebP);
    let head = bytes.windows(4).position(|w| w == b"VP8L").unwrap() + 9;
    bytes[head..head + 4].copy_from_slice(&0x0fff_ffffu32.to_le_bytes());
    bytes
}

#[test]
fn files_that_declare_more_than_they_hold_are_left_out() {
    let bombs = [
        ("bomb.jpg", declared_jpeg(65_500, 65_500)),
        ("bomb-gif.png", declared_gif(65_535, 65_535)),
        ("bomb.png", declared_png(60_000, 60_000)),
        ("bomb.bmp", declared_bmp(60_000, 60_000)),
        ("bomb.webp", declared_webp()),
        ("most.png", declared_png(u32::MAX >> 1, u32::MAX >> 1)),
    ];
    for (name, bytes) in bombs {
        let place = good();
        place.write(name, &bytes);
        let ran = data(
            &place,
            &[
                "show",
                "folder:images",
                "--sheet",
                "s.png",
                "--split",
                "all",
                "--size",
                "8",
            ],
        );
        assert_eq!(ran.code, Some(0), "{name}: {}", ran.error);
        assert!(
            ran.error.contains(&format!(
                "1 of 13 images cannot be decoded and are left out: `{name}` ("
            )),
            "{name}: {}",
            ran.error
        );
        bounded(&ran, 128);
    }
}

#[test]
fn a_thread_that_decodes_the_largest_pictures_stays_below_its_bound() {
    // The largest that are read, one after another: what a picture takes, not how many there are.
    let place = good();
    place.write(
        "large.png",
        &encoded(GrayImage::new(8192, 8192), ImageFormat::Png),
    );
    place.write(
        "zeros.png",
        &encoded(
            image::ImageBuffer::<image::Rgba<u16>, _>::new(8192, 4096),
            ImageFormat::Png,
        ),
    );
    place.write(
        "large.jpg",
        &encoded(RgbImage::new(8192, 8192), ImageFormat::Jpeg),
    );
    let ran = program(
        &place,
        &[
            "data",
            "show",
            "folder:images",
            "--sheet",
            "s.png",
            "--split",
            "all",
            "--size",
            "512",
        ],
    );
    assert_eq!(ran.code, Some(0), "{}", ran.error);
    assert!(!ran.error.contains("left out"), "{}", ran.error);
    bounded(&ran, 2 * THREAD);
}

#[test]
fn very_long_pictures_are_read_in_little_memory() {
    let place = good();
    place.write(
        "wide.png",
        &encoded(GrayImage::new(60_000, 1), ImageFormat::Png),
    );
    place.write(
        "tall.png",
        &encoded(GrayImage::new(1, 60_000), ImageFormat::Png),
    );
    let ran = data(
        &place,
        &[
            "show",
            "folder:images",
            "--sheet",
            "s.png",
            "--split",
            "all",
            "--size",
            "1024",
        ],
    );
    assert_eq!(ran.code, Some(0), "{}", ran.error);
    assert!(!ran.error.contains("left out"), "{}", ran.error);
    bounded(&ran, 1000);
}

/// An archive with what `fill` puts into it before the good images, gzipped.
fn gzipped(place: &Place, fill: impl FnOnce(&mut dyn Write)) {
    let file = std::fs::File::create(place.dir.path().join("a.tar.gz")).unwrap();
    let mut gz = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    fill(&mut gz);
    let mut tar = tar::Builder::new(gz);
    tar.append_dir_all("images", place.root()).unwrap();
    tar.into_inner().unwrap().finish().unwrap();
}

fn header(kind: tar::EntryType, name: &str, size: u64) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_path(name).unwrap();
    header.set_size(size);
    header.set_mode(0o644);
    header.set_cksum();
    header.as_bytes().to_vec()
}

fn zeros(out: &mut dyn Write, bytes: u64) {
    std::io::copy(&mut std::io::Read::take(std::io::repeat(0), bytes), out).unwrap();
}

#[test]
fn members_that_unpack_to_much_are_named_and_never_held() {
    let place = good();
    gzipped(&place, |out| {
        let size = 1 << 29;
        out.write_all(&header(tar::EntryType::Regular, "zeros.png", size))
            .unwrap();
        zeros(out, size);
    });
    let ran = data(&place, &["verify", "folder:a.tar.gz"]);
    assert_eq!(ran.code, Some(1), "{}", ran.error);
    assert!(
        ran.out.contains(
            "zeros.png: it has 536870912 bytes, more than the 256 MiB that are read of a file\n"
        ),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("12 of 13 images can be decoded"),
        "{}",
        ran.out
    );
    bounded(&ran, 128);
}

#[test]
fn endless_names_are_refused() {
    for kind in [
        tar::EntryType::GNULongName,
        tar::EntryType::GNULongLink,
        tar::EntryType::XHeader,
    ] {
        let place = good();
        gzipped(&place, |out| {
            let size = 1 << 29;
            out.write_all(&header(kind, "././@LongLink", size)).unwrap();
            zeros(out, size);
        });
        let ran = data(&place, &["show", "folder:a.tar.gz"]);
        assert_eq!(ran.code, Some(2), "{}", ran.out);
        assert!(
            ran.error
                .contains("cannot read the archive: a name or note in it has more than 2 MiB"),
            "{}",
            ran.error
        );
        bounded(&ran, 128);
    }
}

#[test]
fn sizes_that_no_memory_holds_are_refused() {
    let place = good();
    let ran = data(
        &place,
        &[
            "show",
            "folder:images",
            "--sheet",
            "s.png",
            "--size",
            "20000",
        ],
    );
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.error.contains("expected 1 to 1024 pixels"),
        "{}",
        ran.error
    );
    let e = place.error("all", &dcgan::data::Want::size(20_000));
    insta::assert_snapshot!(e, @"`folder:DIR/images`: images of 20000x20000 pixels are asked for; a side has 1 to 4096 pixels");
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_refused_by_name() {
    let place = good();
    let made = std::process::Command::new("mkfifo")
        .arg(place.dir.path().join("pipe.tar"))
        .status()
        .unwrap();
    assert!(made.success());
    let ran = data(&place, &["show", "folder:pipe.tar"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.error
            .contains("`pipe.tar` is a pipe, a device or a socket"),
        "{}",
        ran.error
    );
    // In a tree it is one more thing that is no image.
    std::process::Command::new("mkfifo")
        .arg(place.root().join("pipe.png"))
        .status()
        .unwrap();
    let ran = data(&place, &["show", "folder:images"]);
    assert!(
        ran.out.contains("images    12 files") && ran.out.contains("1 other file"),
        "{}",
        ran.out
    );
}
