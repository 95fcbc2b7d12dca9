//! ZCA whitening: the linear map nearest to the identity after which patches have unit covariance.

use faer::{Mat, Side};
use ndarray::{Array1, Array2, ArrayView2, Axis};
use rayon::prelude::*;

use crate::nn::cpu::micro::{Reach, by_panel, panels};
use crate::probe::FeatureError;

/// Added to every eigenvalue of the covariance: directions with little in them are not blown up.
const EPSILON: f64 = 0.1;
/// Rows of a task: sums over them are taken in single precision and added in order in double.
const ROWS: usize = 2048;

/// x -> (x - mean) (covariance + epsilon)^(-1/2).
#[derive(Debug, Clone)]
pub struct Whitening {
    depth: usize,
    /// The matrix, as the kernels read it.
    packed: Vec<f32>,
    /// The mean's image.
    shift: Vec<f32>,
}

impl Whitening {
    /// From patches `[n, depth]`.
    ///
    /// # Errors
    /// [`FeatureError::Whitening`] where the eigenvalues are not found.
    pub fn learn(patches: &[f32], depth: usize) -> Result<Whitening, FeatureError> {
        let n = (patches.len() / depth) as f64;
        let parts: Vec<(Array1<f32>, Array2<f32>)> = patches
            .par_chunks(ROWS * depth)
            .map(|rows| {
                let x = ArrayView2::from_shape((rows.len() / depth, depth), rows);
                let x = x.map_err(|e| FeatureError::Shape(e.to_string()))?;
                Ok((x.sum_axis(Axis(0)), x.t().dot(&x)))
            })
            .collect::<Result<_, FeatureError>>()?;
        let mut mean = Array1::<f64>::zeros(depth);
        let mut covariance = Array2::<f64>::zeros((depth, depth));
        for (sum, products) in &parts {
            mean.zip_mut_with(sum, |m, s| *m += f64::from(*s) / n);
            covariance.zip_mut_with(products, |c, p| *c += f64::from(*p));
        }
        for ((i, j), c) in covariance.indexed_iter_mut() {
            *c = (*c - n * mean[i] * mean[j]) / (n - 1.0).max(1.0);
        }
        let matrix = inverse_root(&covariance)?;
        let shift = mean.dot(&matrix).mapv(|v| v as f32).to_vec();
        Ok(Whitening {
            depth,
            packed: panels(depth, depth, |k, j| matrix[[k, j]] as f32),
            shift,
        })
    }

    /// Whiten rows of patches into `out`, both `[n, depth]`.
    pub fn apply(&self, patches: &[f32], out: &mut [f32]) {
        let d = self.depth;
        let places: Vec<usize> = (0..patches.len() / d).map(|i| i * d).collect();
        let reach = Reach::straight(d);
        by_panel(
            patches,
            &places,
            reach,
            &self.packed,
            out,
            places.clone(),
            d,
        );
        for row in out.chunks_exact_mut(d) {
            row.iter_mut().zip(&self.shift).for_each(|(v, s)| *v -= s);
        }
    }

    /// All of `patches` whitened.
    pub fn all(&self, patches: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; patches.len()];
        out.par_chunks_mut(ROWS * self.depth)
            .zip(patches.par_chunks(ROWS * self.depth))
            .for_each(|(out, patches)| self.apply(patches, out));
        out
    }
}

/// (A + epsilon)^(-1/2) of a symmetric, positive semidefinite A.
fn inverse_root(a: &Array2<f64>) -> Result<Array2<f64>, FeatureError> {
    let n = a.nrows();
    let eigen = Mat::from_fn(n, n, |i, j| a[[i, j]])
        .self_adjoint_eigen(Side::Lower)
        .map_err(|e| FeatureError::Whitening(format!("{e:?}")))?;
    let vectors = Array2::from_shape_fn((n, n), |(i, j)| eigen.U()[(i, j)]);
    let roots: Array1<f64> = eigen
        .S()
        .column_vector()
        .iter()
        .map(|v| 1.0 / (v.max(0.0) + EPSILON).sqrt())
        .collect();
    Ok((&vectors * &roots).dot(&vectors.t()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn whitened_patches_have_mean_zero_and_the_shrunken_unit_covariance() {
        let (n, d) = (3000, 36);
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mix: Vec<f32> = (0..d * d).map(|_| rng.random_range(-0.4..0.4)).collect();
        let mut x = Vec::with_capacity(n * d);
        for _ in 0..n {
            let z: Vec<f32> = (0..d).map(|_| rng.random_range(-1.0..1.5)).collect();
            x.extend((0..d).map(|j| (0..d).map(|i| z[i] * mix[i * d + j]).sum::<f32>() + 0.3));
        }
        let white = Whitening::learn(&x, d).unwrap().all(&x);
        let moments = |x: &[f32]| -> (Array1<f64>, Array2<f64>) {
            let x = Array2::from_shape_fn((n, d), |(i, j)| f64::from(x[i * d + j]));
            let mean = x.mean_axis(Axis(0)).unwrap();
            let x = x - &mean;
            (mean, x.t().dot(&x) / (n as f64 - 1.0))
        };
        let (mean, after) = moments(&white);
        assert!(mean.iter().all(|m| m.abs() < 1e-4));
        // cov(x P) = P C P, and P (C + e) P = 1: so it is 1 - e P P.
        let root = inverse_root(&moments(&x).1).unwrap();
        let wanted = Array2::<f64>::eye(d) - root.dot(&root) * EPSILON;
        for (found, wanted) in after.iter().zip(&wanted) {
            assert!((found - wanted).abs() < 1e-3, "{found} {wanted}");
        }
        assert!(after.diag().iter().all(|v| (0.3..1.0).contains(v)));
    }
}
