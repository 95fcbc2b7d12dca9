//! Prepares measurements for a chart: dense ones become means and ranges, and the axis is cut so that it shows most of them.

use crate::report::words;

/// A line of more points than this is drawn as the means of so many stretches, with the range of each behind it.
pub const DENSE: usize = 150;
const STRETCHES: usize = 100;

/// Neighbouring measurements as one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    /// Mean epoch of its measurements.
    pub epoch: f64,
    pub mean: f64,
    pub low: f64,
    pub high: f64,
}

/// Few points as they are; many as the means and ranges of equal stretches.
pub fn stretches(points: &[(f64, f64)]) -> Vec<Stretch> {
    let count = if points.len() > DENSE {
        STRETCHES
    } else {
        points.len()
    };
    (0..count)
        .map(|i| &points[i * points.len() / count..(i + 1) * points.len() / count])
        .map(|part| {
            let n = part.len() as f64;
            Stretch {
                epoch: part.iter().map(|p| p.0).sum::<f64>() / n,
                mean: part.iter().map(|p| p.1).sum::<f64>() / n,
                low: part.iter().fold(f64::INFINITY, |m, p| m.min(p.1)),
                high: part.iter().fold(f64::NEG_INFINITY, |m, p| m.max(p.1)),
            }
        })
        .collect()
}

/// The end of an axis: a few wild values (the first steps, a divergence) must not flatten the rest.
pub fn top(values: &mut [f64], percent: bool) -> f64 {
    if percent {
        return 1.0;
    }
    values.sort_by(f64::total_cmp);
    let high = values
        .get(values.len().saturating_sub(1) * 99 / 100)
        .copied();
    match high {
        Some(v) if v > 1e-12 => v * 1.1,
        _ => 1.0,
    }
}

/// A label that is short on axes of any size: a diverged net's gradients reach 1e20.
pub fn tick(value: f64, top: f64) -> String {
    if value == 0.0 || (0.05..1e5).contains(&top) {
        words::trimmed(value)
    } else {
        format!("{value:.0e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dense_points_keep_their_mean_and_range() {
        let points: Vec<(f64, f64)> = (0..1000)
            .map(|i| (f64::from(i), f64::from(i % 10)))
            .collect();
        let drawn = stretches(&points);
        assert_eq!(drawn.len(), STRETCHES);
        assert_eq!(
            drawn[3],
            Stretch {
                epoch: 34.5,
                mean: 4.5,
                low: 0.0,
                high: 9.0
            }
        );
        assert_eq!(stretches(&points[..3]).len(), 3);
        assert!(stretches(&[]).is_empty());
    }

    #[test]
    fn ticks_stay_short() {
        assert_eq!(tick(2e20, 3e20), "2e20");
        assert_eq!(tick(0.002, 0.01), "2e-3");
        assert_eq!(tick(0.5, 2.0), "0.5");
        assert_eq!(tick(0.0, 3e20), "0");
    }

    #[test]
    fn one_wild_value_does_not_flatten_the_rest() {
        let mut values: Vec<f64> = (0..200).map(|i| f64::from(i) / 200.0).collect();
        values.push(1e6);
        assert!(top(&mut values, false) < 1.2);
    }
}
