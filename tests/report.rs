//! The report and the regression check, on a stored results folder (tests/fixtures/report).

use std::path::{Path, PathBuf};

use dcgan::report::tables::tables;
use dcgan::report::{self, ReportError, Written, check};
use dcgan::track::history;
use dcgan::track::progress::Silent;
use dcgan::track::quality::{KernelRecord, NeighboursRecord, QualityRecord, ScoreRecord};
use dcgan::track::run::write_json;
use polars::prelude::{ParquetReader, SerReader};

/// A copy of the fixture with sheets drawn into it, as a test may change it.
fn results() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("cifar");
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/report/cifar");
    for entry in walkdir::WalkDir::new(&fixture) {
        let entry = entry.unwrap();
        let to = folder.join(entry.path().strip_prefix(&fixture).unwrap());
        match entry.file_type().is_dir() {
            true => std::fs::create_dir_all(to).unwrap(),
            false => drop(std::fs::copy(entry.path(), to).unwrap()),
        }
    }
    let figures = folder.join("3f0a9c1e/figures");
    std::fs::create_dir(&figures).unwrap();
    for epoch in 1..=5u8 {
        sheet(
            &figures.join(format!("samples-epoch-{epoch:04}.png")),
            epoch * 40,
        );
    }
    sheet(&figures.join("samples.png"), 200);
    sheet(&figures.join("data.png"), 255);
    (dir, folder)
}

/// A grid of coloured tiles; more colour with every epoch.
fn sheet(path: &Path, color: u8) {
    let tile = |x: u32, y: u32| ((x / 32 * 37 + y / 32 * 91) % 256) as u8;
    image::RgbImage::from_fn(256, 128, |x, y| {
        image::Rgb([
            tile(x, y).min(color),
            tile(y, x).min(color),
            (x % 32 * 8) as u8,
        ])
    })
    .save(path)
    .unwrap();
}

fn written(folder: &Path) -> Written {
    report::write(folder, None, &Silent).unwrap()
}

fn text(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join("report").join(name)).unwrap()
}

#[test]
fn the_tables_hold_the_papers_rows_and_ours() {
    let (_dir, folder) = results();
    let written = written(&folder);
    insta::assert_snapshot!("terminal", written.table_text);
    insta::assert_snapshot!("markdown", text(&folder, "table-1.md"));
    insta::assert_snapshot!("latex", text(&folder, "table-1.tex"));
    insta::assert_snapshot!("csv", text(&folder, "table-1.csv"));
    let longest = written.table_text.lines().map(|l| l.chars().count()).max();
    assert!(longest <= Some(110), "{longest:?}");
}

#[test]
fn the_parquet_table_reads_back_typed() {
    let (_dir, folder) = results();
    written(&folder);
    let file = std::fs::File::open(folder.join("report/table-1.parquet")).unwrap();
    let table = ParquetReader::new(file).finish().unwrap();
    let accuracy = table.column("accuracy_400").unwrap().f64().unwrap();
    assert_eq!(accuracy.get(4), Some(0.738));
    // Two finished trials, their mean, twice; raw pixels once.
    assert_eq!(table.height(), 5 + 3 + 3 + 1);
    let (first, second, mean) = (accuracy.get(5), accuracy.get(6), accuracy.get(7));
    let expected = (first.unwrap() + second.unwrap()) / 2.0;
    assert!((mean.unwrap() - expected).abs() < 1e-12);
}

#[test]
fn the_summary_says_what_the_numbers_show() {
    let (_dir, folder) = results();
    insta::assert_snapshot!("summary", written(&folder).summary);
}

#[test]
fn training_that_did_not_help_is_said_so() {
    let (_dir, folder) = results();
    for trial in ["3f0a9c1e", "9b27d4f0"] {
        let path = folder.join(trial).join("probes.json");
        let mut probes: serde_json::Value =
            serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        // The trained net's draws become the untrained net's.
        let untrained = probes[3]["accuracy"].clone();
        probes[1]["accuracy"] = untrained;
        std::fs::write(&path, probes.to_string()).unwrap();
    }
    let summary = written(&folder).summary;
    assert!(
        summary.contains("does not show that training helped"),
        "{summary}"
    );
}

