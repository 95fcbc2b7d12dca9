//! A data set of 3,000 small random images in CIFAR's format, and a watcher that remembers and can stop.

use std::io::Write;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use dcgan::data::{Card, Store};
use dcgan::track::progress::{Bar, Progress, Silent, Unit};
use rand::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// The files `a.bin` (2,000 images) and `b.bin` (1,000) of 3x4x4 pixels and 4 classes.
pub fn files() -> [(&'static str, Vec<u8>); 2] {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    [("a.bin", 2000), ("b.bin", 1000)].map(|(name, images)| {
        let mut bytes = Vec::new();
        for i in 0..images {
            bytes.push((i % 4) as u8);
            bytes.extend((0..48).map(|_| rng.random::<u8>()));
        }
        (name, bytes)
    })
}

pub fn archive(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(gz);
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, format!("./tiny/{name}"), bytes.as_slice())
            .unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

/// The card of those files, to be had from `urls`.
pub fn card(urls: &[&str]) -> Card {
    let mut yaml = String::from(
        "name: tiny\ntitle: Tiny\ndescription: random\nlicence: none\ncitation: none\nhomepage: none\n\
         classes: [ant, bee, cow, dog]\nimage: {channels: 3, height: 4, width: 4}\nformat: cifar\nsources:\n",
    );
    for url in urls {
        yaml += &format!(
            "  - archive: {{url: '{url}', files: {{a.bin: {{member: tiny/a.bin}}, b.bin: {{member: tiny/b.bin}}}}}}\n"
        );
    }
    if urls.is_empty() {
        yaml += "  []\n";
    }
    yaml += "files:\n";
    for (name, bytes) in files() {
        let hash: String = Sha256::digest(&bytes)
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        yaml += &format!(
            "  - {{name: {name}, bytes: {}, sha256: {hash}}}\n",
            bytes.len()
        );
    }
    yaml += "splits:\n  train: {files: [a.bin], images: 2000}\n  test: {files: [b.bin], images: 1000}\n";
    Card::parse(&yaml, "tiny.yaml", "tiny").unwrap()
}

/// A store in a folder that goes away with the test.
pub fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::new(dir.path().join("data"));
    (dir, store)
}

/// Names in the data set's folder, but for the store's own notes.
pub fn listing(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .filter(|n| n != ".lock" && n != ".verified.json")
        .collect();
    names.sort();
    names
}

pub fn write(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::File::create(path)
        .unwrap()
        .write_all(bytes)
        .unwrap();
}

/// Keeps the notes and the names of the bars; asks to stop after so many polls.
pub struct Watch {
    pub notes: Mutex<Vec<String>>,
    pub bars: Mutex<Vec<String>>,
    polls: AtomicI64,
}

impl Watch {
    pub fn new() -> Watch {
        Watch::stopping_after(i64::MAX)
    }
    pub fn stopping_after(polls: i64) -> Watch {
        Watch {
            notes: Mutex::default(),
            bars: Mutex::default(),
            polls: AtomicI64::new(polls),
        }
    }
    pub fn notes(&self) -> String {
        self.notes.lock().unwrap().join("\n")
    }
    pub fn bars(&self) -> Vec<String> {
        self.bars.lock().unwrap().clone()
    }
}

impl Progress for Watch {
    fn begin(&self, what: &str, _: Option<u64>, _: Unit) -> Box<dyn Bar> {
        self.bars.lock().unwrap().push(what.to_string());
        Box::new(Silent)
    }
    fn note(&self, line: &str) {
        self.notes.lock().unwrap().push(line.to_string());
    }
    fn stop_requested(&self) -> bool {
        self.polls.fetch_sub(1, Ordering::SeqCst) <= 0
    }
}
