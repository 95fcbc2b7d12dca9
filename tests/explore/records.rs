//! What is written is what was drawn: every z, and the same picture from it.

use dcgan::explore::{FIGURES, Net, Samples, vector};
use dcgan::track::progress::Silent;
use serde_json::Value;

use super::drop::BOXES;
use super::place::{Place, TRIAL, read};

/// What each figure is drawn by here, beside its name and the trial; the figure of digits wants a conditional net.
fn options(figure: &str) -> Option<&'static [&'static str]> {
    Some(match figure {
        "browse" => &["--from", "5", "--count", "33"],
        "interpolate" => &["--points", "3", "--steps", "4", "--mode", "spherical"],
        "arithmetic" => &[
            "--plus", "3,17,21", "--minus", "4,8,15", "--plus", "16,23,42",
        ],
        "turn" => &[
            "--left",
            "0,1",
            "--right",
            "2,4",
            "--rows",
            "2",
            "--columns",
            "5",
        ],
        "guided" => &["--samples", "--images", "150", "--strongest", "3"],
        "drop" => &["--boxes", "boxes.yaml", "--random", "--show", "12"],
        "digits" => return None,
        other => panic!("say here what `{other}` is drawn by"),
    })
}

/// Draw `figure` of the trial.
fn draw(place: &Place, figure: &str, more: &[&str]) {
    place.write("boxes.yaml", BOXES.as_bytes());
    let own = options(figure).unwrap();
    place.good(&[&[figure, TRIAL][..], own, more].concat());
}

fn tiles(json: &Value, row: usize, panel: usize) -> &Vec<Value> {
    json["rows"][row][panel]["tiles"].as_array().unwrap()
}

fn z(tile: &Value) -> Vec<f32> {
    serde_json::from_value(tile["z"].clone()).unwrap()
}

#[test]
fn every_figure_is_drawn_again_to_the_byte_from_its_record() {
    let place = Place::new();
    for kind in FIGURES.iter().filter(|kind| options(kind.name).is_some()) {
        draw(&place, kind.name, &[]);
        let name = kind.file;
        let file =
            |folder: &str, extension: &str| place.path(&format!("{folder}/{name}.{extension}"));
        let (record, beside) = (
            format!("{TRIAL}/figures/{name}.json"),
            format!("{TRIAL}/figures"),
        );
        // On one thread: the number of threads must not show.
        place.good(&["draw", &record, "--out", "again", "--threads", "1"]);
        let film = name == "interpolation";
        for extension in ["png", "json", "gif"] {
            assert_eq!(
                file(&beside, extension).exists(),
                extension != "gif" || film
            );
            if file(&beside, extension).exists() {
                let (first, second) = (file(&beside, extension), file("again", extension));
                assert!(
                    read(&first) == read(&second),
                    "{name}.{extension} is another"
                );
            }
        }
        assert!(image::open(file("again", "png")).unwrap().width() > 100);
    }
}

#[test]
fn a_figure_of_any_kind_takes_a_name_and_keeps_it_when_it_is_drawn_again() {
    let place = Place::new();
    for figure in ["turn", "guided"] {
        draw(&place, figure, &["--name", "mine"]);
        let record = format!("{TRIAL}/figures/mine.json");
        place.good(&["draw", &record, "--out", "again"]);
        let again = place.path("again/mine.json");
        assert!(read(&place.path(&record)) == read(&again), "{figure}");
        std::fs::remove_file(again).unwrap();
    }
}

#[test]
fn a_sample_is_the_same_picture_alone_and_in_a_sheet() {
    let place = Place::new();
    let net = Net::open(&place.path(TRIAL)).unwrap();
    let samples = Samples {
        latent: net.architecture.latent,
        seed: 0,
    };
    let z = samples.z("", &(0..70).collect::<Vec<_>>()).unwrap();
    let all = net.generate(&z, &Silent).unwrap();
    for i in [0, 31, 32, 69] {
        let alone = net.generate(&z[i..=i], &Silent).unwrap();
        assert_eq!(
            alone.iter().next().unwrap(),
            all.iter().nth(i).unwrap(),
            "sample {i}"
        );
    }
}

