//! Measures how much the losses of a training oscillate, from its `metrics.jsonl`.
//!
//! Section 4 says of Adam's momentum that 0.9 "resulted in training oscillation and instability" and gives no measure.
//! Here an oscillation is what remains of a loss when its trend is taken away, on a logarithmic scale, because a
//! swing from 0.1 to 0.2 disturbs training as one from 1 to 2 does. A second number, the change from one line to the
//! next, tells fast swings from slow ones.

use crate::track::format::Point;

/// Share of the lines at the beginning that do not count: every training starts with a fall.
const START: usize = 10;
/// Fewer lines than this say nothing.
const FEWEST: usize = 10;
/// Nats below which a loss is as good as 0: D is sure of every image, and by how much means nothing.
const FLOOR: f64 = 1e-4;

/// The unsteadiness of both losses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Oscillation {
    /// Lines of metrics that counted.
    pub points: usize,
    /// Standard deviation of D's loss about its trend, a straight line through its logarithm over the steps:
    /// 0.3 is a swing by a factor of e^0.3 = 1.35.
    pub loss_d: f64,
    /// As `loss_d`, of G's loss.
    pub loss_g: f64,
    /// Mean change of D's loss from one line to the next, in units of the median loss.
    pub change_d: f64,
    /// As `change_d`, of G's loss.
    pub change_g: f64,
    /// Correlation of D's swings with G's, -1 to 1: -1 where each net's gain is the other's loss. `None` where a loss
    /// keeps to its trend exactly.
    pub opposition: Option<f64>,
}

/// Measure a history's oscillation; `None` for fewer than ten lines with both losses after the first tenth.
pub fn oscillation(history: &[Point]) -> Option<Oscillation> {
    let lines: Vec<[f64; 3]> = history
        .iter()
        .filter_map(|p| {
            let (d, g) = (*p.values.get("loss.d")?, *p.values.get("loss.g")?);
            (d.is_finite() && g.is_finite()).then_some([p.step as f64, d.max(FLOOR), g.max(FLOOR)])
        })
        .collect();
    let lines = lines.get(lines.len().div_ceil(START)..)?;
    if lines.len() < FEWEST {
        return None;
    }
    let steps: Vec<f64> = lines.iter().map(|l| l[0]).collect();
    let losses = [1, 2].map(|i| lines.iter().map(|l| l[i]).collect::<Vec<f64>>());
    let [d, g] = losses.each_ref().map(|loss| {
        let logs: Vec<f64> = loss.iter().map(|v| v.ln()).collect();
        swings(&steps, &logs)
    });
    let [change_d, change_g] = losses.each_ref().map(|loss| change(loss));
    let (loss_d, loss_g) = (deviation(&d), deviation(&g));
    let both: f64 = d.iter().zip(&g).map(|(a, b)| a * b).sum::<f64>() / d.len() as f64;
    Some(Oscillation {
        points: lines.len(),
        loss_d,
        loss_g,
        change_d,
        change_g,
        opposition: (loss_d.min(loss_g) > 1e-9).then(|| both / (loss_d * loss_g)),
    })
}

/// What the least-squares line through `values` over `steps` leaves.
fn swings(steps: &[f64], values: &[f64]) -> Vec<f64> {
    let (x, y) = (mean(steps), mean(values));
    let spread: f64 = steps.iter().map(|s| (s - x).powi(2)).sum();
    let slope = match spread > 0.0 {
        true => {
            steps
                .iter()
                .zip(values)
                .map(|(s, v)| (s - x) * (v - y))
                .sum::<f64>()
                / spread
        }
        false => 0.0,
    };
    let along = steps.iter().zip(values);
    along.map(|(s, v)| v - y - slope * (s - x)).collect()
}

/// Root mean square.
fn deviation(swings: &[f64]) -> f64 {
    (swings.iter().map(|v| v * v).sum::<f64>() / swings.len().max(1) as f64).sqrt()
}

fn change(loss: &[f64]) -> f64 {
    let changes: Vec<f64> = loss.windows(2).map(|w| (w[1] - w[0]).abs()).collect();
    let mut sorted = loss.to_vec();
    sorted.sort_by(f64::total_cmp);
    let median = sorted.get(sorted.len() / 2).copied().unwrap_or(1.0);
    mean(&changes) / median
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::f64::consts::TAU;

    use super::*;

    fn history(losses: impl Fn(f64) -> (f64, f64)) -> Vec<Point> {
        let point = |i: u64| {
            let (d, g) = losses(i as f64);
            Point {
                step: i * 20,
                epoch: i as f64 / 20.0,
                seconds: i as f64,
                values: BTreeMap::from([("loss.d".into(), d), ("loss.g".into(), g)]),
            }
        };
        (1..=200).map(point).collect()
    }

    #[test]
    fn a_trend_is_no_oscillation_and_a_wave_is_one_at_any_level() {
        let fall = |i: f64| (-i / 100.0).exp();
        let steady = oscillation(&history(|i| (fall(i), 2.0 / fall(i)))).unwrap();
        assert!(steady.loss_d < 1e-9 && steady.loss_g < 1e-9, "{steady:?}");
        assert_eq!(steady.opposition, None);
        for level in [0.1, 3.0] {
            let wave = |i: f64| (0.4 * (TAU * i / 18.0).sin()).exp();
            let waves = oscillation(&history(|i| (level * wave(i), level / wave(i)))).unwrap();
            // The root mean square of a sine of height 0.4.
            assert!(
                (waves.loss_d - 0.4 / 2f64.sqrt()).abs() < 0.005,
                "{waves:?}"
            );
            assert!((waves.opposition.unwrap() + 1.0).abs() < 1e-9);
            assert_eq!(waves.points, 180);
        }
    }

    #[test]
    fn fast_swings_change_more_than_slow_ones_of_the_same_height() {
        let of = |period: f64| {
            let wave = move |i: f64| 1.0 + 0.4 * (TAU * i / period).sin();
            oscillation(&history(|i| (wave(i), wave(i)))).unwrap()
        };
        let (fast, slow) = (of(3.0), of(60.0));
        assert!(
            (fast.loss_d / slow.loss_d - 1.0).abs() < 0.1,
            "{fast:?} {slow:?}"
        );
        assert!(fast.change_d > 5.0 * slow.change_d, "{fast:?} {slow:?}");
    }

    #[test]
    fn the_start_and_losses_of_nothing_do_not_count() {
        let sure = oscillation(&history(|i| match i {
            ..=20.0 => (50.0, 0.01),
            _ => ((-i).exp(), 9.0),
        }));
        assert!(sure.unwrap().loss_d < 1e-9, "{sure:?}");
        assert_eq!(oscillation(&history(|i| (i, 1.0))[..10]), None);
        assert_eq!(oscillation(&[]), None);
    }
}
