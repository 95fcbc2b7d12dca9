//! Images of one's own, `folder:PATH`: trees and archives of them, good and bad, and real photographs.

#[path = "folder/archives.rs"]
mod archives;
#[path = "folder/colours.rs"]
mod colours;
#[path = "folder/damaged.rs"]
mod damaged;
#[path = "folder/fingerprint.rs"]
mod fingerprint;
#[path = "folder/links.rs"]
mod links;
#[path = "folder/memory.rs"]
mod memory;
#[path = "folder/names.rs"]
mod names;
mod needs;
#[path = "folder/place.rs"]
mod place;
#[path = "folder/real.rs"]
mod real;
#[path = "folder/run.rs"]
mod run;

use std::path::Path;

use dcgan::data::{DataError, FolderError, Want};
use image::{ImageFormat, Luma, Rgb, RgbImage};

use place::{Place, Watch, encoded, set};

#[test]
fn a_tree_and_its_archives_are_the_same_set() {
    let place = Place::filled();
    let want = Want::size(16);
    let tree = place.open(&place.root(), "all", &want).unwrap();
    let images = &tree.images;
    assert_eq!((images.n, images.c, images.h, images.w), (60, 3, 16, 16));
    assert_eq!(tree.classes, ["cat", "dog"]);
    let labels = tree.labels.as_ref().unwrap();
    assert_eq!(labels[..30], [0; 30]);
    assert_eq!(labels[30..], [1; 30]);
    // Names in order: cat/00.png, whose red is 0, cat/02.bmp, whose red is 8.
    assert_eq!((images.image(0)[0], images.image(1)[0]), (0, 8));
    for name in ["images.tar", "images.tar.gz", "images.tgz"] {
        let other = place.open(&place.archive(name), "all", &want).unwrap();
        assert_eq!(other.images, tree.images, "{name}");
        assert_eq!(other.labels, tree.labels, "{name}");
        assert_eq!(other.fingerprint, tree.fingerprint, "{name}");
    }
    let part = |split: &str| place.open(&place.root(), split, &want).unwrap();
    let (train, test) = (part("train"), part("test"));
    assert_eq!(train.images.n + test.images.n, 60);
    assert!(test.images.n > 0);
    assert_eq!(test.fingerprint, train.fingerprint);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let place = Place::filled();
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| place.open(&place.root(), "train", &Want::size(8)).unwrap())
    };
    assert_eq!(with(1).images, with(3).images);
}

#[test]
fn grey_sets_stay_grey_until_one_image_is_in_colour() {
    let place = Place::new();
    for i in 0..5u8 {
        let grey = image::ImageBuffer::from_pixel(9, 9, Luma([i * 50]));
        place.write(&format!("{i}.png"), &encoded(grey, ImageFormat::Png));
    }
    let channels = |n| Want {
        size: Some(2),
        channels: n,
    };
    let open = |want| place.open(&place.root(), "all", &want).unwrap();
    let grey = open(channels(None));
    assert_eq!((grey.images.c, grey.labels), (1, None), "one folder");
    assert_eq!(grey.images.image(3), [150; 4]);
    assert_eq!(open(channels(Some(3))).images.image(3), [150; 12]);
    let red = RgbImage::from_pixel(9, 9, Rgb([255, 0, 0]));
    place.write("5.png", &encoded(red, ImageFormat::Png));
    let colour = open(channels(None));
    assert_eq!(colour.images.image(3), [150; 12]);
    assert_eq!(colour.images.image(5)[..5], [255, 255, 255, 255, 0]);
    assert_eq!(open(channels(Some(1))).images.image(5), [54; 4], "luma");
    insta::assert_snapshot!(place.error("all", &channels(Some(2))), @"`folder:DIR/images`: images of 2 channels are asked for; expected 1 (grey) or 3 (colour)");
}

