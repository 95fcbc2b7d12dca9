//! Table 3's stage: a conditional net scored by nearest neighbours among its images, and among real ones.

use super::bench::{Bench, json, stderr};

const SPEC: &str = "\
name: near
data: {train: small}
model: {preset: svhn32, width: 4, latent: {size: 16}, conditional: true}
train: {epochs: 1, batch_size: 50}
nearest: {samples: [30, 70]}
";

#[test]
fn more_samples_go_on_from_where_fewer_ended() {
    let name = "more_samples_go_on_from_where_fewer_ended";
    let (Some(grown), Some(straight)) = (Bench::new(name), Bench::new(name)) else {
        return;
    };
    for bench in [&grown, &straight] {
        bench.write("near.yaml", SPEC.as_bytes());
    }
    let sweep = |bench: &Bench, samples: &str| {
        let set = format!("nearest.samples={samples}");
        let out = bench.run(&["sweep", "near.yaml", "--set", &set]);
        assert!(out.status.success(), "{}", stderr(&out));
        (
            stderr(&out),
            json(&bench.trials("near").remove(0).join("nearest.json")),
        )
    };
    let (_, fewer) = sweep(&grown, "[30, 70]");
    let (said, _) = sweep(&grown, "[30, 70]");
    assert!(said.contains("skipped"), "{said}");
    let (_, more) = sweep(&grown, "[30, 70, 200]");
    let (_, whole) = sweep(&straight, "[30, 70, 200]");
    for part in ["generated", "real", "queries"] {
        assert_eq!(more[part], whole[part], "{part}");
    }
    let rows = more["generated"].as_array().unwrap();
    assert_eq!(rows[..2], fewer["generated"].as_array().unwrap()[..]);
    assert_eq!(rows.len(), 3);
    // Of 300 images in ten classes, some right and some wrong.
    for row in rows {
        let errors = row["errors"].as_u64().unwrap();
        assert!((100..300).contains(&errors), "{errors}");
    }
    // Of the real images all 1,000 only: there are no 10,000.
    assert_eq!(more["real"][0]["subset"], "all");
    assert_eq!(more["real"].as_array().unwrap().len(), 1);
    let out = grown.run(&["report", "results/near"]);
    assert!(out.status.success(), "{}", stderr(&out));
    let csv = std::fs::read_to_string(grown.path("results/near/report/nearest-small.csv")).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    let [_, real, ours] = lines[..] else {
        panic!("{csv}")
    };
    // Of 300 queries.
    let share = |errors: &serde_json::Value| format!(",{},", errors.as_f64().unwrap() / 300.0);
    let all = share(&more["real"][0]["errors"][0]);
    assert!(real.contains(&all), "{all} in {real}");
    for row in rows {
        let errors = share(&row["errors"]);
        assert!(ours.contains(&errors), "{errors} in {ours}");
    }
}

#[test]
fn what_cannot_be_scored_is_said() {
    let Some(bench) = Bench::new("what_cannot_be_scored_is_said") else {
        return;
    };
    let error = |from: &str, to: &str| {
        bench.write("near.yaml", SPEC.replace(from, to).as_bytes());
        let out = bench.run(&["sweep", "near.yaml"]);
        assert_eq!(out.status.code(), Some(2), "{}", stderr(&out));
        let text = stderr(&out);
        let lines = text.lines().filter(|l| l.starts_with("error"));
        lines.collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(error("[30, 70]", "[70, 30]"), @"error: near.yaml:5:20: `nearest.samples`: is [70, 30]; expected one or more rising numbers of images, such as [50000, 10000000]");
    insta::assert_snapshot!(error("{samples: [30, 70]}", "{sample: 30}"), @"error: near.yaml:5:11: unknown key `sample` (did you mean `samples`?); expected one of `data`, `samples`, `real`");
    insta::assert_snapshot!(error("conditional: true", "conditional: false"), @"error: near.yaml:5:10: `nearest`: needs a generator that draws for a label; set `model.conditional: true`, take the preset mnist28 or fc28, or remove `nearest`");
    insta::assert_snapshot!(error("{samples: [30, 70]}", "{samples: [30, 70], data: cifar11}"), @"error: `nearest.data`: no data set is called `cifar11` (did you mean `cifar10`?); known are cifar10, fashion_mnist, mnist, small, svhn; a card of your own goes to `datasets/NAME.yaml`, and images of your own are `folder:PATH`");
}
