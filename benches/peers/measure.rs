//! Timing both sides of a row, turn and turn about.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::args::Args;
use crate::child::Peer;
use crate::work::{Unit, Work};

/// Solvers count as having solved the same problem if their objectives differ by no more.
const OBJECTIVE: f64 = 1e-3;
/// Searches count as the same if as many answers are wrong, but for equal distances that single precision tells apart.
const WRONG: f64 = 5.0;
/// Work of more seconds is run three times only, and not to warm up.
const LONG: f64 = 5.0;
/// The other side's threads spin for some milliseconds after their work.
const PAUSE: Duration = Duration::from_millis(50);

/// What both sides of a row took.
pub struct Times {
    pub work: Work,
    /// Seconds of an iteration, run by run.
    pub ours: Vec<f64>,
    /// The same of the other side, if there is one.
    pub theirs: Option<Theirs>,
}

/// The other side of a row.
pub struct Theirs {
    /// The fastest of its ways.
    pub variant: String,
    pub seconds: Vec<f64>,
    /// The other ways and their seconds, the least of a few runs.
    pub others: Vec<(String, f64)>,
    /// The number that the fastest came to, and ours: a solver's objective.
    pub values: (f64, f64),
}

/// Time the row called `name`.
///
/// # Errors
/// Work that cannot be made here, or the other side's failure.
pub fn row(name: &str, args: &Args, peer: &mut Option<Peer>) -> Result<Times> {
    let alone = name.starts_with("svm/50000");
    let catalogue = args.catalogue(!alone && peer.is_some());
    catalogue.check(name)?;
    eprintln!("{name} ...");
    let mut work = catalogue.make(name)?;
    let first = ours(&mut work, 1).0;
    // The first iteration warms caches and allocates; of long work it will do.
    let once = if first < LONG {
        ours(&mut work, 1).0
    } else {
        first
    };
    let count = ((args.seconds / once).ceil() as usize).clamp(1, 100_000);
    let rounds = match usize::from(args.rounds) {
        rounds if once > LONG => rounds.min(3),
        rounds => rounds,
    };
    let mut times = Times {
        work,
        ours: Vec::with_capacity(rounds),
        theirs: None,
    };
    let Some(peer) = peer.as_mut().filter(|_| !alone) else {
        for _ in 0..rounds {
            times.ours.push(ours(&mut times.work, count).0);
        }
        return Ok(times);
    };
    let (mut theirs, best) = fastest(name, &times.work, peer, args.seconds)?;
    let slow = theirs.others.iter().all(|(_, s)| *s > LONG) && !theirs.others.is_empty();
    let rounds = if slow { rounds.min(3) } else { rounds };
    for _ in 0..rounds {
        std::thread::sleep(PAUSE);
        let (seconds, value) = ours(&mut times.work, count);
        if times.work.unit == Unit::Fit && !(value <= best * (1.0 + OBJECTIVE)) {
            bail!("our objective is {value}, theirs {best}");
        }
        if times.work.unit == Unit::Searched && !((value - theirs.values.0).abs() <= WRONG) {
            bail!(
                "{value} of our answers are wrong, of theirs {}",
                theirs.values.0
            );
        }
        theirs.values.1 = value;
        times.ours.push(seconds);
        let (seconds, _) = peer.run(count)?;
        theirs.seconds.push(seconds);
    }
    times.theirs = Some(theirs);
    Ok(times)
}

/// Seconds of one of `count` iterations, and the number that the last came to.
fn ours(work: &mut Work, count: usize) -> (f64, f64) {
    let start = Instant::now();
    let mut value = f64::NAN;
    for _ in 0..count {
        value = (work.run)();
    }
    (start.elapsed().as_secs_f64() / count as f64, value)
}

/// Seconds of an iteration, the least of three runs: a hiccup must not choose the way.
fn least(peer: &mut Peer, seconds: f64) -> Result<f64> {
    let once = peer.run(1)?.0;
    let count = ((seconds / 2.0 / once).ceil() as usize).clamp(1, 100_000);
    (0..3).try_fold(once, |least, _| Ok(least.min(peer.run(count)?.0)))
}

/// Leave the other side ready to run this row in its fastest way; also the lowest number that any way came to.
fn fastest(name: &str, work: &Work, peer: &mut Peer, seconds: f64) -> Result<(Theirs, f64)> {
    let file = match &work.file {
        Some(file) => file.to_str().context("a path that is no text")?,
        None => "-",
    };
    let variants = peer.ask(&format!("variants {name}"))?;
    let mut tried = Vec::new();
    for variant in variants.split(' ') {
        peer.ask(&format!("make {name} {variant} {file}"))?;
        let (first, value) = peer.run(1)?;
        let time = if first < LONG {
            least(peer, seconds)?
        } else {
            first
        };
        tried.push((variant.to_string(), time, value));
    }
    let best = tried.iter().map(|t| t.2).fold(f64::INFINITY, f64::min);
    if work.unit == Unit::Fit {
        tried.retain(|t| t.2 <= best * (1.0 + OBJECTIVE));
    }
    tried.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut tried = tried.into_iter();
    let (variant, _, value) = tried.next().context("no way to do this row")?;
    peer.ask(&format!("make {name} {variant} {file}"))?;
    if tried.len() > 0 {
        peer.run(1)?;
    }
    let theirs = Theirs {
        variant,
        seconds: Vec::new(),
        others: tried.map(|(v, s, _)| (v, s)).collect(),
        values: (value, f64::NAN),
    };
    Ok((theirs, best))
}
