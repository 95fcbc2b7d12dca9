//! Several processes at once on one folder, and locks that others left.

use super::bench::{Bench, json, stderr};

/// Each start trains alone, finds the folder in use, or finds everything done.
#[test]
fn of_several_starts_at_once_one_writes() {
    for round in 0..3 {
        let bench = Bench::new(40, "");
        let started: Vec<_> = (0..4).map(|_| bench.start()).collect();
        let mut wrote = 0;
        for child in started {
            let out = child.wait_with_output().unwrap();
            let said = stderr(&out);
            match out.status.code() {
                Some(0) if said.contains("done before, skipped") => {}
                Some(0) => wrote += 1,
                Some(2) => assert!(said.contains("is in use by"), "{said}"),
                other => panic!("round {round}: exit {other:?}: {said}"),
            }
        }
        assert_eq!(wrote, 1, "round {round}");
        let trial = bench.trial();
        let lines = std::fs::read_to_string(trial.join("metrics.jsonl")).unwrap();
        let steps: Vec<u64> = lines
            .lines()
            .map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap())
            .map(|l| l["step"].as_u64().unwrap())
            .collect();
        assert_eq!(steps, (1..=80).collect::<Vec<_>>(), "round {round}");
        assert_eq!(json(&trial.join("run.json"))["status"], "finished");
    }
}

/// A process that died and that nobody has collected yet still has its number, and holds nothing.
#[test]
#[cfg(unix)]
fn the_dead_hold_no_folder() {
    let bench = Bench::new(4000, "");
    let mut child = bench.start();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !bench.path("results/tiny").is_dir() || !bench.trial().join("metrics.jsonl").exists() {
        assert!(std::time::Instant::now() < deadline, "it never began");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let out = bench.run(&["sweep", "tiny.yaml"]);
    assert_eq!(out.status.code(), Some(2), "{}", stderr(&out));
    let holder = format!("is in use by process {};", child.id());
    assert!(stderr(&out).contains(&holder), "{}", stderr(&out));
    child.kill().unwrap();
    // Not waited for: it is a zombie now. The kernel closes its files as it dies, which may take a moment.
    let lock = std::fs::File::open(bench.trial().join(".lock")).unwrap();
    while lock.try_lock().is_err() {
        assert!(
            std::time::Instant::now() < deadline,
            "the dead still holds it"
        );
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    drop(lock);
    // The lock file says its number still, or that of a process that always runs.
    for number in [child.id(), 1] {
        std::fs::write(bench.trial().join(".lock"), number.to_string()).unwrap();
        let mut again = bench.start();
        let mine = again.id().to_string();
        let lock = bench.trial().join(".lock");
        while std::fs::read_to_string(&lock).unwrap() != mine {
            assert_eq!(again.try_wait().unwrap(), None, "it was kept out");
            assert!(std::time::Instant::now() < deadline, "it never began");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        again.kill().unwrap();
        again.wait().unwrap();
    }
    child.wait().unwrap();
}
