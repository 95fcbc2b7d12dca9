//! The words of errors: a user's file and keys, what stands there and what was expected; never those of a library.

use dcgan::spec::{Experiment, ProfileChoice, load};
use serde_json::{Value, json};

/// Every section of a spec.
const WHOLE: &str = r#"{
  "name": "x", "reproduces": "table-1", "protocol": "paper", "seed": 1,
  "data": {"train": "mnist", "split": "train", "size": 28, "channels": 1},
  "model": {"preset": "mnist28", "width": 8, "latent": {"size": 4, "distribution": "uniform"}, "norm": "batch",
    "resampling": "strided", "activation": "paper", "hidden": 0, "conditional": true},
  "train": {"epochs": 2, "batch_size": 8, "schedule": "both", "adam": {"lr": 1, "beta1": 0.5, "beta2": 0.9, "eps": 1},
    "l2": 0, "precision": "f32", "log_every": 1, "sheet_every": 1, "sheets": {"1": "figure 2"}, "keep": [1],
    "monitor_every": 1, "stop_on": ["filter_collapse"]},
  "probe": [{"data": "mnist", "labels": 10, "draws": 2, "c": [1], "solver": "auto", "controls": ["pixels", "kmeans"],
    "kmeans": {"units": 8, "patches": 80}, "validation": 9, "selection_draws": 1, "knn": [1]}],
  "explore": [{"figure": "turn", "name": "t", "seed": 1, "left": [1], "right": {"looking": "left", "top": 1}, "of": [3],
    "rows": 2, "columns": 3, "reach": 1}],
  "memorisation": {"samples": 100, "epochs": [1], "held_out": "test"},
  "quality": [{"space": {"inception": "w.pth", "sha256": "0"}, "samples": 10, "against": "test"}],
  "supervised": {"data": "mnist", "labels": 1, "validation": 1, "trials": 1, "epochs": 1},
  "nearest": {"data": "mnist", "samples": [1], "real": true},
  "sweep": {"method": "grid", "metric": {"name": "a", "goal": "maximize"}, "arms": {"a": {"seed": 1}},
    "parameters": {"seed": {"values": [1]}}},
  "profiles": {"cpu": {"model.width": 4}}
}"#;

/// Words of Rust, serde and the parsers behind it.
const FOREIGN: &[&str] = &[
    "struct",
    "enum",
    "option<",
    "variant",
    "serde",
    "budget",
    "invalid type",
    "invalid value",
    "invalid length",
    "missing field",
    "unknown field",
    "usize",
    "u8",
    "u64",
    "i64",
    "f64",
    "f32,",
    "sequence",
    "deserial",
    "scalar",
    "mapping",
    "token",
    "stream",
    "eof",
    "unwrap",
    "panick",
    "untagged",
    "from_str",
    "utf8error",
    "experiment with",
];

fn error(text: &str, sets: &[String]) -> Option<String> {
    let tree = load::parse(text, "x.yaml");
    let experiment =
        tree.and_then(|tree| Experiment::from_tree(tree, ProfileChoice::IfPresent("cpu"), sets));
    experiment
        .and_then(|e| e.trials())
        .err()
        .map(|e| e.to_string())
}

fn own_words(message: &str) {
    // What the user typed may hold any word; it stands before the key or in back-ticks.
    let ours: String = message
        .split('`')
        .step_by(2)
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase();
    for word in FOREIGN {
        assert!(!ours.contains(word), "`{word}` in: {message}");
    }
    assert!(
        message.starts_with("x.yaml:") || message.starts_with("--set "),
        "no place: {message}"
    );
}

/// The paths of every value of a tree.
fn paths(value: &Value, at: &str, all: &mut Vec<String>) {
    let below = |key: &str| match at {
        "" => key.to_string(),
        at => format!("{at}/{key}"),
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, v)| paths(v, &below(key), all)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(i, v)| paths(v, &below(&i.to_string()), all)),
        _ => {}
    }
    all.push(at.to_string());
}

#[test]
fn no_value_of_any_key_brings_a_librarys_words() {
    let whole: Value = serde_json::from_str(WHOLE).unwrap();
    let mut all = Vec::new();
    paths(&whole, "", &mut all);
    let odd = [
        json!(null),
        json!(true),
        json!(-3),
        json!(300),
        json!(2.5),
        json!(1e300),
        json!("text"),
        json!(""),
        json!([]),
        json!([1]),
        json!(["text"]),
        json!([[null]]),
        json!({}),
        json!({"a": 1}),
        json!({"1": "x"}),
        json!(18446744073709551615u64),
    ];
    let (mut wrong, mut keys) = (0, 0);
    for path in &all {
        for value in &odd {
            let mut spec = whole.clone();
            match path.as_str() {
                "" => spec = value.clone(),
                path => *spec.pointer_mut(&format!("/{path}")).unwrap() = value.clone(),
            }
            for message in [
                error(&spec.to_string(), &[]),
                error(WHOLE, &[format!("{}={value}", path.replace('/', "."))]),
            ] {
                wrong += usize::from(message.is_some());
                message.iter().for_each(|m| own_words(m));
            }
        }
        // A key too many, and one that is missing.
        let mut spec = whole.clone();
        if let Some(Value::Object(map)) = spec.pointer_mut(&if path.is_empty() {
            String::new()
        } else {
            format!("/{path}")
        }) {
            keys += 1;
            map.insert("unheard".into(), json!(1));
            error(&spec.to_string(), &[])
                .iter()
                .for_each(|m| own_words(m));
            let names: Vec<String> = map_keys(&spec, path);
            for name in names {
                let mut less = spec.clone();
                let at = if path.is_empty() {
                    String::new()
                } else {
                    format!("/{path}")
                };
                less.pointer_mut(&at)
                    .and_then(Value::as_object_mut)
                    .unwrap()
                    .remove(&name);
                error(&less.to_string(), &[])
                    .iter()
                    .for_each(|m| own_words(m));
            }
        }
    }
    assert!(wrong > 500 && keys > 15, "{wrong} errors, {keys} maps");
}