#[test]
fn arithmetic_adds_means_in_the_order_given() {
    let place = Place::new();
    draw(&place, "arithmetic", &[]);
    let json = place.json(&format!("{TRIAL}/figures/arithmetic.json"));
    let captions: Vec<&str> = (0..3)
        .map(|i| json["rows"][0][i]["caption"].as_str().unwrap())
        .collect();
    assert_eq!(
        captions,
        [
            "+ the mean z of 3, 17, 21",
            "\u{2212} the mean z of 4, 8, 15",
            "+ the mean z of 16, 23, 42"
        ]
    );
    let mut means = Vec::new();
    let mut first = Vec::new();
    for panel in 0..3 {
        let own: Vec<Vec<f32>> = tiles(&json, 0, panel).iter().map(z).collect();
        assert_eq!(own[3], vector::mean(&own[..3]));
        assert_ne!(own[0], own[1]);
        first.push(own[0].clone());
        means.push(own[3].clone());
    }
    let sum = |v: &[Vec<f32>]| {
        vector::sum([
            (1.0, v[0].as_slice()),
            (-1.0, v[1].as_slice()),
            (1.0, v[2].as_slice()),
        ])
    };
    let results: Vec<Vec<f32>> = tiles(&json, 1, 0).iter().map(z).collect();
    assert_eq!(results.len(), 9);
    assert_eq!(results[4], sum(&means));
    for (i, noisy) in results.iter().enumerate().filter(|(i, _)| *i != 4) {
        let away: Vec<f32> = noisy
            .iter()
            .zip(&results[4])
            .map(|(n, e)| (n - e).abs())
            .collect();
        assert!(away.iter().all(|a| *a <= 0.2501), "result {i}");
        assert!(away.iter().any(|a| *a > 0.1), "result {i}");
    }
    let pixels = tiles(&json, 1, 1)[0]["pixels"].as_array().unwrap();
    assert_eq!(pixels.len(), 9);
    assert_eq!(pixels[3]["weight"], -1.0 / 3.0);
    assert_eq!(z(&tiles(&json, 1, 2)[0]), sum(&first));
}

#[test]
fn a_turn_leaves_the_sample_in_the_middle() {
    let place = Place::new();
    draw(&place, "turn", &[]);
    let json = place.json(&format!("{TRIAL}/figures/turn.json"));
    let ends = [0, 1].map(|panel| z(tiles(&json, 0, panel).last().unwrap()));
    let rows = tiles(&json, 1, 0);
    // The first two that are in neither list.
    let middles: Vec<u64> = rows.iter().filter_map(|t| t["sample"].as_u64()).collect();
    assert_eq!(middles, [3, 5]);
    for row in rows.chunks(5) {
        let (first, middle, last) = (z(&row[0]), z(&row[2]), z(&row[4]));
        for i in 0..middle.len() {
            let axis = ends[1][i] - ends[0][i];
            assert!((last[i] - middle[i] - axis).abs() < 1e-5);
            assert!((first[i] - middle[i] + axis).abs() < 1e-5);
        }
    }
}

#[test]
fn guided_shows_the_strongest_responses_first() {
    let place = Place::new();
    draw(&place, "guided", &[]);
    let json = place.json(&format!("{TRIAL}/figures/guided.json"));
    for side in ["trained", "random"] {
        let features = json[side].as_array().unwrap();
        assert_eq!(features.len(), 6);
        for responses in features {
            let found: Vec<f64> = responses
                .as_array()
                .unwrap()
                .iter()
                .map(|r| r["response"].as_f64().unwrap())
                .collect();
            assert_eq!(found.len(), 3);
            assert!(
                found.is_sorted_by(|a, b| a >= b) && found[0] > 0.0,
                "{found:?}"
            );
            assert!(responses[0]["image"].as_u64().unwrap() < 150);
            assert_eq!(responses[0]["z"].as_array().unwrap().len(), 16);
        }
    }
    assert_ne!(json["trained"], json["random"]);
}
