//! Names that hold control characters: written out wherever people look, as they are where programs read.

use super::place::{Place, SPEC};

/// What a name must never bring to a terminal, a page or a picture.
fn raw(text: &str) -> Vec<char> {
    let steers = |c: char| (c.is_control() && !matches!(c, '\n' | '\t')) || c == '\u{202e}';
    text.chars().filter(|&c| steers(c)).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
#[cfg(unix)]
fn names_of_files_and_classes_are_written_out() {
    let place = Place::new();
    place.images("images/red\u{1b}[31m", 3);
    place.images("images/two\nlines\r\u{7}", 3);
    std::fs::write(
        place.path("images/red\u{1b}[31m/bad\u{1b}]0;title\u{7}.png"),
        "no image",
    )
    .unwrap();
    for args in [
        &["data", "show", "folder:images"][..],
        &["data", "verify", "folder:images"],
        &["sweep", "tiny.yaml"],
        &["data", "show", "folder:absent\u{1b}[2J"],
        &["data", "show", "\u{1b}[2Jcifar"],
        &["sweep", "tiny.yaml", "--set", "train.\u{1b}[2J=1"],
    ] {
        let out = place.run(args);
        let said = text(&out.stdout) + &text(&out.stderr);
        assert_eq!(raw(&said), [], "{args:?}: {said:?}");
        // Names of files come from bytes and are written as those, other text as characters.
        let told = ["\\u{1b}[", "\\x1b["].iter().any(|it| said.contains(it));
        assert!(told, "{args:?}: {said}");
    }
    let shown = text(&place.run(&["data", "show", "folder:images"]).stdout);
    assert!(shown.contains("two\\x0alines\\x0d\\x07 (3)"), "{shown}");
}

#[test]
fn names_of_arms_are_written_out_in_every_report_and_kept_in_csv() {
    let place = Place::new();
    let arms = "sweep: {arms: {\"a\\e[31m<b>&\\u202E|_\": {}, \"c\\0\": {seed: 1}}}\nprobe: [{data: 'folder:images', labels: all, c: [1e-4]}]\n";
    place.images("images/one", 12);
    place.images("images/two", 12);
    let spec = SPEC.replace("split: all", "split: train") + arms;
    place.write("tiny.yaml", &spec);
    let out = place.run(&["sweep", "tiny.yaml"]);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    let said = text(&out.stdout) + &text(&out.stderr);
    assert_eq!(raw(&said), [], "{said:?}");
    let mut seen = Vec::new();
    for entry in walkdir::WalkDir::new(place.path("results/tiny"))
        .into_iter()
        .flatten()
    {
        let path = entry.path();
        let Some(ending) = path.extension().and_then(|e| e.to_str()) else {
            continue;
        };
        if !["html", "svg", "md", "tex", "csv"].contains(&ending) {
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap();
        match ending {
            // For programs: the name itself.
            "csv" => {
                if text.contains("[31m") {
                    assert!(text.contains("\u{1b}[31m<b>"), "{}", path.display());
                    seen.push("csv");
                }
            }
            ending => {
                assert_eq!(raw(&text), [], "{}", path.display());
                if text.contains("u{1b}[31m") || text.contains("u\\{1b\\}[31m") {
                    seen.push(match ending {
                        "html" => "html",
                        "svg" => "svg",
                        "md" => "md",
                        _ => "tex",
                    });
                }
                if ending == "svg" {
                    roxmltree::Document::parse(&text).unwrap();
                }
            }
        }
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, ["csv", "html", "md", "svg", "tex"]);
}
