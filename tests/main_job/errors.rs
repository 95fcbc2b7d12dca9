//! Bad input: one clear error with its place, exit code 2, nothing half-written.

use super::bench::{Bench, stderr};

/// The error lines of a run that must fail with exit code 2.
fn error(bench: &Bench, args: &[&str]) -> String {
    let out = bench.run(args);
    assert_eq!(out.status.code(), Some(2), "{}", stderr(&out));
    let text = stderr(&out).replace(&bench.path("").display().to_string(), "[folder]/");
    // A trial's id changes with anything that determines its result.
    let text = without_ids(&text);
    let lines = text.lines().filter(|l| l.starts_with("error"));
    lines.collect::<Vec<_>>().join("\n")
}

fn without_ids(text: &str) -> String {
    let parts = text.split('/').map(|part| {
        let id = part.len() == 12 && part.bytes().all(|b| b.is_ascii_hexdigit());
        if id { "[trial]" } else { part }
    });
    parts.collect::<Vec<_>>().join("/")
}

#[test]
fn bad_specs_name_line_and_column() {
    let Some(bench) = Bench::new("bad_specs_name_line_and_column") else {
        return;
    };
    let sweep = |from: &str, to: &str| {
        bench.write("bad.yaml", super::bench::SPEC.replace(from, to).as_bytes());
        error(&bench, &["sweep", "bad.yaml"])
    };
    insta::assert_snapshot!(sweep("epochs", "epoch"), @"error: bad.yaml:5:9: unknown key `epoch` (did you mean `epochs`?); expected one of `epochs`, `batch_size`, `schedule`, `adam`, `l2`, `precision`, `log_every`, `sheet_every`, `sheets`, `keep`, `monitor_every`, `stop_on`");
    insta::assert_snapshot!(sweep("width: 4", "width: four"), @"error: bad.yaml:4:32: `model.width`: is `four`; expected a whole number");
    insta::assert_snapshot!(sweep("width: 4", "width: 0"), @"error: bad.yaml:4:32: `model.width`: is 0; expected 1 to 4096 channels");
    insta::assert_snapshot!(sweep("train: small", "train: smal"), @"error: no data set is called `smal` (did you mean `small`?); known are cifar10, fashion_mnist, mnist, small, svhn; a card of your own goes to `datasets/NAME.yaml`, and images of your own are `folder:PATH`");
    insta::assert_snapshot!(sweep("{data: small, labels: all", "{data: smoll, labels: all"), @"error: `probe.0.data`: no data set is called `smoll` (did you mean `small`?); known are cifar10, fashion_mnist, mnist, small, svhn; a card of your own goes to `datasets/NAME.yaml`, and images of your own are `folder:PATH`");
    insta::assert_snapshot!(sweep("labels: 20", "labels: 200"), @"error: `probe.1.labels`: class `airplane` has 102 training rows, expected at least 201: 200 for a draw and one to validate on; ask for fewer labels per class");
    insta::assert_snapshot!(sweep("batch_size: 50", "batch_size: 5000"), @"error: `train.batch_size`: a mini-batch of 5000 cannot be drawn from 1000 images; choose a batch size of 1 to 1000");
    insta::assert_snapshot!(sweep("train: small", "train: small, split: dev"), @"error: `data`: data set `small` has no split `dev`; it has test, train");
    insta::assert_snapshot!(error(&bench, &["sweep", "absent.yaml"]), @"error: cannot read `absent.yaml`: No such file or directory (os error 2)");
    insta::assert_snapshot!(error(&bench, &["sweep", "small.yaml", "--set", "train.epoch=1"]), @"error: --set train.epoch=1: unknown key `epoch` (did you mean `epochs`?); expected one of `epochs`, `batch_size`, `schedule`, `adam`, `l2`, `precision`, `log_every`, `sheet_every`, `sheets`, `keep`, `monitor_every`, `stop_on`");
    insta::assert_snapshot!(error(&bench, &["sweep", "small.yaml", "--profile", "gpu"]), @"error: --profile gpu: `profiles`: this experiment has no profiles");
    insta::assert_snapshot!(error(&bench, &["sweep", "small.yaml", "--device", "cuda"]), @"error: `--device cuda`: this program was built without CUDA; build it with `--features cuda`, or use `--device cpu`");
    insta::assert_snapshot!(error(&bench, &["report", "results/absent"]), @"error: cannot read `results/absent`: No such file or directory (os error 2)");
}

#[test]
fn bad_data_names_file_and_place() {
    let Some(bench) = Bench::new("bad_data_names_file_and_place") else {
        return;
    };
    let good = std::fs::read(bench.path("data/small/train.bin")).unwrap();
    bench.write("data/small/train.bin", &good[..good.len() - 7]);
    insta::assert_snapshot!(error(&bench, &["sweep", "small.yaml"]), @"error: Some of CIFAR-10 is not complete in `data/small`, and its card names no source to fetch it from.");
    let mut bad = good.clone();
    bad[100] ^= 1;
    bench.write("data/small/train.bin", &bad);
    insta::assert_snapshot!(error(&bench, &["sweep", "small.yaml"]), @"error: Some of CIFAR-10 is not complete in `data/small`, and its card names no source to fetch it from.");
    assert!(bench.trials("small").is_empty(), "a trial was left behind");
}

