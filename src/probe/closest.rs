//! The two nearest rows of a stream of feature vectors.
//!
//! As [`super::nearest`] for images' bytes, here for rows of half precision: |q - r|^2 = |q|^2 + |r|^2 - 2 q.r, so the work
//! is a matrix product in single precision. It leaves an error of about a millionth of |q|^2, far below the distances
//! between different images and enough to call a copy a copy.

use candle_core::{DType, Device, Result, Tensor};
use half::f16;
use half::slice::HalfFloatSliceExt;
use ndarray::Array2;
use rayon::prelude::*;

/// A row near a query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// Squared Euclidean distance.
    pub distance: f64,
    /// Its place in the stream, from 0.
    pub reference: usize,
}

/// Queries with their two nearest rows so far.
pub struct Closest {
    /// `[queries, columns]`.
    queries: Tensor,
    squares: Vec<f64>,
    best: Vec<[Option<Found>; 2]>,
    references: usize,
}

impl Closest {
    /// A search for the two nearest neighbours of `queries`, one a row, on `device`.
    ///
    /// # Errors
    /// The device's own.
    pub fn new(queries: &Array2<f16>, device: &Device) -> Result<Closest> {
        Ok(Closest {
            queries: single(queries, device)?,
            squares: squares(queries),
            best: vec![[None; 2]; queries.nrows()],
            references: 0,
        })
    }

    /// Look at more rows. They follow those before; of equally near ones the earliest is kept.
    ///
    /// # Errors
    /// Rows of another length, or the device's own.
    pub fn add(&mut self, rows: &Array2<f16>) -> Result<()> {
        if rows.nrows() == 0 {
            return Ok(());
        }
        let dots = self
            .queries
            .matmul(&single(rows, self.queries.device())?.t()?)?;
        let dots: Vec<f32> = dots.flatten_all()?.to_vec1()?;
        let (lengths, first) = (squares(rows), self.references);
        self.best
            .par_iter_mut()
            .zip(dots.par_chunks_exact(rows.nrows()))
            .zip(&self.squares)
            .for_each(|((best, dots), square)| {
                for (i, (dot, length)) in dots.iter().zip(&lengths).enumerate() {
                    let found = Found {
                        distance: (square + length - 2.0 * f64::from(*dot)).max(0.0),
                        reference: first + i,
                    };
                    insert(best, found);
                }
            });
        self.references += rows.nrows();
        Ok(())
    }

    /// The nearest and the second nearest row of a query; absent where there were fewer.
    ///
    /// # Panics
    /// Where there is no such query.
    pub fn of(&self, query: usize) -> [Option<Found>; 2] {
        self.best[query]
    }
}

fn insert(best: &mut [Option<Found>; 2], found: Found) {
    let nearer = |than: Option<Found>| than.is_none_or(|t| found.distance < t.distance);
    if nearer(best[0]) {
        *best = [Some(found), best[0]];
    } else if nearer(best[1]) {
        best[1] = Some(found);
    }
}

fn single(rows: &Array2<f16>, device: &Device) -> Result<Tensor> {
    let values = rows.as_standard_layout();
    let values = values.as_slice().unwrap_or_default();
    Tensor::from_slice(values, rows.dim(), device)?.to_dtype(DType::F32)
}

fn squares(rows: &Array2<f16>) -> Vec<f64> {
    let rows = rows.as_standard_layout();
    let columns = rows.ncols().max(1);
    let values = rows.as_slice().unwrap_or_default();
    values
        .par_chunks(columns)
        .map(|row| {
            let mut single = vec![0f32; row.len()];
            row.convert_to_f32_slice(&mut single);
            single.iter().map(|v| f64::from(*v).powi(2)).sum()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(n: usize, columns: usize, seed: u64) -> Array2<f16> {
        use rand::{Rng, SeedableRng};
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        Array2::from_shape_simple_fn((n, columns), || f16::from_f32(rng.random_range(-1.0..1.0)))
    }

    proptest! {
        #[test]
        fn they_are_those_of_the_definition(
            queries in 1usize..9, references in 2usize..40, columns in 1usize..20, cut in 0usize..40, seed in any::<u64>(),
        ) {
            let (q, r) = (rows(queries, columns, seed), rows(references, columns, seed ^ 1));
            let mut search = Closest::new(&q, &Device::Cpu).unwrap();
            let (a, b) = r.view().split_at(ndarray::Axis(0), cut.min(references));
            search.add(&a.to_owned()).unwrap();
            search.add(&b.to_owned()).unwrap();
            for (i, q) in q.outer_iter().enumerate() {
                let mut all: Vec<f64> = r
                    .outer_iter()
                    .map(|r| q.iter().zip(r).map(|(a, b)| (a.to_f64() - b.to_f64()).powi(2)).sum())
                    .collect();
                let found = search.of(i).map(|f| f.unwrap());
                prop_assert!((all[found[0].reference] - found[0].distance).abs() < 1e-4);
                prop_assert!((all[found[1].reference] - found[1].distance).abs() < 1e-4);
                all.sort_by(f64::total_cmp);
                prop_assert!((all[0] - found[0].distance).abs() < 1e-4);
                prop_assert!((all[1] - found[1].distance).abs() < 1e-4);
            }
        }
    }

    #[test]
    fn a_copy_is_found_as_one() {
        let references = rows(50, 64, 3);
        let mut search = Closest::new(&references, &Device::Cpu).unwrap();
        search.add(&references).unwrap();
        for i in 0..50 {
            let [first, second] = search.of(i).map(|f| f.unwrap());
            assert_eq!(first.reference, i);
            assert!(
                first.distance < 1e-4 && second.distance > 1.0,
                "{first:?} {second:?}"
            );
        }
    }
}