#[test]
fn the_page_stands_alone_and_is_well_formed() {
    let (_dir, folder) = results();
    let written = written(&folder);
    let html = std::fs::read_to_string(&written.html).unwrap();
    well_formed(&html);
    for attribute in ["src", "href"] {
        for value in attributes(&html, attribute) {
            let inside = value.starts_with("data:image/") || value.starts_with('#');
            let citation = value == "https://arxiv.org/abs/1511.06434" && attribute == "href";
            let beside = !value.contains(':') && folder.join("report").join(value).is_file();
            assert!(inside || citation || beside, "{attribute}={value}");
        }
    }
    assert!(!html.contains("@import") && !html.contains("url(") && !html.contains("<script"));
    for row in [
        "1 layer k-means",
        "3 layer k-means learned RF",
        "view-invariant k-means",
        "Exemplar CNN",
        "DCGAN + L2-SVM (ours), seed=1",
        "DCGAN + L2-SVM (ours), mean of 2 seeds",
        "same D, untrained (ours), mean of 2 seeds",
        "raw pixels + L2-SVM (ours)",
        "73.8% (±0.4%)",
        "loss became NaN at step 624",
        "Example CPU &lt;2 cores&gt; &amp; more",
        "dcgan sweep experiments/cifar.yaml --profile cpu",
    ] {
        assert!(html.contains(row), "the page lacks `{row}`");
    }
    // Four epochs, the last sheet, the real images.
    assert_eq!(attributes(&html, "src").len(), 6);
    assert_eq!(html.matches("<svg class=\"chart\"").count(), 5);
}

#[test]
fn charts_are_whole_pictures_in_both_formats() {
    let (_dir, folder) = results();
    let written = written(&folder);
    assert_eq!(written.charts.len(), 10);
    for path in written
        .charts
        .iter()
        .filter(|p| p.extension().unwrap() == "png")
    {
        let picture = image::open(path).unwrap().to_rgb8();
        let colors: std::collections::BTreeSet<_> = picture.pixels().map(|p| p.0).collect();
        assert!(colors.len() > 50, "{} is nearly empty", path.display());
        // Nothing is cut off: the frame is blank.
        let (w, h) = picture.dimensions();
        let edge = picture
            .enumerate_pixels()
            .filter(|(x, y, _)| *x < 4 || *y < 4 || *x >= w - 4 || *y >= h - 4);
        assert!(
            edge.into_iter().all(|(_, _, p)| p.0 == [255, 255, 255]),
            "{} runs over its edge",
            path.display()
        );
    }
    let svg = text(&folder, "losses.svg");
    assert!(svg.contains("Discriminator loss (nats)") && svg.contains("seed=2 [failed]"));
}

#[test]
fn a_report_of_a_trial_that_still_trains_is_written() {
    let (_dir, folder) = results();
    std::fs::remove_dir_all(folder.join("9b27d4f0")).unwrap();
    std::fs::remove_dir_all(folder.join("c4e81a55")).unwrap();
    std::fs::remove_file(folder.join("3f0a9c1e/probes.json")).unwrap();
    std::fs::remove_dir_all(folder.join("3f0a9c1e/figures")).unwrap();
    let path = folder.join("3f0a9c1e/run.json");
    let run = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, run.replace("\"finished\",", "\"running\",")).unwrap();
    let written = written(&folder);
    assert!(written.tables.is_empty() && written.table_text.is_empty());
    assert!(
        written.summary.contains("No probe has finished yet"),
        "{}",
        written.summary
    );
    well_formed(&std::fs::read_to_string(&written.html).unwrap());
}

#[test]
fn a_history_of_parquet_draws_the_same_charts() {
    let (_dir, folder) = results();
    let before = written(&folder);
    let losses = std::fs::read(&before.charts[2]).unwrap();
    for trial in ["3f0a9c1e", "9b27d4f0", "c4e81a55"] {
        let jsonl = folder.join(trial).join("metrics.jsonl");
        history::to_parquet(&jsonl, &jsonl.with_extension("parquet")).unwrap();
        std::fs::remove_file(jsonl).unwrap();
    }
    let after = written(&folder);
    assert_eq!(std::fs::read(&after.charts[2]).unwrap(), losses);
}

/// Cut a record of the folder in half, and return the trial's path of it.
fn damage(folder: &Path, name: &str) {
    let path = folder.join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, &text[..text.len() / 2]).unwrap();
}

