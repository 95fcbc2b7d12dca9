//! C, chosen by validation accuracy: upwards along a grid, and beyond its ends where the best lies there.

use super::error::{ProbeError, SvmError};
use crate::track::progress::{Progress, Unit};

/// Half-decades around 1e-4, the value that suits the released nets' features; [`LOWEST`] and [`HIGHEST`] bound what is
/// added at the ends.
const GRID: [f64; 6] = [1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3];
const LOWEST: f64 = 1e-9;
const HIGHEST: f64 = 1e2;
/// Going up the default grid ends after so many values in a row below the best; a given one is tried whole.
const PATIENCE: usize = 2;

/// The C that validation chose.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    pub c: f64,
    /// Every C tried with its mean validation accuracy, ascending; empty where C was given.
    pub tried: Vec<(f64, f64)>,
}

/// Choose among `grid` (or the default one, extended at need) by the mean of `accuracy(draw, c)` over `draws` draws.
///
/// The smallest C wins a tie: it regularises most. A C at which the solver does not converge ends the way up.
///
/// # Errors
/// Those of `accuracy`; [`ProbeError::Stopped`] where the user asks for it.
pub fn choose(
    grid: Option<&[f64]>,
    draws: usize,
    progress: &dyn Progress,
    mut accuracy: impl FnMut(usize, f64) -> Result<f64, ProbeError>,
) -> Result<Choice, ProbeError> {
    let mut values = grid.unwrap_or(&GRID).to_vec();
    values.sort_by(f64::total_cmp);
    values.dedup();
    let mut bar = progress.begin(
        "choosing C",
        Some((values.len() * draws) as u64),
        Unit::Items,
    );
    let mut tried: Vec<(f64, f64)> = Vec::new();
    let mut planned = values.len();
    let mut mean = |c: f64| -> Result<f64, ProbeError> {
        let mut sum = 0.0;
        // Past the end of the grid there are more values than were planned.
        match planned.checked_sub(1) {
            Some(left) => planned = left,
            None => bar.lengthen(draws as u64),
        }
        for draw in 0..draws {
            progress.check()?;
            sum += accuracy(draw, c)?;
            bar.advance(1);
        }
        let mean = sum / draws.max(1) as f64;
        bar.message(&format!("C = {c:.0e}: {:.2}%", 100.0 * mean));
        Ok(mean)
    };
    // Upwards, each solve warm from the last; past the default grid's end while that is the best.
    let mut next = values.first().copied();
    let mut i = 0;
    while let Some(c) = next {
        match mean(c) {
            Ok(found) => tried.push((c, found)),
            Err(ProbeError::Svm(SvmError::NotConverged { .. })) if !tried.is_empty() => break,
            Err(e) => return Err(e),
        }
        let best = best(&tried);
        if grid.is_none() && tried.len() - 1 - best >= PATIENCE {
            break;
        }
        i += 1;
        next = values.get(i).copied();
        if next.is_none() && grid.is_none() && best + 1 == tried.len() && c < HIGHEST {
            next = Some(half_decade_above(c));
        }
    }
    // Downwards while the lowest is the best.
    while grid.is_none() && best(&tried) == 0 && tried.first().is_some_and(|t| t.0 > LOWEST) {
        let c = half_decade_below(tried.first().map_or(LOWEST, |t| t.0));
        let found = mean(c)?;
        tried.insert(0, (c, found));
    }
    match tried.get(best(&tried)) {
        Some((c, _)) => Ok(Choice { c: *c, tried }),
        None => Err(ProbeError::Setting {
            key: "c",
            found: "empty".into(),
            expected: "at least one value",
        }),
    }
}

/// Index of the first highest accuracy.
fn best(tried: &[(f64, f64)]) -> usize {
    let mut best = 0;
    for (i, (_, accuracy)) in tried.iter().enumerate() {
        if tried.get(best).is_some_and(|b| *accuracy > b.1) {
            best = i;
        }
    }
    best
}

/// The next of ..., 1, 3, 10, 30, ... after `c`, written as a literal would be.
fn half_decade_above(c: f64) -> f64 {
    let decade = c.log10().floor() as i32;
    let text = if c >= 2.0 * power(decade) {
        format!("1e{}", decade + 1)
    } else {
        format!("3e{decade}")
    };
    text.parse().unwrap_or(c * 3.0)
}

