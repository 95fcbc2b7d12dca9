//! Progress that puts a trial's label before each line and bar, and stops the trial once another one failed.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::track::progress::{Bar, Progress, Unit};

/// Passes on to another [`Progress`], with a label in front of each line and bar where there is one.
pub(super) struct Labelled<'a> {
    inner: &'a dyn Progress,
    label: &'a str,
    halted: &'a AtomicBool,
}

impl<'a> Labelled<'a> {
    /// Work that also stops once `halted` is set.
    pub fn new(inner: &'a dyn Progress, label: &'a str, halted: &'a AtomicBool) -> Self {
        Labelled {
            inner,
            label,
            halted,
        }
    }

    fn labelled(&self, text: &str) -> String {
        match self.label {
            "" => text.to_string(),
            label => format!("{label}: {text}"),
        }
    }
}

impl Progress for Labelled<'_> {
    fn begin(&self, what: &str, total: Option<u64>, unit: Unit) -> Box<dyn Bar> {
        self.inner.begin(&self.labelled(what), total, unit)
    }

    fn note(&self, line: &str) {
        self.inner.note(&self.labelled(line));
    }

    fn stop_requested(&self) -> bool {
        self.halted.load(Ordering::SeqCst) || self.inner.stop_requested()
    }
}