#[test]
fn a_damaged_run_is_left_out_by_name_and_the_others_are_reported() {
    let (_dir, folder) = results();
    let path = folder.join("9b27d4f0/run.json");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"seed\": 1,", "\"seed\": one,")).unwrap();
    let experiment = report::collect::collect(&folder).unwrap();
    assert_eq!(experiment.trials.len(), 2);
    let [said] = &experiment.left_out[..] else {
        panic!("{:?}", experiment.left_out);
    };
    insta::assert_snapshot!(place_free(said, &folder), @"`results/cifar/9b27d4f0/run.json` line 58: not a record of dcgan: expected value at line 58 column 11; run the sweep again, which sets this file aside and finds anew what it held");
    let written = report::write(&folder, None, &Silent).unwrap();
    assert!(
        written.summary.contains("Left out as damaged: "),
        "{}",
        written.summary
    );
    let page = std::fs::read_to_string(&written.html).unwrap();
    assert!(page.contains("9b27d4f0/run.json") && page.contains("3f0a9c1e"));
    // A regression check does not pass on what is left.
    let baseline = folder.with_file_name("baseline.yaml");
    let e = report::check::accept(&folder, &baseline).unwrap_err();
    assert!(e.to_string().contains("9b27d4f0/run.json"), "{e}");
    // Where nothing is left the damage is the error.
    for trial in ["3f0a9c1e", "c4e81a55"] {
        damage(&folder, &format!("{trial}/run.json"));
    }
    let e = report::write(&folder, None, &Silent).unwrap_err();
    assert!(e.to_string().contains("3f0a9c1e/run.json"), "{e}");
}

#[test]
fn a_damaged_record_of_one_stage_spoils_no_other() {
    let (_dir, folder) = results();
    let whole = report::collect::collect(&folder).unwrap();
    damage(&folder, "3f0a9c1e/probes.json");
    for name in [
        "memorisation.json",
        "quality.json",
        "figures.json",
        "selectivity.json",
    ] {
        std::fs::write(folder.join("3f0a9c1e").join(name), "{").unwrap();
    }
    std::fs::write(folder.join("3f0a9c1e/filters.jsonl"), "{}\n{}\n").unwrap();
    let cut = report::collect::collect(&folder).unwrap();
    assert_eq!(cut.left_out.len(), 6, "{:#?}", cut.left_out);
    assert!(cut.left_out.iter().all(|said| said.contains("3f0a9c1e/")));
    assert_eq!(cut.trials.len(), whole.trials.len());
    for (cut, whole) in cut.trials.iter().zip(&whole.trials) {
        assert_eq!(cut.history, whole.history);
        match cut.folder.ends_with("3f0a9c1e") {
            true => assert!(cut.probes.is_empty() && !whole.probes.is_empty()),
            false => assert_eq!(cut.probes, whole.probes),
        }
    }
    report::write(&folder, None, &Silent).unwrap();
    let published = report::published::published().unwrap();
    report::claims::decide(&[cut], &published).unwrap();
}

#[test]
fn a_folder_without_trials_says_what_to_run() {
    let dir = tempfile::tempdir().unwrap();
    let error = report::write(dir.path(), None, &Silent).unwrap_err();
    insta::assert_snapshot!("no trials", place_free(&error, dir.path()));
}

#[test]
fn a_report_that_cannot_be_written_says_where() {
    let (_dir, folder) = results();
    let out = folder.join("3f0a9c1e/run.json/report");
    let error = report::write(&folder, Some(&out), &Silent).unwrap_err();
    assert!(matches!(error, ReportError::Write(_)), "{error}");
    assert!(
        error.to_string().contains("run.json/report/table-1.csv"),
        "{error}"
    );
}

#[test]
fn the_check_holds_until_a_metric_moves() {
    let (_dir, folder) = results();
    let path = folder.join("../baselines/cifar.yaml");
    check::accept(&folder, &path).unwrap();
    insta::assert_snapshot!("baseline", std::fs::read_to_string(&path).unwrap());
    let same = check::compare(&folder, &path).unwrap();
    assert!(!same.regressed());
    assert!(
        same.differences
            .iter()
            .all(|d| d.verdict == check::CheckVerdict::Held)
    );

    // A baseline of better days, one metric that is gone, one that nobody knew.
    let edited = std::fs::read_to_string(&path)
        .unwrap()
        .replace(
            "cifar10.400.accuracy: {value: 0.4",
            "cifar10.400.accuracy: {value: 0.5",
        )
        .replace("cifar10.all.pixels.accuracy", "cifar10.1000.accuracy")
        .replace("all.accuracy: {value: 0.55", "all.accuracy: {value: 0.53");
    std::fs::write(&path, edited).unwrap();
    let moved = check::compare(&folder, &path).unwrap();
    assert!(moved.regressed());
    insta::assert_snapshot!("check", moved.table().unwrap());
}

