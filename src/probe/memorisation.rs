//! Whether generated images lie nearer to training images than they should (section 4.1's claim after one epoch).
//!
//! The measure of "should" is real images that training never saw: a generator that draws from the distribution and not
//! from the training set lies as far from it as those. Two readings of the distances guard one another. Smooth images
//! lie near to everything in pixels, and a blurred generator would pass for one that copies by distance alone; the quotient of
//! the nearest by the second nearest distance is free of scale, and only a copy of one image makes it small (a third is
//! the bound that Yoon et al., 2023, use).

use crate::track::memorisation::{Distances, Space, SpaceRecord};

/// Quotient below which an image passes for a copy.
const COPY: f64 = 1.0 / 3.0;
/// Two-sided 95% of the normal distribution.
const Z: f64 = 1.959_964;

/// Distances of one image to its nearest and its second nearest training image.
pub type Pair = [f64; 2];

/// The record of a space; `None` where one of the sets is empty.
pub fn compare(
    space: Space,
    dimensions: usize,
    samples: &[Pair],
    held_out: &[Pair],
) -> Option<SpaceRecord> {
    if samples.is_empty() || held_out.is_empty() {
        return None;
    }
    let (of_samples, of_held_out) = (distances(samples), distances(held_out));
    let first = of_held_out.percentiles[1];
    let near = samples.iter().filter(|p| p[0] < first).count();
    let chance = chance(samples, held_out);
    let error = Z * spread(chance, samples.len(), held_out.len());
    Some(SpaceRecord {
        space,
        dimensions,
        median_ratio: (of_held_out.median() > 0.0)
            .then(|| of_samples.median() / of_held_out.median()),
        nearer: near as f64 / samples.len() as f64,
        nearer_interval: wilson(near, samples.len()),
        nearer_than_held_out: chance,
        nearer_than_held_out_interval: [(chance - error).max(0.0), (chance + error).min(1.0)],
        samples: of_samples,
        held_out: of_held_out,
    })
}

fn distances(pairs: &[Pair]) -> Distances {
    let sorted = |of: &dyn Fn(&Pair) -> f64| {
        let mut values: Vec<f64> = pairs.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let nearest = sorted(&|p| p[0]);
    // Where the second is as near as the first, at 0 as well, neither is the one copied.
    let relative = sorted(&|p| if p[1] > 0.0 { p[0] / p[1] } else { 1.0 });
    let copies = relative.iter().filter(|r| **r < COPY).count();
    Distances {
        percentiles: (0..=100)
            .map(|p| quantile(&nearest, p as f64 / 100.0))
            .collect(),
        relative: quantile(&relative, 0.5),
        copies: copies as f64 / pairs.len() as f64,
    }
}

/// Between the two nearest order statistics, in proportion.
fn quantile(sorted: &[f64], p: f64) -> f64 {
    let at = p * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    low + (high - low) * at.fract()
}

/// Share of pairs of a sample and a held-out image in which the sample is nearer; ties count half.
fn chance(samples: &[Pair], held_out: &[Pair]) -> f64 {
    let mut others: Vec<f64> = held_out.iter().map(|p| p[0]).collect();
    others.sort_by(f64::total_cmp);
    let wins: usize = samples
        .iter()
        .map(|p| {
            let not_above = others.partition_point(|o| *o <= p[0]);
            let below = others.partition_point(|o| *o < p[0]);
            2 * (others.len() - not_above) + (not_above - below)
        })
        .sum();
    wins as f64 / (2 * samples.len() * others.len()) as f64
}

/// Standard error of [`chance`] (Hanley and McNeil, 1982).
fn spread(a: f64, n: usize, m: usize) -> f64 {
    let (q1, q2) = (a / (2.0 - a), 2.0 * a * a / (1.0 + a));
    let (n, m) = (n as f64, m as f64);
    let variance = a * (1.0 - a) + (n - 1.0) * (q1 - a * a) + (m - 1.0) * (q2 - a * a);
    (variance.max(0.0) / (n * m)).sqrt()
}

/// 95% interval of a share.
fn wilson(hits: usize, n: usize) -> [f64; 2] {
    let (p, n) = (hits as f64 / n as f64, n as f64);
    let centre = p + Z * Z / (2.0 * n);
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    [
        ((centre - half) / scale).max(0.0),
        ((centre + half) / scale).min(1.0),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Distances that rise evenly, the second nearest a tenth further.
    fn even(n: usize, from: f64, to: f64) -> Vec<Pair> {
        let step = (to - from) / (n - 1) as f64;
        let at = |i: usize| from + step * i as f64;
        (0..n).map(|i| [at(i), 1.1 * at(i)]).collect()
    }

    #[test]
    fn one_distribution_is_no_memorisation_and_copies_are() {
        let held_out = even(1000, 10.0, 20.0);
        let same = compare(Space::Pixels, 3072, &held_out, &held_out).unwrap();
        assert_eq!(same.nearer_than_held_out, 0.5);
        assert_eq!(same.median_ratio, Some(1.0));
        assert_eq!(same.nearer, 0.01);
        assert!(same.nearer_interval[0] < 0.01 && same.nearer_interval[1] > 0.01);
        assert_eq!(same.samples.copies, 0.0);
        assert!((same.samples.relative - 1.0 / 1.1).abs() < 1e-12);
        // A tenth of the samples are copies: at a twentieth of the usual distance, all others as before.
        let mut copying = held_out.clone();
        copying[..100].iter_mut().for_each(|p| p[0] = 0.5);
        let found = compare(Space::Pixels, 3072, &copying, &held_out).unwrap();
        assert_eq!(found.samples.copies, 0.1);
        assert_eq!(found.nearer, 0.1);
        assert!(found.nearer_interval[0] > 0.08 && found.nearer_than_held_out > 0.5);
    }

    #[test]
    fn the_chance_is_that_of_all_pairs_and_its_interval_holds_it() {
        let (a, b) = (even(40, 1.0, 3.0), even(60, 2.0, 4.0));
        let found = compare(Space::Features, 1, &a, &b).unwrap();
        let mut wins = 0.0;
        for x in &a {
            for y in &b {
                wins += if x[0] < y[0] {
                    1.0
                } else if x[0] == y[0] {
                    0.5
                } else {
                    0.0
                };
            }
        }
        assert!((found.nearer_than_held_out - wins / 2400.0).abs() < 1e-12);
        let [low, high] = found.nearer_than_held_out_interval;
        assert!(
            low < found.nearer_than_held_out && found.nearer_than_held_out < high && high <= 1.0
        );
        assert_eq!(compare(Space::Pixels, 1, &[], &b), None);
    }
}
