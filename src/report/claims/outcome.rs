//! What became of a claim: an outcome for each experiment and scale, with the numbers behind it.

use crate::report::groups::Estimate;
use crate::report::words;

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClaimVerdict {
    NotRun,
    Held,
    /// The difference is not beyond its interval, or it is the other way.
    DidNotHold,
}

impl ClaimVerdict {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            ClaimVerdict::Held => "held",
            ClaimVerdict::DidNotHold => "did not hold",
            ClaimVerdict::NotRun => "not run",
        }
    }
}

/// What one experiment at one scale says of a claim.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub held: bool,
    /// What was compared and what came out, in a sentence or two.
    pub sentence: String,
    pub numbers: Vec<Number>,
    /// Of the trials behind it, in order.
    pub seeds: Vec<u64>,
    /// At which scale, in words.
    pub scale: String,
    /// The version of the training behind it.
    pub training: u32,
    /// The version of the protocol; `None` where what became of the trainings decided.
    pub protocol: Option<u32>,
    /// The name of the experiment.
    pub experiment: String,
}

/// A measured number with its name.
#[derive(Debug, Clone, PartialEq)]
pub struct Number {
    pub name: String,
    pub value: f64,
    /// Half-width of the 95% interval.
    pub interval: Option<f64>,
    pub unit: Unit,
}

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A fraction from 0 to 1, as a percentage.
    Percent,
    /// As it is, three digits after the point.
    Plain,
    /// A whole number.
    Count,
}

impl Outcome {
    /// Whether a newer version of the training or the protocol has an outcome in its place: of the same experiment at the
    /// same scale.
    pub fn is_older(&self, all: &[Outcome]) -> bool {
        let newer = |other: &Outcome| match other.training == self.training {
            true => self.protocol.is_some() && other.protocol > self.protocol,
            false => other.training > self.training,
        };
        let alike = |o: &&Outcome| o.experiment == self.experiment && o.scale == self.scale;
        all.iter().filter(alike).any(newer)
    }

    /// Held or not.
    pub fn verdict(&self) -> ClaimVerdict {
        match self.held {
            true => ClaimVerdict::Held,
            false => ClaimVerdict::DidNotHold,
        }
    }
}

impl Number {
    /// A share or accuracy.
    pub fn percent(name: impl Into<String>, of: Estimate) -> Number {
        Number {
            name: name.into(),
            value: of.mean,
            interval: of.interval,
            unit: Unit::Percent,
        }
    }

    /// A number without a unit.
    pub fn plain(name: impl Into<String>, of: Estimate) -> Number {
        Number {
            unit: Unit::Plain,
            ..Number::percent(name, of)
        }
    }

    /// A count.
    pub fn count(name: impl Into<String>, n: usize) -> Number {
        Number {
            name: name.into(),
            value: n as f64,
            interval: None,
            unit: Unit::Count,
        }
    }

    /// The number alone, with its interval.
    pub fn text(&self) -> String {
        match (self.unit, self.interval) {
            (Unit::Percent, interval) => words::percent_with(self.value, interval),
            (Unit::Plain, Some(i)) => format!("{:.3} (±{i:.3})", self.value),
            (Unit::Plain, None) => format!("{:.3}", self.value),
            (Unit::Count, _) => words::thousands(self.value.max(0.0) as u64),
        }
    }
}
