//! Results that could not be written are refused before work begins.

use super::place::Place;

#[test]
fn every_place_for_results_is_asked_before_the_work() {
    let place = Place::new();
    // A file in a folder's place: unlike permissions, it stops the superuser too.
    place.write("taken", "a file");
    // What each would read is absent, and would be the error if it were looked at first.
    for (args, named) in [
        (
            &["sweep", "tiny.yaml", "--results", "taken"][..],
            "taken/tiny",
        ),
        (
            &[
                "probe",
                "--features",
                "no.npy",
                "--labels",
                "no.npy",
                "--out",
                "taken/a.json",
            ],
            "taken/a.json",
        ),
        (
            &["quality", "no-trial", "--json", "taken/a.json"],
            "taken/a.json",
        ),
        (
            &[
                "quality",
                "--images",
                "folder:none",
                "--against",
                "folder:none",
                "--json",
                "images",
            ],
            "images",
        ),
        (
            &["describe", "tiny.yaml", "--figure", "taken/a.svg"],
            "taken/a.svg",
        ),
        (&["export", "no-trial", "--to", "taken/nets"], "taken/nets"),
        (
            &["explore", "browse", "no-trial", "--out", "taken"],
            "taken",
        ),
        (
            &["explore", "boxes", "no-trial", "--out", "taken/b.yaml"],
            "taken/b.yaml",
        ),
        (
            &["explore", "draw", "no.json", "--out", "taken/x"],
            "taken/x",
        ),
        (
            &["data", "show", "folder:images", "--sheet", "taken/s.png"],
            "taken/s.png",
        ),
    ] {
        let said = place.error(args);
        let wanted = format!("error: cannot write `{named}`: ");
        assert!(said.starts_with(&wanted), "{args:?}: {said}");
    }
    assert!(!place.path("results").exists() && !place.path("architecture.svg").exists());
    assert_eq!(std::fs::read(place.path("taken")).unwrap(), b"a file");
}
