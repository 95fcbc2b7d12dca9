//! Damage to one file is named, and costs what that file held and nothing else.

use super::bench::{Bench, stderr};

const MORE: &str = "quality: [{space: untrained, samples: 10, against: 'folder:images'}]\n";

#[test]
fn a_sweep_finds_damaged_records_anew() {
    let bench = Bench::new(1, MORE);
    let sweep = || {
        let out = bench.run(&["sweep", "tiny.yaml"]);
        assert!(out.status.success(), "{}", stderr(&out));
        stderr(&out)
    };
    sweep();
    let trial = bench.trial();
    let read = |name: &str| std::fs::read(trial.join(name)).unwrap();
    let of_quality = || {
        let mut files = std::fs::read_dir(trial.join("quality")).unwrap();
        let json = files.find_map(|e| {
            let path = e.unwrap().path();
            (path.extension()? == "json").then_some(path)
        });
        json.unwrap()
    };
    let (path, net, table) = (
        of_quality(),
        read("checkpoints/final.safetensors"),
        read("metrics.parquet"),
    );
    let whole = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    std::fs::write(trial.join("metrics.parquet"), &table[..table.len() - 9]).unwrap();
    let said = sweep();
    assert!(said.contains("is damaged (line "), "{said}");
    assert!(said.contains("`metrics.parquet` was damaged"), "{said}");
    assert_eq!(std::fs::read_to_string(of_quality()).unwrap(), whole);
    assert!(path.with_added_extension("damaged").exists());
    assert!(
        read("checkpoints/final.safetensors") == net,
        "nothing else was done again"
    );
    dcgan::track::history::read_parquet(&trial.join("metrics.parquet")).unwrap();
    let said = sweep();
    assert!(said.contains("done before, skipped"), "{said}");
    // The run's own record as well.
    std::fs::write(trial.join("run.json"), "{").unwrap();
    let said = sweep();
    assert!(said.contains("run.json` is damaged"), "{said}");
    assert!(sweep().contains("done before, skipped"));
}

#[test]
fn a_flipped_bit_in_a_net_is_named_and_its_file_alone_made_again() {
    let bench = Bench::new(1, "");
    let out = bench.run(&["sweep", "tiny.yaml"]);
    assert!(out.status.success(), "{}", stderr(&out));
    let path = bench.trial().join("checkpoints/final.safetensors");
    let whole = std::fs::read(&path).unwrap();
    let mut bytes = whole.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    std::fs::write(&path, &bytes).unwrap();
    let trial = bench.trial();
    let samples = ["explore", "browse", trial.to_str().unwrap()];
    let out = bench.run(&samples);
    assert_eq!(out.status.code(), Some(2), "{}", stderr(&out));
    let said = stderr(&out);
    assert!(
        said.contains("final.safetensors` is damaged") && said.contains("delete it"),
        "{said}"
    );
    std::fs::remove_file(&path).unwrap();
    std::fs::remove_file(trial.join("run.json")).unwrap();
    let out = bench.run(&["sweep", "tiny.yaml"]);
    assert!(out.status.success(), "{}", stderr(&out));
    assert!(std::fs::read(&path).unwrap() == whole, "the same bits");
}

#[test]
fn one_bad_card_is_named_and_the_others_are_listed() {
    let bench = Bench::new(1, "");
    std::fs::create_dir(bench.path("datasets")).unwrap();
    std::fs::write(bench.path("datasets/mine.yaml"), "name: [").unwrap();
    let out = bench.run(&["data", "list"]);
    let listed = String::from_utf8_lossy(&out.stdout);
    assert_eq!(out.status.code(), Some(1));
    for name in ["cifar10", "mnist", "svhn", "mine             bad card"] {
        assert!(listed.contains(name), "{listed}");
    }
    assert!(
        stderr(&out).contains("datasets/mine.yaml:1:"),
        "{}",
        stderr(&out)
    );
}
