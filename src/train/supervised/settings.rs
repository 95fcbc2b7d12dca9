//! The settings that table 2's random search draws: learning rate, penalty, batch size, dropout.

use rand::Rng;
use rand::seq::IndexedRandom;
use serde::{Deserialize, Serialize};

use crate::track::Streams;

/// Learning rates of Adam, the ends of a log-uniform distribution.
const LR: (f64, f64) = (1e-4, 1e-2);
/// L2 penalties added to every gradient, likewise.
const L2: (f64, f64) = (1e-6, 1e-2);
const BETA1: [f64; 2] = [0.5, 0.9];
const BATCH: [usize; 3] = [32, 64, 128];
const DROPOUT: [f64; 3] = [0.0, 0.25, 0.5];

/// What a trial of the random search trains with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    pub lr: f64,
    /// Adam's first constant; the second is 0.999.
    pub beta1: f64,
    /// L2 penalty added to every gradient.
    pub l2: f64,
    pub batch_size: usize,
    /// Share of the last map's units that a step leaves out.
    pub dropout: f64,
}

impl Settings {
    /// Draw trial number `trial`'s: learning rate log-uniform from 1e-4 to 1e-2, L2 penalty log-uniform from 1e-6 to 1e-2, beta1
    /// 0.5 or 0.9, mini-batches of 32, 64 or 128 images (at most all of the `rows`), dropout before the softmax 0, 0.25 or
    /// 0.5.
    pub fn draw(streams: Streams, trial: usize, rows: usize) -> Settings {
        let mut rng = streams.stream(&format!("supervised.{trial}.settings"));
        let mut log_uniform = |(low, high): (f64, f64)| {
            let at = rng.random_range(low.ln()..high.ln());
            at.exp()
        };
        let (lr, l2) = (log_uniform(LR), log_uniform(L2));
        let mut one = |of: &[f64]| of.choose(&mut rng).copied().unwrap_or_default();
        let (beta1, dropout) = (one(&BETA1), one(&DROPOUT));
        let batch = BATCH.choose(&mut rng).copied().unwrap_or(BATCH[0]);
        Settings {
            lr,
            beta1,
            l2,
            batch_size: batch.min(rows),
            dropout,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_from_seed_and_number_and_cover_their_ranges() {
        let draw = |seed, trial| Settings::draw(Streams::new(seed), trial, 1000);
        assert_eq!(draw(0, 3), draw(0, 3));
        assert_ne!(draw(0, 3), draw(0, 4));
        assert_ne!(draw(0, 3), draw(1, 3));
        let all: Vec<Settings> = (0..300).map(|t| draw(0, t)).collect();
        // Log-uniform: each half of the exponents gets its half of the trials, within four standard deviations.
        let low =
            |of: &dyn Fn(&Settings) -> f64, middle| all.iter().filter(|s| of(s) < middle).count();
        assert!((115..=185).contains(&low(&|s| s.lr, 1e-3)));
        assert!((115..=185).contains(&low(&|s| s.l2, 1e-4)));
        assert!(
            all.iter()
                .all(|s| (LR.0..=LR.1).contains(&s.lr) && (L2.0..=L2.1).contains(&s.l2))
        );
        for batch in BATCH {
            assert!(all.iter().any(|s| s.batch_size == batch));
        }
        for dropout in DROPOUT {
            assert!(all.iter().any(|s| s.dropout == dropout));
        }
        assert_eq!(Settings::draw(Streams::new(0), 0, 20).batch_size, 20);
    }
}
