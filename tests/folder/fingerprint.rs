//! A fingerprint is of the images, not of where they lie or how that is spelled.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use dcgan::data::Want;
use dcgan::track::progress::Silent;
use image::{ImageFormat, Rgb, RgbImage};

use super::place::{Place, encoded, set};

fn tile(red: u8) -> Vec<u8> {
    encoded(
        RgbImage::from_pixel(5, 5, Rgb([red, 9, 9])),
        ImageFormat::Bmp,
    )
}

fn of(place: &Place, path: &Path) -> String {
    set(path).fingerprint(&place.store, &Silent).unwrap()
}

fn filled() -> Place {
    let place = Place::new();
    for i in 0..12u8 {
        place.write(
            &format!("{}/{i}.bmp", ["a", "b"][usize::from(i % 2)]),
            &tile(i * 20),
        );
    }
    place
}

#[test]
fn it_is_the_same_wherever_and_however_they_lie() {
    let place = filled();
    let right = of(&place, &place.root());
    let spelled = place.dir.path().display();
    for other in [
        format!("{spelled}/images/"),
        format!("{spelled}/./images/../images"),
        format!("{spelled}//images/."),
    ] {
        assert_eq!(of(&place, &PathBuf::from(&other)), right, "{other}");
    }
    assert_eq!(of(&place, &place.archive("a.tar")), right);
    assert_eq!(of(&place, &place.archive("a.tar.gz")), right);
    let bare = place.dir.path().join("bare.tar");
    let mut tar = tar::Builder::new(std::fs::File::create(&bare).unwrap());
    tar.append_dir_all("", place.root()).unwrap();
    tar.finish().unwrap();
    assert_eq!(of(&place, &bare), right);
    #[cfg(unix)]
    {
        let link = place.dir.path().join("link");
        std::os::unix::fs::symlink(place.root(), &link).unwrap();
        assert_eq!(of(&place, &link), right);
    }
    let moved = place.dir.path().join("elsewhere/deep");
    std::fs::create_dir_all(moved.parent().unwrap()).unwrap();
    std::fs::rename(place.root(), &moved).unwrap();
    assert_eq!(of(&place, &moved), right);
    // Neither size nor channels bear on it; a spec has them.
    let open = |want: &Want| place.open(&moved, "train", want).unwrap().fingerprint;
    assert_eq!(open(&Want::size(4)), right);
    assert_eq!(
        open(&Want {
            size: Some(9),
            channels: Some(1)
        }),
        right
    );
}

#[test]
fn it_changes_with_every_content_name_and_class() {
    let place = filled();
    let root = place.root();
    let mut seen = vec![of(&place, &root)];
    let mut changed = |what: &str| {
        let now = of(&place, &root);
        assert!(!seen.contains(&now), "{what}");
        seen.push(now);
    };
    place.write("a/0.bmp", &tile(1));
    changed("another picture");
    std::fs::rename(root.join("a/0.bmp"), root.join("b/0.bmp")).unwrap();
    changed("another class");
    std::fs::rename(root.join("b/0.bmp"), root.join("b/zero.bmp")).unwrap();
    changed("another name");
    std::fs::rename(root.join("b"), root.join("c")).unwrap();
    changed("another class's name");
    std::fs::remove_file(root.join("c/zero.bmp")).unwrap();
    changed("one fewer");
    place.write("c/broken.bmp", b"no image");
    changed("one that is left out");
    // Two exchange their contents.
    let (x, y) = (
        std::fs::read(root.join("a/2.bmp")).unwrap(),
        std::fs::read(root.join("a/4.bmp")).unwrap(),
    );
    place.write("a/2.bmp", &y);
    place.write("a/4.bmp", &x);
    changed("two exchanged");
}

#[cfg(unix)]
#[test]
fn another_picture_of_the_same_size_and_time_is_noticed() {
    let place = filled();
    let (root, file) = (place.root(), place.root().join("a/0.bmp"));
    let swap = |red: u8, time: SystemTime| {
        let before = of(&place, &root);
        std::fs::write(&file, tile(red)).unwrap();
        let open = std::fs::File::options().write(true).open(&file).unwrap();
        open.set_modified(time).unwrap();
        drop(open);
        let after = of(&place, &root);
        assert_ne!(before, after, "{red}");
    };
    let time = std::fs::metadata(&file).unwrap().modified().unwrap();
    swap(101, time);
    // Right after one another, and before 1970.
    for red in 102..120 {
        swap(red, time);
    }
    let early = |seconds| SystemTime::UNIX_EPOCH - Duration::from_secs(seconds);
    swap(121, early(600_000_000));
    swap(122, early(900_000_000));
    // An archive too.
    let path = place.archive("a.tar");
    let before = of(&place, &path);
    let stamp = std::fs::metadata(&path).unwrap().modified().unwrap();
    std::fs::write(&file, tile(200)).unwrap();
    place.archive("a.tar");
    std::fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(stamp)
        .unwrap();
    assert_ne!(of(&place, &path), before);
}