#[test]
fn unchanged_files_are_hashed_once() {
    let place = Place::filled();
    let bars = || {
        let watch = Watch::default();
        let set = set(&place.root());
        let set = set
            .open("all", &Want::size(4), &place.store, &watch)
            .unwrap();
        (watch.bars.into_inner().unwrap(), set.fingerprint)
    };
    let (first, before) = bars();
    assert_eq!(first, ["hashing", "reading"]);
    assert_eq!(bars(), (vec!["reading".into()], before.clone()));
    place.write(
        "cat/new.png",
        &encoded(RgbImage::new(3, 3), ImageFormat::Png),
    );
    let (again, after) = bars();
    assert_eq!(again, ["hashing", "reading"]);
    assert_ne!(before, after);
}

#[test]
fn images_that_cannot_be_decoded_are_left_out_and_named() {
    let place = Place::filled();
    place.write("cat/00.png", b"no PNG at all");
    let whole = std::fs::read(place.root().join("dog/01.JPG")).unwrap();
    place.write("dog/01.JPG", &whole[..100]);
    let watch = Watch::default();
    let set = set(&place.root());
    let got = set
        .open("all", &Want::size(8), &place.store, &watch)
        .unwrap();
    assert_eq!((got.images.n, got.labels.unwrap().len()), (58, 58));
    let names: Vec<&str> = got.skipped.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["cat/00.png", "dog/01.JPG"]);
    // The first image is the one that was second.
    assert_eq!(got.images.image(0)[0], 8);
    let notes = place.redacted(&watch.notes.into_inner().unwrap().join("\n"));
    assert!(
        notes.starts_with(
            "folder:DIR/images: 2 of 60 images cannot be decoded and are left out: `cat/00.png` ("
        ),
        "{notes}"
    );
}

#[test]
fn a_set_that_is_mostly_damaged_is_refused() {
    let place = Place::filled();
    for i in 0..40 {
        place.write(&format!("bird/{i}.jpg"), b"");
        place.write(&format!("bird/{i}.png"), b"\x89PNG");
    }
    let e = place
        .open(&place.root(), "all", &Want::size(8))
        .unwrap_err();
    assert!(
        matches!(&e, DataError::Folder(FolderError::Undecodable { skipped, of: 140, .. }) if skipped.len() == 80)
    );
    insta::assert_snapshot!(place.redacted(&e.to_string()), @"`folder:DIR/images`: 80 of 140 images cannot be decoded, more than half: `bird/0.jpg` (The image format could not be determined), `bird/0.png` (The image format could not be determined), `bird/1.jpg` (The image format could not be determined), and 77 more; they are of a format that is not read (JPEG, PNG, WebP and BMP are), or damaged");
}

#[test]
fn bad_folders_are_named() {
    let place = Place::new();
    let want = Want::size(8);
    insta::assert_snapshot!(place.error("all", &want), @"`folder:DIR/images`: there is no `DIR/images`; name a folder of images or a tar archive of them, absolute or relative to the working directory");
    std::fs::create_dir_all(place.root()).unwrap();
    place.write("a/readme.txt", b"");
    insta::assert_snapshot!(place.error("all", &want), @"`folder:DIR/images`: there is no image in `DIR/images`: of the 1 files below it none has a name that ends in .jpg, .jpeg, .png, .webp, .bmp; name the folder that holds the images");
    place.write("a/1.png", &encoded(RgbImage::new(2, 2), ImageFormat::Png));
    insta::assert_snapshot!(place.error("valid", &want), @"data set `folder:DIR/images` has no split `valid`; it has all, test, train");
    insta::assert_snapshot!(place.error("train", &want), @"`folder:DIR/images`: none of its 1 images falls into the split `train`, which has nine in ten of them; use the split `all`");
    insta::assert_snapshot!(place.error("all", &Want::STORED), @"`folder:DIR/images`: its images may have any size; say which size is wanted");
    let error = |path: &Path| {
        let e = place.open(path, "all", &want).unwrap_err();
        place.redacted(&e.to_string())
    };
    insta::assert_snapshot!(error(&place.root().join("a/1.png")), @"`folder:DIR/images/a/1.png`: `DIR/images/a/1.png` is a file, but neither a .tar nor a .tar.gz or .tgz; name a folder of images or such an archive of them");
    let cut = place.archive("cut.tar.gz");
    let bytes = std::fs::read(&cut).unwrap();
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    insta::assert_snapshot!(error(&cut), @"`folder:DIR/cut.tar.gz`: cannot read the archive: incomplete deflate stream");
}