fn map_keys(spec: &Value, path: &str) -> Vec<String> {
    let at = if path.is_empty() {
        String::new()
    } else {
        format!("/{path}")
    };
    let map = spec.pointer(&at).and_then(Value::as_object);
    map.map(|m| m.keys().cloned().collect()).unwrap_or_default()
}

const GOOD: &str = "name: x\ndata: {train: mnist}\nmodel: {preset: svhn32}\ntrain:\n  epochs: 2\n  batch_size: 16\n";

/// Slips of YAML itself, each with what is said of it.
#[test]
fn slips_are_told_in_words_of_yaml() {
    let with = |from: &str, to: &str| GOOD.replace(from, to);
    let deep = format!("name: {}{}", "[".repeat(5000), "]".repeat(5000));
    let mut laughs = "a: &a [x,x,x,x,x,x,x,x,x]\n".to_string();
    for (one, next) in "abcdefgh".chars().zip("bcdefghi".chars()) {
        laughs += &format!(
            "{next}: &{next} [{}]\n",
            vec![format!("*{one}"); 9].join(",")
        );
    }
    let slips: Vec<(&str, String)> = vec![
        ("nothing", String::new()),
        ("a comment", "# nothing\n".into()),
        ("a list", "- a\n- b\n".into()),
        ("a word", "cifar\n".into()),
        ("a key twice", format!("{GOOD}train: {{epochs: 9}}\n")),
        ("two documents", format!("{GOOD}---\n{GOOD}")),
        ("a tab", with("  epochs", "\tepochs")),
        ("no space after the colon", with("epochs: 2", "epochs:2")),
        ("a no-break space", with("epochs: 2", "epochs:\u{a0}2")),
        ("no colon", with("epochs: 2", "epochs 2")),
        ("too deep", deep),
        ("a laugh", laughs),
        ("open bracket", with("preset: svhn32}", "preset: svhn32")),
        ("open quote", with("mnist", "\"mnist")),
        ("wrong bracket", with("svhn32}", "svhn32]")),
        ("a path with backslashes", with("mnist", "\"C:\\pictures\"")),
        ("typographic quotes", with("mnist", "“mnist”")),
        ("an alias", with("mnist", "*star")),
        ("a sign", with("mnist", "@home")),
        ("a colon in a value", with("name: x", "name: x: y")),
        ("indented otherwise", with("  batch_size", "   batch_size")),
        ("outdented", with("  batch_size", " batch_size")),
        ("a list as key", with("name: x", "[a, b]: x")),
        ("no key", with("name: x", ": x")),
        ("a number for a name", with("name: x", "name: 7")),
        ("a name for a number", with("epochs: 2", "epochs: two")),
        ("half an epoch", with("epochs: 2", "epochs: 2.5")),
        ("less than nothing", with("epochs: 2", "epochs: -2")),
        ("no end of numbers", with("epochs: 2", "adam: {lr: .inf}")),
        (
            "yes for true",
            with("preset: svhn32", "preset: svhn32, conditional: yes"),
        ),
        ("a word nearly right", with("svhn32", "svhn23")),
        ("a key nearly right", with("batch_size", "batchsize")),
        ("a key missing", with("data: {train: mnist}\n", "")),
        ("a value missing", with("mnist", "")),
        ("a merge", with("train:\n", "train:\n  <<: 3\n")),
    ];
    let told: Vec<String> = slips
        .iter()
        .map(|(name, text)| {
            let message = error(text, &[]).unwrap_or_else(|| panic!("{name}: taken"));
            own_words(&message);
            format!("{name}\n    {message}")
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn what_yaml_allows_is_taken() {
    for text in [
        GOOD.to_string(),
        format!("\u{feff}{GOOD}"),
        GOOD.replace('\n', "\r\n"),
        format!("\u{feff}{}", GOOD.replace('\n', "\r\n")),
        format!("{GOOD}...\n"),
        format!("%YAML 1.2\n---\n{GOOD}"),
        "{\n\t\"name\": \"x\",\n\t\"data\": {\"train\": \"mnist\"},\n\t\"model\": {\"preset\": \"svhn32\"}\n}".to_string(),
    ] {
        assert_eq!(error(&text, &[]), None, "{text}");
    }
}

#[test]
fn a_file_in_another_encoding_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.yaml");
    let told = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let e = Experiment::load(&path, ProfileChoice::IfPresent("cpu"), &[]).unwrap_err();
        e.to_string().replace(&path.display().to_string(), "x.yaml")
    };
    insta::assert_snapshot!(told(b"name: x\nreproduces: caf\xe9\n"), @"`x.yaml` is not UTF-8 text: line 2, column 16 holds the byte 0xe9; save it again as UTF-8");
    insta::assert_snapshot!(told(b"\xff\xfen\0a\0"), @"`x.yaml` is not UTF-8 text (it looks like UTF-16); save it again as UTF-8");
}