fn half_decade_below(c: f64) -> f64 {
    let decade = c.log10().round() as i32;
    let text = if c > 2.0 * power(c.log10().floor() as i32) {
        format!("1e{}", c.log10().floor() as i32)
    } else {
        format!("3e{}", decade - 1)
    };
    text.parse().unwrap_or(c / 3.0)
}

fn power(exponent: i32) -> f64 {
    format!("1e{exponent}").parse().unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::progress::Silent;

    /// Validation accuracy that peaks at `peak`.
    fn peaked(peak: f64) -> impl FnMut(usize, f64) -> Result<f64, ProbeError> {
        move |_, c| Ok(1.0 - 0.1 * (c / peak).log10().abs())
    }

    #[test]
    fn the_peak_is_found_inside_and_beyond_the_grid() {
        for peak in [1e-8, 3e-7, 1e-5, 1e-4, 3e-4, 3e-3, 1e-1, 30.0] {
            let choice = choose(None, 2, &Silent, peaked(peak)).unwrap();
            assert_eq!(choice.c, peak, "{:?}", choice.tried);
            assert!(choice.tried.is_sorted_by(|a, b| a.0 < b.0));
        }
    }

    #[test]
    fn a_given_grid_is_tried_whole_and_kept_to() {
        let choice = choose(Some(&[1e-2, 1e-4, 1e-3]), 1, &Silent, peaked(1.0)).unwrap();
        assert_eq!((choice.c, choice.tried.len()), (1e-2, 3));
        let choice = choose(
            Some(&[1e-4, 1e-3, 1e-2, 1e-1, 1.0]),
            1,
            &Silent,
            peaked(1e-4),
        )
        .unwrap();
        assert_eq!((choice.c, choice.tried.len()), (1e-4, 5));
    }

    /// A solver that finds no end from some C on: what was tried below it decides, and where that is nothing the error is told.
    #[test]
    fn a_solver_that_does_not_converge_ends_the_grid() {
        let until = |last: f64| {
            let accuracy = move |_: usize, c: f64| match c <= last {
                true => Ok(c),
                false => Err(ProbeError::Svm(SvmError::NotConverged {
                    solver: "primal",
                    c,
                    iterations: 1,
                    gap: 1.0,
                    tolerance: 0.1,
                })),
            };
            choose(Some(&[0.25, 0.5, 1.0]), 1, &Silent, accuracy)
        };
        let choice = until(0.5).unwrap();
        assert_eq!(choice.tried, [(0.25, 0.25), (0.5, 0.5)]);
        assert_eq!(choice.c, 0.5);
        assert!(matches!(until(0.1), Err(ProbeError::Svm(_))));
    }

    #[test]
    fn of_equal_means_over_the_draws_the_first_is_chosen() {
        let accuracy = |draw: usize, c: f64| {
            Ok(if (draw == 0) == (c == 1e-4) {
                0.75
            } else {
                0.25
            })
        };
        let choice = choose(Some(&[1e-4, 1e-3]), 2, &Silent, accuracy).unwrap();
        assert_eq!(choice.tried, [(1e-4, 0.5), (1e-3, 0.5)]);
        assert_eq!(choice.c, 1e-4);
    }

    /// How far a bar came, and its length.
    #[derive(Clone, Default)]
    struct Counted(std::sync::Arc<std::sync::Mutex<(u64, u64)>>);

    impl crate::track::progress::Bar for Counted {
        fn advance(&mut self, n: u64) {
            let mut at = self.0.lock().unwrap();
            at.0 += n;
            assert!(at.0 <= at.1, "{at:?}");
        }
        fn message(&mut self, _: &str) {}
        fn lengthen(&mut self, n: u64) {
            self.0.lock().unwrap().1 += n;
        }
    }

    impl Progress for Counted {
        fn begin(
            &self,
            _: &str,
            total: Option<u64>,
            _: Unit,
        ) -> Box<dyn crate::track::progress::Bar> {
            self.0.lock().unwrap().1 = total.unwrap();
            Box::new(self.clone())
        }
        fn note(&self, _: &str) {}
        fn stop_requested(&self) -> bool {
            false
        }
    }

    #[test]
    fn the_bar_grows_with_the_grid() {
        for peak in [1e-8, 1e-4, 1e-1, 30.0] {
            let bar = Counted::default();
            let choice = choose(None, 2, &bar, peaked(peak)).unwrap();
            let (done, total) = *bar.0.lock().unwrap();
            assert_eq!(done, 2 * choice.tried.len() as u64);
            assert!(total >= done);
        }
    }
}
