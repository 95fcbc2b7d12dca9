//! A folder with a few small images and a spec that trains on them in a second.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use image::{Rgb, RgbImage};

pub const SPEC: &str = "\
name: tiny
data: {train: 'folder:images', split: all}
model: {preset: dcgan32, width: 2, latent: {size: 4}}
train: {epochs: 1, batch_size: 4, log_every: 1}
";

pub struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Place {
        let place = Place {
            dir: tempfile::tempdir().unwrap(),
        };
        place.images("images", 8);
        place.write("tiny.yaml", SPEC);
        place
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// So many images in a folder.
    pub fn images(&self, folder: impl AsRef<Path>, count: u8) {
        let folder = self.path(folder);
        std::fs::create_dir_all(&folder).unwrap();
        for i in 0..count {
            let image =
                RgbImage::from_fn(32, 32, |x, y| Rgb([i * 9, (x * 8) as u8, (y * 8) as u8]));
            image.save(folder.join(format!("{i}.png"))).unwrap();
        }
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("dcgan"));
        command
            .current_dir(self.dir.path())
            .env_remove("DCGAN_DATA")
            .args(["--data-dir", "data", "--threads", "2"]);
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command().args(args).output().unwrap()
    }

    /// The last line of a command that must fail with exit code 2.
    pub fn error(&self, args: &[&str]) -> String {
        let out = self.run(args);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(2), "{said}");
        said.lines().last().unwrap_or_default().to_string()
    }

    /// The record of the only trial below a results folder.
    pub fn record(&self, results: impl AsRef<Path>) -> serde_json::Value {
        let trials = std::fs::read_dir(self.path(results).join("tiny")).unwrap();
        let mut records = trials
            .flatten()
            .map(|e| e.path().join("run.json"))
            .filter(|p| p.exists());
        let record = std::fs::read(records.next().expect("a trial")).unwrap();
        assert!(records.next().is_none(), "more than one trial");
        serde_json::from_slice(&record).unwrap()
    }
}
