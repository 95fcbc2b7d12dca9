//! `cargo bench`: how fast each piece of work is here, against its own last time.
//!
//! `cargo bench -- step` times the names that contain `step`. All cores, or RAYON_NUM_THREADS. The SVM on all 50,000 rows is
//! left to `peers`: ten samples of it take minutes.

// The table of `peers` reads more of it.
#[allow(dead_code)]
#[path = "work/mod.rs"]
mod work;

use std::time::Duration;

use criterion::{BenchmarkGroup, Criterion, SamplingMode, measurement::WallTime};
use work::{Catalogue, ENTRIES, Work};

/// The 5x5 layers of D at width 64, in 32 and in 64 pixels: side, channels in, channels out.
const LAYERS: [&str; 6] = [
    "32/3/64",
    "16/64/128",
    "8/128/256",
    "64/3/64",
    "32/64/128",
    "8/256/512",
];

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let catalogue = Catalogue {
        folder: env!("CARGO_TARGET_TMPDIR").into(),
        features: Catalogue::given_features(),
        share: false,
    };
    let mut group = criterion.benchmark_group("dcgan");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.warm_up_time(Duration::from_millis(500));
    group.measurement_time(Duration::from_secs(2));
    for (name, _) in ENTRIES {
        if !name.starts_with("svm/50000") {
            time(&mut group, &catalogue, name);
        }
    }
    for layer in LAYERS {
        for kernel in ["down", "up", "weights"] {
            time(&mut group, &catalogue, &format!("layer/{layer}/{kernel}"));
        }
    }
    group.finish();
    criterion.final_summary();
}

/// The work is made only if the filter asks for it, and is gone before the next.
fn time(group: &mut BenchmarkGroup<WallTime>, catalogue: &Catalogue, name: &str) {
    if let Err(why) = catalogue.check(name) {
        eprintln!("{name}: skipped: {why:#}");
        return;
    }
    let mut work: Option<Work> = None;
    group.bench_function(name, |bencher| {
        let work = work.get_or_insert_with(|| catalogue.make(name).expect("work"));
        bencher.iter(|| (work.run)());
    });
}
