//! What users type: values of `--set` as they stand, arguments and paths of any bytes.

#[path = "output/place.rs"]
#[allow(dead_code)]
mod place;

use place::Place;

#[test]
fn a_path_in_set_is_the_path_that_was_typed() {
    let place = Place::new();
    place.images("set", 20);
    let names = [
        "set #2",
        "a, b",
        "a: b",
        "{x}",
        "[x]",
        "~home",
        "trailing ",
        "it's",
        "naïvé 猫",
        "1e5",
        "yes",
        "null",
        "'q'x",
        "*star",
    ];
    for (i, name) in names.iter().enumerate() {
        let count = 8 + u8::try_from(i).unwrap();
        place.images(name, count);
        let results = format!("results-{i}");
        let set = format!("data.train=folder:{name}");
        let out = place.run(&["sweep", "tiny.yaml", "--set", &set, "--results", &results]);
        assert!(
            out.status.success(),
            "{name}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
        assert_eq!(place.record(&results)["data"][0]["images"], count, "{name}");
    }
}

#[test]
#[cfg(unix)]
fn bytes_that_are_no_text_are_paths_or_a_clear_error() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let place = Place::new();
    let folder = OsStr::from_bytes(b"caf\xe9");
    std::fs::create_dir(place.path(folder)).unwrap();
    let spec = std::path::Path::new(folder).join("tiny.yaml");
    std::fs::rename(place.path("tiny.yaml"), place.path(&spec)).unwrap();
    let mut command = place.command();
    let out = command
        .arg("sweep")
        .arg(&spec)
        .arg("--results")
        .arg(folder)
        .output()
        .unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    assert_eq!(place.record(folder)["status"], "finished");
    for (args, named) in [
        (
            &[&b"data"[..], b"show", b"folder:caf\xe9"][..],
            r"`folder:caf\xe9`",
        ),
        (
            &[
                b"sweep",
                b"tiny.yaml",
                b"--set",
                b"data.train=folder:caf\xe9",
            ],
            r"`data.train=folder:caf\xe9`",
        ),
    ] {
        let mut command = place.command();
        let out = command
            .args(args.iter().map(|a| OsStr::from_bytes(a)))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(2), "{said}");
        assert!(
            said.starts_with("error: ") && said.contains(named),
            "{said}"
        );
    }
}
