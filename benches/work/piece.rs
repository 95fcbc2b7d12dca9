//! One piece of work.

use std::path::PathBuf;

/// What an iteration is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Images,
    /// Floating-point operations.
    Operations,
    /// Bytes to and from memory.
    Bytes,
    /// Only the time is of interest.
    Whole,
    /// An optimisation: its time, and the objective that it comes to.
    Fit,
    /// References that are searched, and the number of wrong answers that it comes to.
    Searched,
}

/// Something to time.
pub struct Work {
    /// How many of `unit` an iteration does.
    pub amount: f64,
    pub unit: Unit,
    /// What it reads, in words; empty where it does not matter.
    pub input: String,
    /// A file that holds the same input for the other side.
    pub file: Option<PathBuf>,
    /// One iteration. Returns a number that it came to: a loss, an objective, an element of its output.
    pub run: Box<dyn FnMut() -> f64>,
}

impl Work {
    /// Work whose input are random numbers.
    pub fn new(amount: f64, unit: Unit, run: impl FnMut() -> f64 + 'static) -> Self {
        Work {
            amount,
            unit,
            input: String::new(),
            file: None,
            run: Box::new(run),
        }
    }

    /// The same, with what it reads.
    pub fn on(self, input: impl Into<String>, file: PathBuf) -> Self {
        Work {
            input: input.into(),
            file: Some(file),
            ..self
        }
    }

    /// Throughput at `seconds` an iteration, such as `312 img/s`.
    pub fn rate(&self, seconds: f64) -> String {
        let rate = self.amount / seconds;
        match self.unit {
            Unit::Images | Unit::Searched => format!("{rate:.0} img/s"),
            Unit::Operations => format!("{:.0} GFLOP/s", rate / 1e9),
            Unit::Bytes => format!("{:.0} GB/s", rate / 1e9),
            Unit::Whole | Unit::Fit => String::new(),
        }
    }
}