#[test]
fn accept_keeps_what_a_person_set() {
    let (_dir, folder) = results();
    let path = folder.join("cifar.yaml");
    std::fs::write(
        &path,
        "experiment: cifar\nprofile: cpu\ndevice: cpu\nmetrics:\n  probe.cifar10.400.accuracy: {value: 0.1, tolerance: 0.123, direction: either}\n",
    )
    .unwrap();
    let new = check::accept(&folder, &path).unwrap();
    let kept = new.metrics["probe.cifar10.400.accuracy"];
    assert_eq!(
        (kept.tolerance, kept.direction),
        (0.123, check::Direction::Either)
    );
    assert!(kept.value > 0.4);
    assert_eq!(new.metrics.len(), 6);
}

#[test]
fn results_of_another_profile_are_not_compared() {
    let (_dir, folder) = results();
    let path = folder.join("cifar.yaml");
    std::fs::write(
        &path,
        "experiment: cifar\nprofile: paper\ndevice: cuda\nmetrics: {}\n",
    )
    .unwrap();
    let error = check::compare(&folder, &path).unwrap_err();
    insta::assert_snapshot!("another profile", place_free(&error, &folder));
}

/// The message with the temporary folder's name taken out.
fn place_free(error: impl std::fmt::Display, folder: &Path) -> String {
    error
        .to_string()
        .replace(&folder.display().to_string(), "results/cifar")
}

/// Values of an attribute, in order.
fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    html.split(&format!(" {name}=\""))
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

/// Every element is closed in its order, and no bare `<` or `&` stands in text.
fn well_formed(html: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html.strip_prefix("<!DOCTYPE html>").expect("a doctype");
    while let Some(start) = rest.find('<') {
        for entity in rest[..start].split('&').skip(1) {
            let name = entity.split(';').next().unwrap();
            assert!(
                ["lt", "gt", "amp", "quot", "apos"].contains(&name),
                "bare & before `{entity}`"
            );
        }
        let end = rest[start..].find('>').expect("a tag that ends") + start;
        let tag = &rest[start + 1..end];
        let name = tag
            .trim_matches('/')
            .split_whitespace()
            .next()
            .expect("a name");
        assert_eq!(tag.matches('"').count() % 2, 0, "<{tag}>");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "closed out of order: <{tag}>");
        } else if name == "style" {
            let close = rest.find("</style>").expect("a closed style");
            rest = &rest[close + "</style>".len()..];
            continue;
        } else if !tag.ends_with('/') && !["meta", "img", "br", "link"].contains(&name) {
            open.push(name);
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty(), "left open: {open:?}");
}

#[test]
fn quality_stands_beside_what_it_depends_on() {
    let (_dir, folder) = results();
    let record = |space: &str, frechet: f64, inception_score| QualityRecord {
        protocol: 1,
        space: space.into(),
        net: format!("the net of {space}"),
        images: "generator".into(),
        against: "cifar10, test".into(),
        samples: 2000,
        reference: 2000,
        dimensions: 448,
        standardised: space != "inception",
        seed: 0,
        frechet,
        kernel: KernelRecord {
            mean: frechet / 1e3,
            deviation: 1e-4,
            subsets: 100,
            size: 1000,
        },
        inception_score,
        neighbours: NeighboursRecord {
            precision: 0.5,
            recall: 0.25,
            density: 0.75,
            coverage: 0.125,
            k_precision_recall: 3,
            k_density_coverage: 5,
        },
        seconds: 1.0,
    };
    let score = ScoreRecord {
        mean: 4.5,
        deviation: 0.25,
        splits: 10,
    };
    for (trial, frechet) in [("3f0a9c1e", 10.5), ("9b27d4f0", 12.25)] {
        let of = [
            record("untrained", frechet, None),
            record("inception", 10.0 * frechet, Some(score)),
        ];
        write_json(&folder.join(trial).join("quality.json"), &of).unwrap();
    }
    let published = report::published::published().unwrap();
    let experiment = report::collect::collect(&folder).unwrap();
    let all = tables(&experiment, &published).unwrap();
    let table = all.iter().find(|t| t.id == "quality").unwrap();
    assert_eq!(table.data.height(), 4);
    insta::assert_snapshot!(report::export::text(table).unwrap());
}

