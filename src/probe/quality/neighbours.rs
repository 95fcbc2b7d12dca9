//! Precision and recall (Kynkäänniemi et al. 2019), density and coverage (Naeem et al. 2020): which images lie within
//! the k-th neighbour's distance of which.

use ndarray::{Array1, ArrayView2, Axis, s};
use rayon::prelude::*;

use super::product::times_transposed;
use crate::track::progress::{Progress, Stopped, Unit};

/// Neighbours that set the radius for precision and recall, and for density and coverage: the papers' numbers.
pub const NEAREST: [usize; 2] = [3, 5];
/// Rows whose distances are in memory at once.
const BLOCK: usize = 256;
/// Blocks between two looks at whether to stop.
const ROUND: usize = 8;

/// Shares of images (density: mean count over k, which can pass 1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbours {
    /// Generated images within a real one's radius.
    pub precision: f64,
    /// Real images within a generated one's radius.
    pub recall: f64,
    /// Real radii that a generated image lies in, on average, over k.
    pub density: f64,
    /// Real images with a generated one within their radius.
    pub coverage: f64,
}

/// The four measures of the rows of `generated` against those of `real`, more rows than `NEAREST` in each.
///
/// As in the references, a distance equal to the radius counts for precision and recall and not for density and coverage.
///
/// # Errors
/// [`Stopped`].
pub fn neighbours(
    generated: ArrayView2<f64>,
    real: ArrayView2<f64>,
    progress: &dyn Progress,
) -> Result<Neighbours, Stopped> {
    let blocks = |n: usize| n.div_ceil(BLOCK) as u64;
    let (n, m) = (real.nrows(), generated.nrows());
    let mut bar = progress.begin("neighbours", Some(2 * blocks(n) + blocks(m)), Unit::Items);
    let mut advance = |n: usize| {
        bar.advance(n as u64);
        progress.check()
    };
    let real_radii = radii(real, &mut advance)?;
    let generated_radii = radii(generated, &mut advance)?;
    let mut sums = Sums::new(m);
    let lengths = squares(generated);
    let starts: Vec<usize> = (0..n).step_by(BLOCK).collect();
    for round in starts.chunks(ROUND) {
        let parts: Vec<Sums> = round
            .par_iter()
            .map(|&from| {
                let block = real.slice(s![from..(from + BLOCK).min(n), ..]);
                let radii = real_radii.get(from..).unwrap_or_default();
                Sums::of(block, radii, generated, &lengths, &generated_radii)
            })
            .collect();
        parts.into_iter().for_each(|part| sums.add(part));
        advance(round.len())?;
    }
    let [_, k] = NEAREST;
    let inside = sums.inside.iter().filter(|i| **i).count();
    Ok(Neighbours {
        precision: inside as f64 / m as f64,
        recall: sums.recalled as f64 / n as f64,
        density: sums.dense as f64 / (k as f64 * m as f64),
        coverage: sums.covered as f64 / n as f64,
    })
}

/// What some real rows say, in whole numbers: the order of their sums does not matter.
struct Sums {
    /// For each generated row, whether a real radius reaches it.
    inside: Vec<bool>,
    recalled: usize,
    dense: usize,
    covered: usize,
}

impl Sums {
    fn new(generated: usize) -> Self {
        Sums {
            inside: vec![false; generated],
            recalled: 0,
            dense: 0,
            covered: 0,
        }
    }

    fn of(
        block: ArrayView2<f64>,
        radii: &[[f64; 2]],
        generated: ArrayView2<f64>,
        lengths: &Array1<f64>,
        generated_radii: &[[f64; 2]],
    ) -> Self {
        let mut sums = Sums::new(generated.nrows());
        let own = squares(block);
        let products = times_transposed(block, generated);
        for ((row, own), [near, far]) in products.outer_iter().zip(&own).zip(radii) {
            let (mut recalled, mut covered) = (false, false);
            let others = row.iter().zip(lengths).zip(generated_radii);
            for (((product, length), [theirs, _]), inside) in others.zip(&mut sums.inside) {
                let distance = squared(*own, *length, *product);
                *inside |= distance <= *near;
                recalled |= distance <= *theirs;
                let reached = distance < *far;
                sums.dense += usize::from(reached);
                covered |= reached;
            }
            sums.recalled += usize::from(recalled);
            sums.covered += usize::from(covered);
        }
        sums
    }

    fn add(&mut self, part: Sums) {
        let both = self.inside.iter_mut().zip(part.inside);
        both.for_each(|(all, some)| *all |= some);
        self.recalled += part.recalled;
        self.dense += part.dense;
        self.covered += part.covered;
    }
}

