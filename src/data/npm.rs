//! Packages of the npm registry, through the user's own `npm`, its settings, mirrors and cache.

use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{NpmSource, SourceError};
use crate::track::progress::{Progress, Stopped, Unit};

/// How npm is called on this platform.
pub(super) const PROGRAM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

/// `npm pack` the package into `folder` and return the archive; npm checks it against the registry's hash.
pub(super) fn pack(
    program: &OsStr,
    source: &NpmSource,
    folder: &Path,
    progress: &dyn Progress,
) -> Result<PathBuf, SourceError> {
    let command = format!("npm pack {}@{}", source.package, source.version);
    let failed = |why: String| SourceError::Npm {
        command: command.clone(),
        why,
    };
    let mut child = Command::new(program)
        .args([
            "pack",
            "--loglevel=error",
            "--ignore-scripts",
            "--no-update-notifier",
        ])
        // npm's own patience (three tries, up to a minute apart) would hide for minutes that there is no network.
        .args([
            "--fetch-retries=1",
            "--fetch-retry-mintimeout=1000",
            "--fetch-retry-maxtimeout=2000",
        ])
        .arg("--pack-destination")
        .arg(folder)
        .args(["--", &format!("{}@{}", source.package, source.version)])
        // Away from the caller's folder, whose package.json and .npmrc have no say in this.
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => SourceError::NoNpm,
            _ => failed(e.to_string()),
        })?;

    // Read aside, so that a long complaint never blocks npm; not through a file, which a full disk would not take.
    let complaint = child.stderr.take().map(|mut pipe| {
        std::thread::spawn(move || {
            let mut text = Vec::new();
            // What was read before an error is still worth telling.
            let _ = pipe.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        })
    });
    let size = source
        .bytes
        .map_or(String::new(), |n| format!(" ({} MB)", n / 1_000_000));
    let _bar = progress.begin(&format!("{command}{size}"), None, Unit::Items);
    let status = loop {
        match child.try_wait().map_err(|e| failed(e.to_string()))? {
            Some(status) => break status,
            None if progress.stop_requested() => {
                // It may have ended by itself in between; either way it is waited for.
                let _ = child.kill();
                let _ = child.wait();
                return Err(Stopped.into());
            }
            None => std::thread::sleep(Duration::from_millis(50)),
        }
    };
    if !status.success() {
        let log = complaint.and_then(|c| c.join().ok()).unwrap_or_default();
        return Err(failed(reason(&log).unwrap_or_else(|| status.to_string())));
    }
    walkdir::WalkDir::new(folder)
        .max_depth(1)
        .into_iter()
        .filter_map(Result::ok)
        .map(walkdir::DirEntry::into_path)
        .find(|path| path.extension().is_some_and(|e| e == "tgz"))
        .ok_or_else(|| failed("it left no .tgz file".to_string()))
}

/// What npm complains of: its lines about the cause, without its prefix and its advice.
fn reason(log: &str) -> Option<String> {
    let lines: Vec<&str> = log
        .lines()
        .filter_map(|l| l.strip_prefix("npm error ").or(l.strip_prefix("npm ERR! ")))
        .filter(|l| !l.trim().is_empty())
        .collect();
    let telling = lines.iter().find(|l| {
        !l.starts_with("code ") && !l.starts_with("errno ") && !l.starts_with("syscall ")
    });
    telling.or(lines.first()).map(|l| l.trim().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::progress::Silent;

    fn source() -> NpmSource {
        NpmSource {
            package: "some-package".into(),
            version: "1.2.3".into(),
            bytes: None,
            files: Default::default(),
        }
    }

    #[test]
    fn an_absent_npm_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let e = pack(OsStr::new("no-such-npm"), &source(), dir.path(), &Silent).unwrap_err();
        insta::assert_snapshot!(e, @"`npm` is not installed (or not on the PATH); it comes with Node.js");
    }

    #[test]
    #[cfg(unix)]
    fn a_program_that_fails_is_reported() {
        let dir = tempfile::tempdir().unwrap();
        let e = pack(OsStr::new("false"), &source(), dir.path(), &Silent).unwrap_err();
        insta::assert_snapshot!(e, @"`npm pack some-package@1.2.3` failed: exit status: 1");
        let e = pack(OsStr::new("true"), &source(), dir.path(), &Silent).unwrap_err();
        insta::assert_snapshot!(e, @"`npm pack some-package@1.2.3` failed: it left no .tgz file");
    }

    #[test]
    fn npm_s_own_words_are_kept() {
        let log = "npm error code ENOTFOUND\nnpm error errno ENOTFOUND\nnpm error network request to https://example.org/x failed, reason: getaddrinfo ENOTFOUND example.org\nnpm error network This is a problem related to network connectivity.\n";
        insta::assert_snapshot!(reason(log).unwrap(), @"network request to https://example.org/x failed, reason: getaddrinfo ENOTFOUND example.org");
        assert_eq!(reason("something else\n"), None);
    }
}