#[test]
fn a_checkpoint_of_another_model_or_a_broken_one_is_refused() {
    let Some(bench) = Bench::new("a_checkpoint_of_another_model_or_a_broken_one_is_refused") else {
        return;
    };
    let one = [
        "sweep",
        "small.yaml",
        "--set",
        "train.epochs=1",
        "--set",
        "probe=[]",
    ];
    assert!(bench.run(&one).status.success());
    let narrow = bench.trials("small").remove(0);
    let wide_args = [&one[..], &["--set", "model.width=8"]].concat();
    assert!(bench.run(&wide_args).status.success());
    let wide = bench
        .trials("small")
        .into_iter()
        .find(|t| *t != narrow)
        .unwrap();
    for name in ["latest", "final"] {
        let name = format!("checkpoints/{name}.safetensors");
        let bytes = std::fs::read(wide.join(&name)).unwrap();
        std::fs::write(narrow.join(&name), &bytes).unwrap();
    }
    // A new probe makes the finished trial read its nets again.
    let probe = [
        "--set",
        "probe=[{data: small, labels: 10, c: [1e-4], controls: []}]",
    ];
    let args = [&one[..4], &probe[..]].concat();
    let trial = narrow.file_name().unwrap().to_str().unwrap();
    insta::assert_snapshot!(error(&bench, &args).replace(trial, "[trial]"), @"error: tensor `d.0.weight` has shape [8, 3, 5, 5] and this model expects [4, 3, 5, 5]: it is a checkpoint of another model; choose the spec that made it");
    let last = narrow.join("checkpoints/final.safetensors");
    let bytes = std::fs::read(&last).unwrap();
    std::fs::write(&last, &bytes[..bytes.len() / 2]).unwrap();
    insta::assert_snapshot!(error(&bench, &args).replace(trial, "[trial]"), @"error: `results/small/[trial]/checkpoints/final.safetensors` is damaged: its content does not fit its checksum; delete it and run the sweep again, which goes on from the last whole checkpoint");
}

#[test]
fn divergence_fails_one_trial_and_the_sweep_goes_on() {
    let Some(bench) = Bench::new("divergence_fails_one_trial_and_the_sweep_goes_on") else {
        return;
    };
    let rates = "sweep.parameters={train.adam.lr: {values: [1e30, 2e-4]}}";
    let args = [
        "sweep",
        "small.yaml",
        "--set",
        rates,
        "--set",
        "train.epochs=1",
        "--set",
        "probe=[]",
    ];
    let out = bench.run(&args);
    assert_eq!(out.status.code(), Some(1), "{}", stderr(&out));
    let said = stderr(&out);
    assert!(said.contains("failed: diverged at step"), "{said}");
    let mut statuses: Vec<String> = bench
        .trials("small")
        .iter()
        .map(|t| super::bench::json(&t.join("run.json"))["status"].to_string())
        .collect();
    statuses.sort();
    assert_eq!(statuses, ["\"failed\"", "\"finished\""]);
}

#[test]
#[cfg(unix)]
fn an_unwritable_results_folder_is_one_error() {
    let Some(bench) = Bench::new("an_unwritable_results_folder_is_one_error") else {
        return;
    };
    // A file in the folder's place: unlike permissions, it stops the superuser too.
    bench.write("results", b"a file");
    insta::assert_snapshot!(error(&bench, &["sweep", "small.yaml"]), @"error: cannot write `results/small`: `results` is a file, not a folder");
}

/// The limit on file sizes stands for a disk that fills up in the middle of a checkpoint.
#[test]
#[cfg(unix)]
fn a_file_cut_off_while_written_is_one_error_and_leaves_no_half_file() {
    let Some(bench) =
        Bench::new("a_file_cut_off_while_written_is_one_error_and_leaves_no_half_file")
    else {
        return;
    };
    let dcgan = assert_cmd::cargo::cargo_bin("dcgan");
    let script = "trap '' XFSZ; ulimit -f 200; exec \"$0\" --data-dir data sweep small.yaml";
    let out = std::process::Command::new("sh")
        .args(["-c", script, &dcgan.display().to_string()])
        .current_dir(bench.path(""))
        .output()
        .unwrap();
    assert_eq!(out.status.code(), Some(2), "{}", stderr(&out));
    let trial = bench.trials("small").remove(0);
    let name = trial.file_name().unwrap().to_str().unwrap();
    let text = stderr(&out);
    let last = text.lines().last().unwrap_or_default();
    insta::assert_snapshot!(last.replace(name, "[trial]"), @"error: cannot write `results/small/[trial]/figures/samples-epoch-0000.png`: File too large (os error 27)");
    let files = walkdir::WalkDir::new(&trial).into_iter().flatten();
    let names: Vec<String> = files
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .filter(|n| n.starts_with(".partial") || n.ends_with(".safetensors"))
        .collect();
    assert!(names.is_empty(), "{names:?}");
    assert_eq!(
        super::bench::json(&trial.join("run.json"))["status"],
        "failed"
    );
}
