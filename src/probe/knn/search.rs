//! Nearest neighbours of many queries in many overlapping sets of references.
//!
//! A hundred draws of 1,000 rows from 40,000 name most rows several times over: the products of a block of queries with every
//! row that any draw names are taken once, and each draw then looks up its own. That is 2.7 times less arithmetic.

use candle_core::{Device, Tensor};
use ndarray::Array2;
use rayon::prelude::*;

use crate::probe::error::ProbeError;
use crate::probe::svm::View;
use crate::track::progress::{Progress, Unit};

/// Queries that meet all references together.
const QUERIES: usize = 512;
/// References in single precision at a time.
const REFERENCES: usize = 2048;

/// Sets of rows to search in, and their classes.
pub(super) struct Draws<'a> {
    pub features: View<'a>,
    /// The class of each row of `features`.
    pub labels: &'a [u8],
    /// The rows of each set.
    pub sets: &'a [Vec<usize>],
    pub classes: usize,
}

/// For each set and each of `k` (ascending): how many of the queries at `rows` are classified right.
///
/// The majority of the k nearest decides; of classes with as many votes, the one whose member is nearest. Of equally distant
/// references the earlier row counts as nearer.
///
/// # Errors
/// [`ProbeError::Stopped`], or candle's own.
pub(super) fn right(
    draws: &Draws,
    queries: View,
    rows: &[usize],
    truth: &[u8],
    k: &[usize],
    what: &str,
    progress: &dyn Progress,
) -> Result<Vec<Vec<usize>>, ProbeError> {
    let mut union: Vec<usize> = draws.sets.iter().flatten().copied().collect();
    union.sort_unstable();
    union.dedup();
    // Where in the union each member of a set stands, and its class.
    let sets: Vec<Vec<(u32, u8)>> = draws
        .sets
        .iter()
        .map(|set| {
            let at = |row: &usize| {
                let place = union.binary_search(row).ok()?;
                Some((place as u32, *draws.labels.get(*row)?))
            };
            set.iter().filter_map(at).collect()
        })
        .collect();
    let norms: Vec<f32> = union
        .chunks(REFERENCES)
        .flat_map(|block| squares(&draws.features.select(block)))
        .collect();
    let mut right = vec![vec![0; k.len()]; sets.len()];
    let mut bar = progress.begin(what, Some(rows.len() as u64), Unit::Items);
    for block in rows.chunks(QUERIES) {
        progress.check()?;
        let products = Products::new(queries.select(block), draws.features, &union)?;
        let counts: Vec<Vec<Vec<bool>>> = (0..block.len())
            .into_par_iter()
            .map(|q| {
                let class = block.get(q).and_then(|row| truth.get(*row)).copied();
                let mut nearest = Vec::new();
                let answer = |set: &Vec<(u32, u8)>| {
                    let most = k.last().copied().unwrap_or(1);
                    collect(&mut nearest, set, most, |i| {
                        norms[i] - 2.0 * products.at(q, i)
                    });
                    let votes = votes(&nearest, k, draws.classes);
                    votes.into_iter().map(|vote| Some(vote) == class).collect()
                };
                sets.iter().map(answer).collect()
            })
            .collect();
        for query in &counts {
            for (sum, right) in right.iter_mut().flatten().zip(query.iter().flatten()) {
                *sum += usize::from(*right);
            }
        }
        bar.advance(block.len() as u64);
    }
    Ok(right)
}

/// Inner products of a block of queries with the references, in blocks of [`REFERENCES`].
struct Products {
    blocks: Vec<Vec<f32>>,
}

impl Products {
    fn new(queries: Array2<f32>, features: View, rows: &[usize]) -> Result<Self, ProbeError> {
        let tensor = |x: Array2<f32>| {
            let shape = x.dim();
            Tensor::from_vec(x.into_raw_vec_and_offset().0, shape, &Device::Cpu)
        };
        let queries = tensor(queries)?;
        let block = |rows: &[usize]| {
            // Short of a whole block the last row stands in, so that every block is multiplied alike.
            let mut rows = rows.to_vec();
            rows.resize(REFERENCES, rows.last().copied().unwrap_or(0));
            let references = tensor(features.select(&rows))?;
            queries.matmul(&references.t()?)?.flatten_all()?.to_vec1()
        };
        let blocks: Result<_, candle_core::Error> = rows.chunks(REFERENCES).map(block).collect();
        Ok(Products { blocks: blocks? })
    }

    fn at(&self, query: usize, reference: usize) -> f32 {
        self.blocks[reference / REFERENCES][query * REFERENCES + reference % REFERENCES]
    }
}