/// Each row's squared distance to its [`NEAREST`] neighbours of the same set, itself not counted.
fn radii(
    x: ArrayView2<f64>,
    advance: &mut impl FnMut(usize) -> Result<(), Stopped>,
) -> Result<Vec<[f64; 2]>, Stopped> {
    let n = x.nrows();
    let lengths = squares(x);
    let starts: Vec<usize> = (0..n).step_by(BLOCK).collect();
    let mut radii = Vec::with_capacity(n);
    for round in starts.chunks(ROUND) {
        let parts: Vec<Vec<[f64; 2]>> = round
            .par_iter()
            .map(|&from| {
                let block = x.slice(s![from..(from + BLOCK).min(n), ..]);
                let products = times_transposed(block, x);
                let rows = products.outer_iter().enumerate();
                rows.map(|(i, row)| {
                    let mut distances: Vec<f64> = (row.iter().zip(&lengths).enumerate())
                        .filter(|(j, _)| *j != from + i)
                        .map(|(_, (product, length))| squared(lengths[from + i], *length, *product))
                        .collect();
                    NEAREST.map(|k| {
                        let (_, at, _) = distances.select_nth_unstable_by(k - 1, f64::total_cmp);
                        *at
                    })
                })
                .collect()
            })
            .collect();
        radii.extend(parts.into_iter().flatten());
        advance(round.len())?;
    }
    Ok(radii)
}

/// Squared length of each row.
fn squares(x: ArrayView2<f64>) -> Array1<f64> {
    x.map_axis(Axis(1), |row| row.iter().map(|v| v * v).sum())
}

fn squared(a: f64, b: f64, product: f64) -> f64 {
    // Rounding must not make equal rows farther apart than no distance at all.
    (a + b - 2.0 * product).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::progress::Silent;
    use ndarray::Array2;
    use proptest::prelude::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn line(from: f64, n: usize) -> Array2<f64> {
        Array2::from_shape_fn((n, 1), |(i, _)| from + i as f64)
    }

    #[test]
    fn the_same_set_covers_itself_and_a_far_one_nothing() {
        let a = line(0.0, 50);
        let found = neighbours(a.view(), a.view(), &Silent).unwrap();
        assert_eq!(
            (found.precision, found.recall, found.coverage),
            (1.0, 1.0, 1.0)
        );
        let far = neighbours(line(1000.0, 50).view(), a.view(), &Silent).unwrap();
        let none = [far.precision, far.recall, far.density, far.coverage];
        assert_eq!(none, [0.0; 4]);
    }

    #[test]
    fn a_generator_stuck_on_one_image_is_precise_and_covers_little() {
        let stuck = Array2::from_shape_fn((50, 1), |(i, _)| 25.0 + 1e-6 * i as f64);
        let found = neighbours(stuck.view(), line(0.0, 50).view(), &Silent).unwrap();
        assert_eq!(found.precision, 1.0);
        assert!(found.recall <= 0.02 && found.coverage < 0.2, "{found:?}");
    }

    /// Ten images at 0 to 9: the last one's third neighbour is 3 away and its fifth 5, the last but one's fifth 4. What
    /// lies at 12 is therefore just as far from 9 as its third neighbour, and from 8 as its fifth.
    #[test]
    fn a_tie_is_inside_for_precision_and_recall_and_outside_for_density_and_coverage() {
        let (ten, six) = (line(0.0, 10), Array2::from_elem((6, 1), 12.0));
        let found = neighbours(six.view(), ten.view(), &Silent).unwrap();
        let expected = Neighbours {
            precision: 1.0,
            recall: 0.0,
            density: 1.0 / 5.0,
            coverage: 1.0 / 10.0,
        };
        assert_eq!(found, expected);
        // The other way round one generated image's radius reaches all real ones, whose own radii are nothing.
        let found = neighbours(ten.view(), six.view(), &Silent).unwrap();
        let expected = Neighbours {
            precision: 0.0,
            recall: 1.0,
            density: 0.0,
            coverage: 0.0,
        };
        assert_eq!(found, expected);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn blocks_change_nothing(n in 10usize..400, m in 10usize..400, seed in 0u64..100) {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut drawn = |n| Array2::from_shape_fn((n, 3), |_| rng.random_range(-1.0..1.0f64));
            let (a, b) = (drawn(n), drawn(m));
            let found = neighbours(a.view(), b.view(), &Silent).unwrap();
            let distance = |x: ndarray::ArrayView1<f64>, y: ndarray::ArrayView1<f64>| -> f64 {
                x.iter().zip(y).map(|(a, b)| (a - b).powi(2)).sum()
            };
            let radius = |x: &Array2<f64>, i: usize, k: usize| {
                let mut all: Vec<f64> = (0..x.nrows()).filter(|j| *j != i)
                    .map(|j| distance(x.row(i), x.row(j))).collect();
                all.sort_by(f64::total_cmp);
                all[k - 1]
            };
            let near: Vec<f64> = (0..m).map(|i| radius(&b, i, 3)).collect();
            let precise = a.outer_iter()
                .filter(|x| b.outer_iter().zip(&near).any(|(y, r)| distance(*x, y) <= *r)).count();
            prop_assert_eq!(found.precision, precise as f64 / n as f64);
            let covered = b.outer_iter().enumerate()
                .filter(|(i, y)| a.outer_iter().any(|x| distance(x, *y) < radius(&b, *i, 5))).count();
            prop_assert_eq!(found.coverage, covered as f64 / m as f64);
        }
    }
}
