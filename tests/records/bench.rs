//! A folder with a few images and a sweep that trains a tiny net on them within a second.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

pub struct Bench {
    dir: tempfile::TempDir,
}

const IMAGES: u32 = 60;

impl Bench {
    /// A sweep `tiny.yaml` of so many epochs of two steps; `more` is added to the spec.
    pub fn new(epochs: usize, more: &str) -> Bench {
        let dir = tempfile::tempdir().unwrap();
        let bench = Bench { dir };
        for i in 0..IMAGES {
            let image = image::RgbImage::from_fn(32, 32, |x, y| {
                let value = (x * 7919 + y * 104_729 + i * 1_299_709) % 251;
                image::Rgb([value as u8, (value / 2) as u8, (i * 9 % 256) as u8])
            });
            let path = bench.path(&format!("images/{}/{i}.png", ["a", "b"][i as usize % 2]));
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            image.save(path).unwrap();
        }
        let spec = format!(
            "name: tiny\n\
             data: {{train: 'folder:images', split: all}}\n\
             model: {{preset: dcgan32, width: 4, latent: {{size: 8}}}}\n\
             train: {{epochs: {epochs}, batch_size: 30, log_every: 1, monitor_every: 2, sheet_every: 100}}\n\
             {more}"
        );
        std::fs::write(bench.path("tiny.yaml"), spec).unwrap();
        bench
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// `dcgan ARGS` in the folder, not started yet.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("dcgan"));
        command
            .current_dir(self.dir.path())
            .args(["--data-dir", "data", "--threads", "1"])
            .args(args)
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Start the sweep beside others.
    pub fn start(&self) -> Child {
        let mut command = self.command(&["sweep", "tiny.yaml"]);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// The folder of the only trial.
    pub fn trial(&self) -> PathBuf {
        let entries = std::fs::read_dir(self.path("results/tiny")).unwrap();
        let mut trials: Vec<PathBuf> = entries
            .map(|e| e.unwrap().path())
            .filter(|p| p.is_dir() && p.file_name().unwrap() != "report")
            .collect();
        assert_eq!(trials.len(), 1, "{trials:?}");
        trials.remove(0)
    }
}

pub fn stderr(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

pub fn json(path: &Path) -> serde_json::Value {
    let bytes = std::fs::read(path).unwrap();
    serde_json::from_slice(&bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Names of files below a folder that begin with a dot and so many letters.
pub fn hidden(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder).into_iter();
    entries
        .map(|e| e.unwrap().into_path())
        .filter(|p| p.file_name().unwrap().to_string_lossy().starts_with(prefix))
        .collect()
}