#[test]
fn too_many_folders_for_labels_are_said() {
    let place = Place::new();
    let image = encoded(RgbImage::new(1, 1), ImageFormat::Bmp);
    for i in 0..257 {
        place.write(&format!("{i}/1.bmp"), &image);
    }
    let watch = Watch::default();
    let set = set(&place.root());
    let got = set
        .open("all", &Want::size(1), &place.store, &watch)
        .unwrap();
    assert_eq!((got.labels, got.classes.len()), (None, 0));
    insta::assert_snapshot!(place.redacted(&watch.notes.into_inner().unwrap().join("\n")), @"folder:DIR/images: its images lie in 257 folders, but a label is one of 256 classes at most; read without labels");
}

#[test]
fn the_commands_read_well() {
    let place = Place::filled();
    place.write("dog/broken.png", b"");
    let run = |arguments: &[&str]| {
        let output = assert_cmd::Command::cargo_bin("dcgan")
            .unwrap()
            .current_dir(place.dir.path())
            .args(["--data-dir", "store", "data"])
            .args(arguments)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), place.redacted(&text))
    };
    let (code, text) = run(&[
        "show",
        "folder:images",
        "--sheet",
        "sheet.png",
        "--size",
        "8",
    ]);
    assert_eq!(code, Some(0));
    // Encoders may write other bytes from version to version.
    let stable: Vec<&str> = text
        .lines()
        .filter(|l| !l.starts_with("fingerprint") && !l.starts_with("images"))
        .collect();
    insta::assert_snapshot!(stable.join("\n"), @r#"
folder:images: images of your own

classes   2: cat (30), dog (31)
split     train: 56 images
split     test: 5 images
split     all: 61 images
skipped   2 other files
sheet     sheet.png
"#);
    let sheet = image::open(place.dir.path().join("sheet.png")).unwrap();
    assert_eq!(sheet.width(), 10 * 10 + 2);
    let (code, text) = run(&["verify", "folder:images"]);
    assert_eq!(code, Some(1), "one is damaged");
    assert!(text.contains("60 of 61 images can be decoded"), "{text}");
    assert!(text.starts_with("dog/broken.png: "), "{text}");
    let (code, text) = run(&["fetch", "folder:images"]);
    assert_eq!(code, Some(0));
    assert_eq!(text, "folder:images: 61 images, nothing to fetch\n");
}

#[test]
fn a_sweep_trains_and_probes_on_them() {
    let place = Place::filled();
    place.write("dog/broken.png", b"");
    let spec = "name: pets\ndata: {train: 'folder:images', split: all, channels: 1}\n\
                model: {preset: svhn32, width: 4, latent: {size: 8}}\ntrain: {epochs: 1, batch_size: 20}\n\
                probe: [{data: 'folder:images', labels: 5, draws: 2, c: [1e-3], controls: []}]\n";
    std::fs::write(place.dir.path().join("pets.yaml"), spec).unwrap();
    let sweep = || {
        let output = assert_cmd::Command::cargo_bin("dcgan")
            .unwrap()
            .current_dir(place.dir.path())
            .args(["--data-dir", "store", "sweep", "pets.yaml"])
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{error}");
        error
    };
    let error = sweep();
    assert!(
        error.contains("1 of 61 images cannot be decoded"),
        "{error}"
    );
    let trials = place.dir.path().join("results/pets");
    let trial = std::fs::read_dir(trials)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.join("run.json").exists())
        .unwrap();
    let run = std::fs::read(trial.join("run.json")).unwrap();
    let run: serde_json::Value = serde_json::from_slice(&run).unwrap();
    assert_eq!(
        (&run["status"], &run["scale"]["images"]),
        (&"finished".into(), &60.into())
    );
    assert_eq!(run["data"][0]["skipped"], 1);
    let sheet = image::open(trial.join("figures/samples.png")).unwrap();
    assert_eq!(sheet.color(), image::ColorType::L8);
    assert!(
        !sweep().contains("cannot be decoded"),
        "all is done already"
    );
}