fn squares(rows: &Array2<f32>) -> Vec<f32> {
    rows.outer_iter()
        .map(|row| row.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() as f32)
        .collect()
}

/// The `most` nearest of `set`, nearest first: distance and class.
fn collect(
    nearest: &mut Vec<(f32, u8)>,
    set: &[(u32, u8)],
    most: usize,
    distance: impl Fn(usize) -> f32,
) {
    nearest.clear();
    for &(i, class) in set {
        let d = distance(i as usize);
        if nearest.len() == most {
            if nearest.last().is_some_and(|last| d >= last.0) {
                continue;
            }
            nearest.pop();
        }
        let place = nearest.partition_point(|n| n.0 <= d);
        nearest.insert(place, (d, class));
    }
}

/// What the first `k` of `nearest` vote for, for each `k`, ascending.
fn votes(nearest: &[(f32, u8)], k: &[usize], classes: usize) -> Vec<u8> {
    let mut count = vec![0; classes];
    let mut taken = nearest.iter();
    let mut seen = 0;
    k.iter()
        .map(|&k| {
            for (_, class) in taken.by_ref().take(k - seen) {
                count[usize::from(*class)] += 1;
            }
            seen = k;
            let best = count.iter().max().copied().unwrap_or(0);
            let first = nearest.iter().find(|n| count[usize::from(n.1)] == best);
            first.map_or(0, |n| n.1)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::progress::Silent;
    use ndarray::Array2;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn problem(seed: u64) -> (Array2<f32>, Vec<u8>, Vec<Vec<usize>>, Vec<usize>) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let labels: Vec<u8> = (0..3000).map(|_| rng.random_range(0..4u8)).collect();
        let x = Array2::from_shape_fn((3000, 17), |(i, j)| {
            rng.random::<f32>()
                + if j == usize::from(labels[i]) {
                    0.5
                } else {
                    0.0
                }
        });
        let set = |rng: &mut ChaCha8Rng| {
            let mut rows = rand::seq::index::sample(rng, 2500, 900).into_vec();
            rows.sort_unstable();
            rows
        };
        let sets = vec![set(&mut rng), set(&mut rng), set(&mut rng)];
        (x, labels, sets, (2400..3000).collect())
    }

    fn found(
        x: &Array2<f32>,
        labels: &[u8],
        sets: &[Vec<usize>],
        rows: &[usize],
        k: &[usize],
    ) -> Vec<Vec<usize>> {
        let features: View = x.view().into();
        let draws = Draws {
            features: features.view(),
            labels,
            sets,
            classes: 4,
        };
        right(&draws, features.view(), rows, labels, k, "test", &Silent).unwrap()
    }

    #[test]
    fn the_votes_are_those_of_sorting_every_distance() {
        let (x, labels, sets, rows) = problem(1);
        let k = [1, 3, 4, 15];
        let found = found(&x, &labels, &sets, &rows, &k);
        for (set, found) in sets.iter().zip(found) {
            let mut expected = vec![0; k.len()];
            for &q in &rows {
                let mut order: Vec<(f64, usize)> = set
                    .iter()
                    .map(|&r| {
                        let square = |j: usize| f64::from(x[[q, j]] - x[[r, j]]).powi(2);
                        ((0..x.ncols()).map(square).sum::<f64>(), r)
                    })
                    .collect();
                order.sort_by(|a, b| a.partial_cmp(b).unwrap());
                for (sum, k) in expected.iter_mut().zip(k) {
                    let votes = |c: u8| order[..k].iter().filter(|(_, r)| labels[*r] == c).count();
                    let most = (0..4).map(votes).max().unwrap();
                    let first = order
                        .iter()
                        .find(|(_, r)| votes(labels[*r]) == most)
                        .unwrap();
                    *sum += usize::from(labels[first.1] == labels[q]);
                }
            }
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn any_number_of_threads_counts_the_same() {
        let (x, labels, sets, rows) = problem(2);
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            pool.build()
                .unwrap()
                .install(|| found(&x, &labels, &sets, &rows, &[1, 5]))
        };
        assert_eq!(with(1), with(3));
    }

    #[test]
    fn of_tied_classes_the_nearest_wins() {
        let nearest = [(0.1, 2), (0.2, 1), (0.3, 1), (0.4, 2), (0.5, 1)];
        assert_eq!(votes(&nearest, &[1, 2, 3, 4, 5], 3), [2, 2, 1, 2, 1]);
    }
}