/// Change a record as JSON.
fn edit(path: &Path, change: impl Fn(&mut serde_json::Value)) {
    let mut record = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    change(&mut record);
    std::fs::write(path, record.to_string()).unwrap();
}

/// The second seed as another version of the training made it.
fn trained_anew(folder: &Path) {
    edit(&folder.join("9b27d4f0/run.json"), |run| {
        run["training"] = 2.into()
    });
}

#[test]
fn records_without_versions_are_of_the_first() {
    let (_dir, folder) = results();
    let experiment = report::collect::collect(&folder).unwrap();
    for trial in &experiment.trials {
        assert_eq!(trial.run.training, 1);
        assert!(trial.probes.iter().all(|p| p.protocol == 1));
    }
}

#[test]
fn seeds_of_two_trainings_are_never_averaged() {
    let (_dir, folder) = results();
    trained_anew(&folder);
    let written = written(&folder);
    insta::assert_snapshot!("two trainings", written.table_text);
    insta::assert_snapshot!("summary of two trainings", written.summary);
    let rows = text(&folder, "table-1.csv");
    let versions: Vec<&str> = column(&rows, "training_version");
    assert!(versions.contains(&"1") && versions.contains(&"2"), "{rows}");
    assert!(
        column(&rows, "seeds").iter().all(|seeds| *seeds != "2"),
        "{rows}"
    );
    let html = std::fs::read_to_string(&written.html).unwrap();
    assert!(html.contains("no mean is taken over two versions"));
}

#[test]
fn seeds_of_two_protocols_are_never_averaged() {
    let (_dir, folder) = results();
    edit(&folder.join("9b27d4f0/probes.json"), |probes| {
        for probe in probes.as_array_mut().unwrap() {
            probe["protocol"] = 3.into();
        }
    });
    let written = written(&folder);
    assert!(
        !written.table_text.contains("mean of"),
        "{}",
        written.table_text
    );
    assert!(
        written
            .table_text
            .contains("DCGAN + L2-SVM (ours), seed=0 [protocol version 1]"),
        "{}",
        written.table_text
    );
    // What is said of the numbers in words is of the newest version alone.
    let second = report::collect::collect(&folder).unwrap().trials[1]
        .probes
        .clone();
    let trained = second
        .iter()
        .find(|p| p.labels.to_string() == "400")
        .unwrap();
    let said = format!("reaches {:.1}%", 100.0 * trained.accuracy);
    assert!(
        written.summary.contains(&said),
        "{said}: {}",
        written.summary
    );
}

#[test]
fn the_check_takes_the_newest_training_and_says_of_an_older_baseline() {
    let (_dir, folder) = results();
    let path = folder.join("cifar.yaml");
    check::accept(&folder, &path).unwrap();
    let alone = || check::compare(&folder, &path).unwrap();
    let of = |comparison: &check::Comparison, name: &str| {
        let found = comparison.differences.iter().find(|d| d.metric == name);
        found.unwrap().ours.unwrap()
    };
    let name = "probe.cifar10.400.accuracy";
    assert!(!alone().remarks.iter().any(|r| r.contains("version")));
    trained_anew(&folder);
    let probes = report::collect::collect(&folder).unwrap().trials[1]
        .probes
        .clone();
    let second = probes
        .iter()
        .find(|p| dcgan::track::metrics::probe_name(p) == name);
    assert_eq!(of(&alone(), name), second.unwrap().accuracy);
    let remarks = alone().remarks.join(" ");
    assert!(
        remarks.contains(
            "The baseline was measured by version 1 of training, these results by version 2"
        ),
        "{remarks}"
    );
}

/// A column of a CSV.
fn column<'a>(csv: &'a str, name: &str) -> Vec<&'a str> {
    let mut lines = csv.lines().map(split);
    let at = lines
        .next()
        .unwrap()
        .iter()
        .position(|head| *head == name)
        .unwrap();
    lines.map(|cells| cells[at]).collect()
}

/// The cells of a line; a comma in quotes ends none.
fn split(line: &str) -> Vec<&str> {
    let mut quoted = false;
    line.split(move |c: char| {
        quoted ^= c == '"';
        c == ',' && !quoted
    })
    .collect()
}
