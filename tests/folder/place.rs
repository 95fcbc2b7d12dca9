//! Trees of images, good and bad, and a watcher that remembers.

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use dcgan::data::{DataError, Dataset, Set, Store, Want};
use dcgan::track::progress::{Bar, Progress, Silent, Unit};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

/// A folder that goes away with the test: `images` for the tree, `store` for the notes.
pub struct Place {
    pub dir: tempfile::TempDir,
    pub store: Store,
}

impl Place {
    pub fn new() -> Place {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path().join("store"));
        Place { dir, store }
    }

    /// The tests' usual tree: 30 colour images in each of two folders, of many shapes and formats.
    pub fn filled() -> Place {
        let place = Place::new();
        for i in 0..60u32 {
            let class = ["cat", "dog"][(i % 2) as usize];
            let (format, ending) = [
                (ImageFormat::Png, "png"),
                (ImageFormat::Jpeg, "JPG"),
                (ImageFormat::Bmp, "bmp"),
                (ImageFormat::WebP, "webp"),
            ][(i % 4) as usize];
            let image = RgbImage::from_fn(20 + i % 7, 30 - i % 5, |x, y| {
                Rgb([(i * 4) as u8, (x * 8) as u8, (y * 8) as u8])
            });
            place.write(&format!("{class}/{i:02}.{ending}"), &encoded(image, format));
        }
        place.write("notes.txt", b"not an image");
        place.write("cat/._00.png", b"a note of some file manager");
        place
    }

    pub fn root(&self) -> PathBuf {
        self.dir.path().join("images")
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.root().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// The tree as an archive, below another folder, gzipped or not.
    pub fn archive(&self, name: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        let mut tar = tar::Builder::new(Vec::new());
        tar.append_dir_all("./some/where", self.root()).unwrap();
        let bytes = tar.into_inner().unwrap();
        if name.ends_with("gz") {
            let file = std::fs::File::create(&path).unwrap();
            let mut gz = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
            gz.write_all(&bytes).unwrap();
            gz.finish().unwrap();
        } else {
            std::fs::write(&path, bytes).unwrap();
        }
        path
    }

    pub fn open(&self, path: &Path, split: &str, want: &Want) -> Result<Dataset, DataError> {
        set(path).open(split, want, &self.store, &Silent)
    }

    /// What opening the tree fails with, without what differs from run to run.
    pub fn error(&self, split: &str, want: &Want) -> String {
        let e = self.open(&self.root(), split, want).unwrap_err();
        self.redacted(&e.to_string())
    }

    pub fn redacted(&self, text: &str) -> String {
        text.replace(&self.dir.path().display().to_string(), "DIR")
    }
}

pub fn set(path: &Path) -> Set {
    Set::find(&format!("folder:{}", path.display()), None).unwrap()
}

pub fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Keeps the notes and the names of the bars.
#[derive(Default)]
pub struct Watch {
    pub notes: Mutex<Vec<String>>,
    pub bars: Mutex<Vec<String>>,
}

impl Progress for Watch {
    fn begin(&self, what: &str, _: Option<u64>, _: Unit) -> Box<dyn Bar> {
        let first = what.split(' ').next().unwrap_or_default();
        self.bars.lock().unwrap().push(first.to_string());
        Box::new(Silent)
    }
    fn note(&self, line: &str) {
        self.notes.lock().unwrap().push(line.to_string());
    }
    fn stop_requested(&self) -> bool {
        false
    }
}
