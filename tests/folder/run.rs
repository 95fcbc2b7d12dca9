//! The program itself, beside a place's folder, and the most memory that it took.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::place::Place;

/// What a run of the program printed, how it ended, and its peak of resident memory in MiB where the system tells.
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub error: String,
    pub peak: Option<u64>,
}

/// Run `dcgan data ARGUMENTS` in the place's folder.
pub fn data(place: &Place, arguments: &[&str]) -> Ran {
    let mut all = vec!["data"];
    all.extend(arguments);
    program(place, &all)
}

/// Run `dcgan ARGUMENTS` in the place's folder, on two threads.
pub fn program(place: &Place, arguments: &[&str]) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_dcgan"))
        .current_dir(place.dir.path())
        .args(["--data-dir", "store"])
        .args(arguments)
        .env("RAYON_NUM_THREADS", "2")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let drain = |mut from: Box<dyn Read + Send>| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            from.read_to_end(&mut bytes).unwrap();
            String::from_utf8(bytes).unwrap()
        })
    };
    let out = drain(Box::new(child.stdout.take().unwrap()));
    let error = drain(Box::new(child.stderr.take().unwrap()));
    let mut peak = None;
    let status = loop {
        // The most that was ever resident never falls: the last look tells it.
        peak = resident(child.id()).or(peak);
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    Ran {
        code: status.code(),
        out: place.redacted(&out.join().unwrap()),
        error: place.redacted(&error.join().unwrap()),
        peak,
    }
}

fn resident(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1024)
}
