//! What ran where: versions, commit, processor, memory, time.

use std::collections::BTreeMap;
use std::process::Command;

/// Now, RFC 3339 in UTC to the second.
pub fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// Versions worth knowing when a number is questioned.
pub fn versions() -> BTreeMap<String, String> {
    let mut versions = BTreeMap::from([
        ("dcgan".to_string(), env!("CARGO_PKG_VERSION").to_string()),
        ("candle".to_string(), env!("DCGAN_CANDLE").to_string()),
        ("rustc".to_string(), env!("DCGAN_RUSTC").to_string()),
        (
            "os".to_string(),
            format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        ),
    ]);
    if let Some(cpu) = processor() {
        versions.insert("cpu".to_string(), cpu);
    }
    versions
}

fn processor() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|l| l.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_string())
}

/// Commit of the source tree that the working directory is in, `-dirty` where files differ from it.
pub fn commit() -> Option<String> {
    let git = |args: &[&str]| -> Option<String> {
        let out = Command::new("git").args(args).output().ok()?;
        out.status
            .success()
            .then(|| String::from_utf8_lossy(&out.stdout).trim().to_string())
    };
    let head = git(&["rev-parse", "--short=12", "HEAD"])?;
    let dirty = !git(&["status", "--porcelain"])?.is_empty();
    Some(if dirty { format!("{head}-dirty") } else { head })
}

/// Largest resident set of this process so far, in bytes, where the system tells it.
pub fn peak_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find(|l| l.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}
