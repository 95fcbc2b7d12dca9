//! How long work tells its watcher how far it is, and learns that it should stop.
//!
//! The library never prints: the command line hands it something that implements [`Progress`].

/// The user asked to stop. Every room's error passes it on as it is; whoever catches it saves, and says how to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stopped; the same command goes on from here")]
pub struct Stopped;

/// Whether `error` tells, itself or by its cause, that the user asked to stop.
pub fn is_stop(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source()).any(|error| error.is::<Stopped>())
}

/// What a bar counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Bytes,
    Images,
    Items,
}

/// A watcher of long work.
pub trait Progress: Send + Sync {
    /// Begin a task of `total` units (`None` where unknown); dropping the bar ends it.
    fn begin(&self, what: &str, total: Option<u64>, unit: Unit) -> Box<dyn Bar>;
    /// A line worth keeping on screen.
    fn note(&self, line: &str);
    /// True once the user asked to stop (Ctrl-C): save and return at the next safe point.
    fn stop_requested(&self) -> bool;
    /// [`Stopped`] once the user asked to stop: `progress.check()?` at a point where nothing is half done.
    ///
    /// # Errors
    /// [`Stopped`].
    fn check(&self) -> Result<(), Stopped> {
        match self.stop_requested() {
            true => Err(Stopped),
            false => Ok(()),
        }
    }
}

/// One running task.
pub trait Bar: Send {
    /// `n` more units are done.
    fn advance(&mut self, n: u64);
    /// Live text beside the bar, such as losses.
    fn message(&mut self, text: &str);
    /// `n` more units are to come than was said at the beginning.
    fn lengthen(&mut self, n: u64);
}

/// Watches nothing and never stops: for tests and for library users.
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: &str, _: Option<u64>, _: Unit) -> Box<dyn Bar> {
        Box::new(Silent)
    }
    fn note(&self, _: &str) {}
    fn stop_requested(&self) -> bool {
        false
    }
}

impl Bar for Silent {
    fn advance(&mut self, _: u64) {}
    fn message(&mut self, _: &str) {}
    fn lengthen(&mut self, _: u64) {}
}
