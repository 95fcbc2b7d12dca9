use crate::report::groups::Estimate;
use crate::report::words;

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    NotRun,
    Held,
    /// The difference is not beyond its interval, or it is the other way.
    DidNotHold,
}

impl Verdict {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Held => "held",
            Verdict::DidNotHold => "did not hold",
            Verdict::NotRun => "not run",
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
    /// Held or not.
    pub fn verdict(&self) -> Verdict {
        match self.held {
            true => Verdict::Held,
            false => Verdict::DidNotHold,
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
