//! The error as references stream past: one pass gives every number of samples, since the nearest among the first n is what is
//! known after n.

use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::error::NearestError;
use super::search::Nearest;
use super::state;
use crate::track::progress::{Progress, Stopped, Unit};

/// Between two savings of a search under way.
const SAVE_EVERY: Duration = Duration::from_secs(60);

/// A piece of the stream.
#[derive(Debug, Clone, Default)]
pub struct Block {
    /// Images of bytes, one after the other.
    pub pixels: Vec<u8>,
    /// A label each.
    pub labels: Vec<u8>,
}

/// The error after so many references.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    pub references: u64,
    /// Queries that got another label than their own.
    pub errors: usize,
}

/// What a stream is searched for, and how.
pub struct Curve<'a> {
    /// The queries' labels.
    pub labels: &'a [u8],
    /// Numbers of references after which the error is noted, rising.
    pub samples: &'a [u64],
    /// References asked for at once. Pieces begin at multiples of it and end there or at a number of `samples`.
    pub block: u64,
    /// Where to save what is found, and the key of what determines stream and queries.
    pub state: Option<(&'a Path, &'a str)>,
    /// What the bar says.
    pub title: &'a str,
    pub progress: &'a dyn Progress,
}

/// Stream references through `search` and note the error after each of the numbers of samples.
///
/// `source` gives the references of a range of the stream; the same range must always be the same references. After a
/// stop what was found is saved if a place was given, and the same call goes on from there.
///
/// # Errors
/// Those of `source`; [`NearestError`] for numbers of samples that do not rise, blocks of another length than asked for, or
/// a file that cannot be read or written.
pub fn curve<E: From<NearestError> + From<Stopped>>(
    search: &mut Nearest,
    plan: &Curve,
    mut source: impl FnMut(Range<u64>) -> Result<Block, E>,
) -> Result<Vec<Point>, E> {
    let rising = plan.samples.windows(2).all(|w| w[0] < w[1]);
    let (Some(&last), true, false) = (
        plan.samples.last(),
        rising,
        plan.samples.first() == Some(&0),
    ) else {
        let found = plan.samples.to_vec();
        return Err(NearestError::Samples { found }.into());
    };
    let mut points = match plan.state {
        Some((path, key)) => state::load(path, key, plan.samples, search)?.unwrap_or_default(),
        None => Vec::new(),
    };
    let save = |search: &Nearest, points: &[Point]| match plan.state {
        Some((path, key)) => state::save(path, key, search, points),
        None => Ok(()),
    };
    let mut bar = plan.progress.begin(plan.title, Some(last), Unit::Images);
    bar.advance(search.references());
    let mut saved = Instant::now();
    while search.references() < last {
        if let Err(stopped) = plan.progress.check() {
            save(search, &points)?;
            return Err(stopped.into());
        }
        let from = search.references();
        let whole = (from / plan.block.max(1) + 1) * plan.block.max(1);
        let stop = plan.samples.iter().find(|n| **n > from).unwrap_or(&last);
        let to = whole.min(*stop);
        let block = source(from..to)?;
        if block.labels.len() as u64 != to - from {
            let (images, labels) = ((to - from) as usize, block.labels.len());
            let what = "references";
            return Err(NearestError::Labels {
                what,
                images,
                labels,
            }
            .into());
        }
        search.add(&block.pixels, &block.labels)?;
        bar.advance(to - from);
        if plan.samples.contains(&to) {
            let errors = search.errors(plan.labels)?;
            points.push(Point {
                references: to,
                errors,
            });
            let share = 100.0 * errors as f64 / plan.labels.len() as f64;
            bar.message(&format!("{share:.2}% error at {to}"));
        }
        if saved.elapsed() >= SAVE_EVERY {
            save(search, &points)?;
            saved = Instant::now();
        }
    }
    save(search, &points)?;
    Ok(points)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::track::progress::{Bar, Silent};

    /// Asks to stop at the n-th question.
    struct After(AtomicUsize);

    impl Progress for After {
        fn begin(&self, _: &str, _: Option<u64>, _: Unit) -> Box<dyn Bar> {
            Box::new(Silent)
        }
        fn note(&self, _: &str) {}
        fn stop_requested(&self) -> bool {
            self.0.fetch_sub(1, Ordering::Relaxed) == 1
        }
    }

    const COLUMNS: usize = 6;

    fn pixels(range: Range<u64>, salt: u64) -> Vec<u8> {
        let byte = |i: u64| (((i + salt) * 6_364_136_223_846_793_005) >> 59) as u8;
        (range.start * COLUMNS as u64..range.end * COLUMNS as u64)
            .map(byte)
            .collect()
    }

    fn run(
        samples: &[u64],
        state: Option<(&Path, &str)>,
        progress: &dyn Progress,
    ) -> Result<(Result<Vec<Point>, Stopped>, u64), NearestError> {
        let labels: Vec<u8> = (0..200).map(|i| i % 3).collect();
        let mut search = Nearest::new(&pixels(0..200, 1 << 40), COLUMNS, 1)?;
        let plan = Curve {
            labels: &labels,
            samples,
            block: 64,
            state,
            title: "test",
            progress,
        };
        let mut asked = 0;
        let points = curve(&mut search, &plan, |range| {
            asked += range.end - range.start;
            Ok::<_, NearestError>(Block {
                labels: range.clone().map(|i| (i % 3) as u8).collect(),
                pixels: pixels(range, 0),
            })
        });
        match points {
            Err(NearestError::Stopped(stopped)) => Ok((Err(stopped), asked)),
            points => Ok((Ok(points?), asked)),
        }
    }

    #[test]
    fn a_stopped_search_goes_on_to_the_same_errors() {
        let samples = [50, 130, 1000];
        let (whole, asked) = run(&samples, None, &Silent).unwrap();
        let whole = whole.unwrap();
        assert_eq!(asked, 1000);
        assert_eq!(
            whole.iter().map(|p| p.references).collect::<Vec<_>>(),
            samples
        );
        assert!(
            whole.iter().all(|p| (1..200).contains(&p.errors)),
            "{whole:?}"
        );
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("search.safetensors");
        let state = Some((path.as_path(), "key"));
        let mut total = 0;
        for stop_at in [2, 4, 1] {
            let (points, asked) = run(&samples, state, &After(AtomicUsize::new(stop_at))).unwrap();
            assert_eq!(points, Err(Stopped));
            total += asked;
        }
        let (points, asked) = run(&samples, state, &Silent).unwrap();
        assert_eq!(points.unwrap(), whole);
        assert_eq!(total + asked, 1000);
        // More samples go on from there, others or another stream begin again.
        let (points, asked) = run(&[50, 130, 1000, 1100], state, &Silent).unwrap();
        assert_eq!((&points.unwrap()[..3], asked), (&whole[..], 100));
        assert_eq!(run(&[60, 1100], state, &Silent).unwrap().1, 1100);
        assert_eq!(
            run(&[60, 1100], Some((&path, "other")), &Silent).unwrap().1,
            1100
        );
    }

    #[test]
    fn a_damaged_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("search.safetensors");
        std::fs::write(&path, "half").unwrap();
        let e = run(&[10], Some((&path, "key")), &Silent)
            .unwrap_err()
            .to_string();
        assert!(
            e.contains("search.safetensors") && e.contains("delete that file"),
            "{e}"
        );
        for samples in [&[][..], &[0, 5], &[5, 5]] {
            let e = run(samples, None, &Silent).unwrap_err().to_string();
            assert!(e.contains("rising"), "{e}");
        }
    }
}
