//! Standard output and error that cannot take what is printed.

use std::fs::File;
use std::process::{Command, Output, Stdio};

use super::place::Place;

/// The writing end of a pipe that nobody reads any more.
fn unread() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

/// A file that takes nothing, as on a full disk; `None` where this system has none.
fn full() -> Option<Stdio> {
    File::options()
        .write(true)
        .open("/dev/full")
        .ok()
        .map(Into::into)
}

fn output(command: &mut Command) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = command.spawn().unwrap().wait_with_output().unwrap();
    (status.code(), String::from_utf8_lossy(&stderr).into_owned())
}

#[test]
fn a_reader_that_went_away_ends_nothing() {
    let place = Place::new();
    for args in [
        &["data", "list"][..],
        &["data", "show", "folder:images"],
        &["describe", "tiny.yaml", "--figure", "a.svg"],
        &["--help"],
        &["--version"],
    ] {
        let mut command = place.command();
        let (code, said) = output(command.args(args).stdout(unread()).stderr(Stdio::piped()));
        assert_eq!((code, said.as_str()), (Some(0), ""), "{args:?}");
    }
    // What is wrong is an error still, though nobody hears of it.
    let mut command = place.command();
    let lost = command
        .args(["sweep", "absent.yaml"])
        .stdout(unread())
        .stderr(unread());
    assert_eq!(output(lost).0, Some(2));
}

#[test]
fn a_full_standard_output_is_an_error_of_what_prints_results() {
    let place = Place::new();
    for args in [
        &["data", "list"][..],
        &["data", "show", "folder:images"],
        &["--help"],
    ] {
        let Some(full) = full() else {
            return;
        };
        let mut command = place.command();
        let (code, said) = output(command.args(args).stdout(full).stderr(Stdio::piped()));
        assert_eq!(code, Some(2), "{args:?}: {said}");
        assert!(
            said.starts_with("error: cannot write to standard output: "),
            "{args:?}: {said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn a_sweep_goes_on_and_is_recorded_whatever_becomes_of_its_output() {
    let place = Place::new();
    let ends: [(&str, fn() -> Option<Stdio>); 2] = [("unread", || Some(unread())), ("full", full)];
    for (name, end) in ends {
        let (Some(out), Some(err)) = (end(), end()) else {
            continue;
        };
        let mut command = place.command();
        let sweep = command
            .args(["sweep", "tiny.yaml", "--results", name])
            .stdout(out)
            .stderr(err);
        assert_eq!(output(sweep).0, Some(0), "{name}");
        assert_eq!(place.record(name)["status"], "finished", "{name}");
        assert!(
            place.path(name).join("tiny/report/report.html").exists(),
            "{name}"
        );
    }
}

#[test]
#[cfg(unix)]
fn a_sweep_whose_streams_are_closed_is_recorded() {
    let place = Place::new();
    let mut command = Command::new("sh");
    let script = "exec \"$0\" --data-dir data sweep tiny.yaml --results closed >&- 2>&- <&-";
    let dcgan = assert_cmd::cargo::cargo_bin("dcgan");
    command
        .args(["-c", script])
        .arg(dcgan)
        .current_dir(place.path(""));
    assert_eq!(output(&mut command).0, Some(0));
    assert_eq!(place.record("closed")["status"], "finished");
}
