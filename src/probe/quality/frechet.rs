//! Fréchet distance of two Gaussians fitted to features (Heusel et al. 2017; Dowson and Landau 1982).

use faer::{Mat, MatRef, Side};
use ndarray::{Array1, Array2, ArrayView2, Axis};

use super::QualityError;
use super::product::{rows, times_transposed};

/// `|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))` of the rows of `a` and `b`, covariances over n - 1.
///
/// Where either set has no more rows than columns, its covariance has no full rank; the root's trace then comes from the
/// centred rows themselves, which is exact and needs no covariance.
///
/// # Errors
/// [`QualityError::Eigenvalues`].
pub fn frechet(a: ArrayView2<f64>, b: ArrayView2<f64>) -> Result<f64, QualityError> {
    let (a, b) = (Centred::new(a), Centred::new(b));
    let apart: f64 = (&a.mean - &b.mean).mapv(|v| v * v).sum();
    let spread = a.trace() + b.trace();
    Ok(apart + spread - 2.0 * root_trace(&a, &b)?)
}

/// A set's mean, and its rows less the mean over the root of n - 1: their Gram matrix by columns is the covariance.
struct Centred {
    mean: Array1<f64>,
    rows: Array2<f64>,
}

impl Centred {
    fn new(x: ArrayView2<f64>) -> Self {
        let mean = x
            .mean_axis(Axis(0))
            .unwrap_or_else(|| Array1::zeros(x.ncols()));
        let scale = ((x.nrows().max(2) - 1) as f64).sqrt();
        let mut rows = x.to_owned();
        for mut row in rows.outer_iter_mut() {
            row -= &mean;
            row /= scale;
        }
        Centred { mean, rows }
    }

    fn trace(&self) -> f64 {
        self.rows.iter().map(|v| v * v).sum()
    }

    fn covariance(&self) -> Array2<f64> {
        let columns = self.rows.t().as_standard_layout().into_owned();
        times_transposed(columns.view(), columns.view())
    }
}

/// Trace of (C1 C2)^(1/2): the roots of the eigenvalues of the symmetric matrix S C2 S^T that C1 C2 is similar to, where
/// C1 = S^T S.
fn root_trace(a: &Centred, b: &Centred) -> Result<f64, QualityError> {
    let d = a.rows.ncols();
    let symmetric = if a.rows.nrows() <= d || b.rows.nrows() <= d {
        let (few, many) = match a.rows.nrows() <= b.rows.nrows() {
            true => (a, b),
            false => (b, a),
        };
        // S = the centred rows of the smaller set.
        let cross = times_transposed(few.rows.view(), many.rows.view());
        times_transposed(cross.view(), cross.view())
    } else {
        let (c1, c2) = (a.covariance(), b.covariance());
        let root = root(c1.view())?;
        let half = times_transposed(root.view(), c2.view());
        times_transposed(half.view(), root.view())
    };
    let view = symmetric.view();
    let values = rows(&view.as_standard_layout())
        .self_adjoint_eigenvalues(Side::Lower)
        .map_err(|e| failed(symmetric.nrows(), e))?;
    // Rounding leaves tiny negative ones; they are zeros.
    Ok(values.iter().map(|v| v.max(0.0).sqrt()).sum())
}

/// S with S^T S = `c`, symmetric and without negative eigenvalues but for rounding.
fn root(c: ArrayView2<f64>) -> Result<Array2<f64>, QualityError> {
    let n = c.nrows();
    let eigen = rows(&c.as_standard_layout())
        .self_adjoint_eigen(Side::Lower)
        .map_err(|e| failed(n, e))?;
    let vectors: MatRef<f64> = eigen.U();
    let values: Vec<f64> = eigen.S().column_vector().iter().copied().collect();
    let scaled = Mat::from_fn(n, n, |i, j| vectors[(j, i)] * values[i].max(0.0).sqrt());
    Ok(Array2::from_shape_fn((n, n), |(i, j)| scaled[(i, j)]))
}

fn failed(side: usize, error: impl std::fmt::Debug) -> QualityError {
    QualityError::Eigenvalues {
        side,
        message: format!("{error:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn drawn(n: usize, d: usize, scale: f64, shift: f64, seed: u64) -> Array2<f64> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        Array2::from_shape_fn((n, d), |_| shift + scale * rng.random_range(-1.0..1.0))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn it_is_a_squared_distance(n in 3usize..60, m in 3usize..60, d in 1usize..20, seed in 0u64..1000) {
            let (a, b) = (drawn(n, d, 1.0, 0.0, seed), drawn(m, d, 2.0, 0.5, seed + 1));
            let there = frechet(a.view(), b.view()).unwrap();
            let back = frechet(b.view(), a.view()).unwrap();
            prop_assert!(there > 0.0);
            prop_assert!((there - back).abs() < 1e-7 * there, "{} {}", there, back);
            let same = frechet(a.view(), a.view()).unwrap();
            prop_assert!(same.abs() < 1e-6, "{}", same);
            // Moved as a whole by v, a set is |v|^2 away from itself.
            let moved = &a + 3.0;
            let found = frechet(a.view(), moved.view()).unwrap();
            prop_assert!((found - 9.0 * d as f64).abs() < 1e-6, "{}", found);
        }

        #[test]
        fn both_ways_to_the_root_agree(d in 1usize..12, seed in 0u64..1000) {
            // Columns of zeros change no distance, but make the rows fewer than the columns.
            let (a, b) = (drawn(30, d, 1.0, 0.0, seed), drawn(40, d, 0.5, 0.2, seed + 1));
            let wide = |x: &Array2<f64>| {
                let zeros = Array2::zeros((x.nrows(), 50));
                ndarray::concatenate![Axis(1), x.view(), zeros]
            };
            let full = frechet(a.view(), b.view()).unwrap();
            let few = frechet(wide(&a).view(), wide(&b).view()).unwrap();
            prop_assert!((full - few).abs() < 1e-7 * (1.0 + full), "{} {}", full, few);
        }
    }

    #[test]
    fn in_one_dimension_it_is_the_textbooks() {
        let a = Array2::from_shape_vec((4, 1), vec![0.0, 2.0, 4.0, 6.0]).unwrap();
        let b = Array2::from_shape_vec((3, 1), vec![1.0, 2.0, 3.0]).unwrap();
        let (s1, s2) = ((20.0f64 / 3.0).sqrt(), 1.0);
        let expected = 1.0 + (s1 - s2) * (s1 - s2);
        assert!((frechet(a.view(), b.view()).unwrap() - expected).abs() < 1e-12);
    }
}
