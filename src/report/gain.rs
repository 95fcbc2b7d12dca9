//! The difference of two estimates against its interval: does the first stand out, or may chance have made it?

use super::groups::{Estimate, student};

/// A difference of two accuracies against its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gain {
    pub difference: f64,
    /// Welch's interval of the difference, which for normal intervals adds them in quadrature; `None` where neither has one.
    pub interval: Option<f64>,
}

/// Whether a gain stands out of its interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GainVerdict {
    Better,
    Worse,
    WithinInterval,
    /// A single draw: no interval to judge by.
    NoInterval,
}

impl Gain {
    /// How the difference stands to its interval.
    pub fn verdict(self) -> GainVerdict {
        match self.interval {
            None => GainVerdict::NoInterval,
            Some(i) if self.difference > i => GainVerdict::Better,
            Some(i) if self.difference < -i => GainVerdict::Worse,
            Some(_) => GainVerdict::WithinInterval,
        }
    }
}

/// `a` over `b`.
pub fn gain(a: Estimate, b: Estimate) -> Gain {
    let interval = match (a.interval, b.interval) {
        (Some(one), Some(two)) => {
            let (one, two) = (one / student(a.freedom), two / student(b.freedom));
            let (v, w) = (one * one, two * two);
            let freedom = match v + w > 0.0 {
                true => (v + w).powi(2) / (v * v / a.freedom + w * w / b.freedom),
                false => f64::INFINITY,
            };
            Some(student(freedom) * (v + w).sqrt())
        }
        (one, two) => one.or(two),
    };
    Gain {
        difference: a.mean - b.mean,
        interval,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(mean: f64, interval: f64) -> Estimate {
        Estimate::normal(mean, Some(interval))
    }

    #[test]
    fn a_gain_is_judged_by_both_intervals() {
        assert_eq!(
            gain(of(0.48, 0.003), of(0.42, 0.004)).verdict(),
            GainVerdict::Better
        );
        assert_eq!(
            gain(of(0.425, 0.004), of(0.42, 0.004)).verdict(),
            GainVerdict::WithinInterval
        );
        assert_eq!(
            gain(of(0.40, 0.004), of(0.42, 0.004)).verdict(),
            GainVerdict::Worse
        );
        let alone = Estimate::normal(0.5, None);
        assert_eq!(gain(alone, alone).verdict(), GainVerdict::NoInterval);
    }

    #[test]
    fn a_difference_as_large_as_its_interval_lies_within_it() {
        let (high, low) = (of(0.5, 0.25), Estimate::normal(0.25, None));
        assert_eq!(gain(high, low).verdict(), GainVerdict::WithinInterval);
        assert_eq!(gain(low, high).verdict(), GainVerdict::WithinInterval);
    }

    /// Three trials an arm, one standard error of a point in each: Welch's four degrees of freedom.
    #[test]
    fn few_trials_widen_the_interval_of_a_difference() {
        let arm = |mean| Estimate {
            mean,
            interval: Some(4.302_652_73 * 0.01),
            freedom: 2.0,
        };
        let found = gain(arm(0.5), arm(0.4));
        assert!((found.difference - 0.1).abs() < 1e-12);
        let expected = 2.776_445_105 * 0.01 * 2f64.sqrt();
        assert!(
            (found.interval.unwrap() - expected).abs() < 1e-8,
            "{found:?}"
        );
        // Normal intervals add in quadrature; two of no width leave none.
        let found = gain(of(0.5, 0.03), of(0.4, 0.04));
        assert!((found.interval.unwrap() - 0.05).abs() < 1e-12);
        assert_eq!(gain(of(0.5, 0.0), of(0.4, 0.0)).interval, Some(0.0));
    }
}
