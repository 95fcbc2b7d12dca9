//! What training or a stage after it would refuse is refused before anything is trained, by the spec's key and the class's name.

use std::path::Path;

use assert_cmd::Command;

/// A folder with images of two classes, of three with a tiny one, and without classes.
fn place() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    for (folder, count) in [
        ("two/a", 40),
        ("two/b", 40),
        ("tiny/a", 40),
        ("tiny/b", 40),
        ("tiny/only1", 1),
        ("plain", 60),
    ] {
        let folder = place.path().join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        for i in 0..count {
            let image = image::RgbImage::from_fn(8, 8, |x, y| {
                image::Rgb([(x * 30) as u8, (y * 30) as u8, (i * 6) as u8])
            });
            image.save(folder.join(format!("{i}.png"))).unwrap();
        }
    }
    place
}

/// The error of a sweep that must end before it makes a trial's folder.
fn refused(place: &Path, train: &str, rest: &str) -> String {
    let spec = format!(
        "name: x\ndata: {{train: 'folder:{train}'}}\nmodel: {{preset: svhn32, width: 4}}\ntrain: {{epochs: 2, batch_size: 8}}\n{rest}\n"
    );
    std::fs::write(place.join("x.yaml"), spec).unwrap();
    let out = Command::cargo_bin("dcgan")
        .unwrap()
        .current_dir(place)
        .args(["--data-dir", "data", "sweep", "x.yaml"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(2), "{text}");
    assert!(!place.join("results").exists(), "{text}");
    text.lines()
        .filter(|line| line.starts_with("error"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn probes_and_their_neighbours() {
    let place = place();
    let error = |data: &str, rest: &str| {
        refused(
            place.path(),
            "two",
            &format!("probe: [{{data: 'folder:{data}', {rest}}}]"),
        )
    };
    insta::assert_snapshot!(error("tiny", "labels: 5, draws: 2"), @"error: `probe.0.labels`: class `only1` has 1 training rows, expected at least 6: 5 for a draw and one to validate on; ask for fewer labels per class");
    insta::assert_snapshot!(error("two", "labels: 20, draws: 2, validation: 60"), @"error: `probe.0.labels`: class `a` has 8 training rows beside the 30 held out, expected at least the 20 of a draw; ask for fewer labels per class or a smaller `validation`");
    insta::assert_snapshot!(error("two", "labels: 20, draws: 2, validation: 600"), @"error: `probe.0.validation`: `validation` is 600 of 75 training rows, expected 1 or more, and some rows left to draw from");
    insta::assert_snapshot!(error("two", "labels: 5, validation: 20, knn: [1, 30]"), @"error: `probe.0.knn`: `knn` is [1, 30], and a draw has 10 labels, expected ascending numbers from 1 to the labels of a draw");
    insta::assert_snapshot!(error("plain", "labels: all"), @"error: data set `folder:plain` has no labels in split `train`; a probe needs them: choose another `probe.data`");
    insta::assert_snapshot!(error("absent", "labels: all"), @"error: `probe.0.data`: `folder:absent`: there is no `absent`; name a folder of images or a tar archive of them, absolute or relative to the working directory");
    insta::assert_snapshot!(refused(place.path(), "two", "probe: [{data: cifra10, labels: all}]"), @"error: `probe.0.data`: no data set is called `cifra10` (did you mean `cifar10`?); known are cifar10, fashion_mnist, mnist, svhn; a card of your own goes to `datasets/NAME.yaml`, and images of your own are `folder:PATH`");
}

#[test]
fn the_other_stages() {
    let place = place();
    let error = |rest: &str| refused(place.path(), "two", rest);
    insta::assert_snapshot!(error("supervised: {data: 'folder:tiny', labels: 3, validation: 10}"), @"error: `supervised.labels`: class `only1` has 1 training rows beside the 0 held out, expected at least the 3 of a draw; ask for fewer labels per class or a smaller `validation`");
    insta::assert_snapshot!(error("supervised: {data: 'folder:plain', labels: 3, validation: 10}"), @"error: data set `folder:plain` has no labels in split `train`; a probe needs them: choose another `supervised.data`");
    insta::assert_snapshot!(error("memorisation: {held_out: dev, samples: 100}"), @"error: `memorisation.held_out`: data set `folder:two` has no split `dev`; it has all, test, train");
    insta::assert_snapshot!(error("quality: [{against: dev}]"), @"error: `quality.0.against`: data set `folder:two` has no split `dev`; it has all, test, train");
    insta::assert_snapshot!(error("quality: [{against: mnist/dev}]"), @"error: `quality.0.against`: data set `mnist` has no split `dev`; it has test, train");
    insta::assert_snapshot!(error("quality: [{space: {inception: absent.pth}}]"), @"error: `quality.0.space`: cannot read `absent.pth`: No such file or directory (os error 2)");
    insta::assert_snapshot!(error("explore: [{figure: drop, boxes: absent.json}]"), @"error: `explore.0.boxes`: cannot read `absent.json`: No such file or directory (os error 2)");
}

#[test]
fn what_a_net_cannot_train_on() {
    let place = place();
    let error = |set: &str, rest: &str| refused(place.path(), set, rest);
    insta::assert_snapshot!(error("plain", "sweep: {parameters: {model.conditional: {values: [false, true]}}}"), @"error: `model.conditional`: conditional nets train on labelled images, and the training set has no labels; say `model.conditional: false` or choose a set with classes");
    insta::assert_snapshot!(error("two", "sweep: {parameters: {train.batch_size: {values: [8, 800]}}}"), @"error: `train.batch_size`: a mini-batch of 800 cannot be drawn from 75 images; choose a batch size of 1 to 75");
}

#[test]
fn a_figure_of_a_class_that_is_not_there_is_told_before_training() {
    let place = place();
    let spec = "name: x\ndata: {train: 'folder:two', split: all}\nmodel: {preset: svhn32, width: 4}\ntrain: {epochs: 1, batch_size: 8}\n\
        explore: [{figure: browse, count: 4, by: probe, concept: c}]\n";
    std::fs::write(place.path().join("x.yaml"), spec).unwrap();
    let out = Command::cargo_bin("dcgan")
        .unwrap()
        .current_dir(place.path())
        .args(["--data-dir", "data", "sweep", "x.yaml"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success(), "{text}");
    let told = text.find("figure `browse` will be left out: `folder:two` has no class `c`");
    let trained = text.find("figure `browse` is left out");
    assert!(told.is_some() && told < trained, "{text}");
}
